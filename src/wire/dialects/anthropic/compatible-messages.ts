import {
  type Block,
  isBlock,
  type MessageParam,
  type MessagesRequest,
  type ToolUseBlock,
} from '../../../core/messages.ts';
import { validToolId } from '../../../core/provenance.ts';
import type { Target } from '../../../core/upstream.ts';
import { callIds } from '../../history/call-ids.ts';
import { callInput } from '../../history/call-input.ts';
import { pair } from '../../history/pairs.ts';
import { withoutPrefill } from '../../history/prefill.ts';
import { NO_CONTENT } from '../../history/text.ts';
import type { ToolNames } from '../../history/tool-names.ts';
import { turns } from '../../history/turns.ts';
import type { Betas } from './betas.ts';
import { claudeNamed, refusesPrefill } from './claude.ts';
import { compacted, plainBlocks } from './compatible-content.ts';
import { orphan, type Result, resultOf } from './compatible-results.ts';
import { ownThinking } from './own-thinking.ts';

/**
 * The conversation as strict servers take it: roles alternate and the user begins, nothing is empty, every call has a
 * valid id of its own and is answered first thing in the next message. Depends on what is said, never on how far it has
 * come, so that a prompt cache keeps its worth.
 */
export function compatibleMessages(
  request: MessagesRequest,
  names: ToolNames,
  target: Target,
  betas: Betas,
): MessageParam[] {
  const conversation = turns(mayPrefill(target) ? request : withoutPrefill(request));
  const pairs = pair(conversation);
  const ids = callIds(conversation, validToolId);
  const out: MessageParam[] = [];
  const say = (role: 'user' | 'assistant', blocks: readonly Block[]) => {
    const content = compacted(blocks);
    out.push({ role, content: content.length === 0 ? NO_CONTENT : content });
  };
  let results: Result[] = [];
  if (conversation[0]?.role !== 'user') say('user', []);
  for (const { role, blocks } of conversation) {
    if (role === 'user') {
      const said = blocks.flatMap((block) => {
        if (!isBlock(block, 'tool_result')) return marked(plainBlocks(block, target.quirks), block, betas);
        return pairs.isPaired(block) ? [] : orphan(block, target.quirks);
      });
      say('user', [...inOrder(results), ...said]);
      results = [];
    } else {
      say('assistant', assistantBlocks(blocks, names, ids, target));
      results = blocks
        .filter((block) => isBlock(block, 'tool_use'))
        .map((call) => {
          const given = pairs.resultOf(call);
          const result = resultOf(given, ids.get(call) ?? '', target.quirks);
          return { ...result, block: { ...result.block, ...betas.cacheMark(given) } };
        });
    }
  }
  if (results.length > 0) say('user', inOrder(results));
  return out;
}

function mayPrefill({ model, quirks }: Target): boolean {
  const claude = claudeNamed(model);
  return quirks.prefill !== false && (claude === null || !refusesPrefill(claude));
}

/** `blocks`, the last with the cache mark of the one that they were made of. */
function marked(blocks: readonly Block[], of: Block, betas: Betas): Block[] {
  const mark = betas.cacheMark(of);
  const last = blocks.at(-1);
  return mark === undefined || last === undefined
    ? [...blocks]
    : [...blocks.slice(0, -1), { ...last, ...mark }];
}

/** All results, then what came with them: images are refused inside a result by many, behind it by few. */
function inOrder(results: readonly Result[]): Block[] {
  return [...results.map(({ block }) => block), ...results.flatMap(({ attached }) => attached)];
}

/** Words first, calls behind them: a call that is followed by words is not followed by its result. */
function assistantBlocks(
  blocks: readonly Block[],
  names: ToolNames,
  ids: ReadonlyMap<ToolUseBlock, string>,
  target: Target,
): Block[] {
  const calls: Block[] = [];
  const said: Block[] = [];
  for (const block of blocks) {
    if (isBlock(block, 'tool_use')) calls.push(encodeCall(block, names, ids.get(block) ?? ''));
    else for (const part of thoughts(block, target) ?? words(block)) said.push(part);
  }
  const speaks = calls.length > 0 || said.some((block) => isBlock(block, 'text'));
  return speaks ? [...said, ...calls] : [];
}

function thoughts(block: Block, target: Target): Block[] | undefined {
  const own = target.quirks.thinkingHistory === false ? undefined : ownThinking(block, target);
  return own && [own];
}

/** An assistant's message holds no media. */
function words(block: Block): Block[] {
  return plainBlocks(block, { vision: false, files: false });
}

/** Also a call of a tool that does not exist: models make up names that no server takes back. */
function encodeCall({ name, input }: ToolUseBlock, names: ToolNames, id: string): Block {
  return { type: 'tool_use', id, name: names.wire(name), input: callInput(input) };
}
