import { isObject } from '../../../core/json.ts';
import { type Block, isBlock, type MessageParam, type ToolResultBlock } from '../../../core/messages.ts';
import { validToolId } from '../../../core/provenance.ts';
import { ownId } from '../../history/call-ids.ts';
import { callInput } from '../../history/call-input.ts';
import { interrupted } from './compatible-results.ts';

/** Ids under which the calls of a turn wait for their results, by the id that the client has. */
type Waiting = Map<string, string[]>;

/**
 * Calls and results as Anthropic takes them: inputs are objects, ids are valid and never come again, the results of a turn
 * are the first that the user says after it, one for each call. What is as it must be stays the same object.
 *
 * Calls at the very end are left without a result: nobody has had a chance to give one.
 */
export function pairCalls(messages: readonly MessageParam[]): MessageParam[] {
  const used = new Set<string>();
  const out: MessageParam[] = [];
  let waiting: Waiting = new Map();
  for (let at = 0; at < messages.length; ) {
    const message = messages[at] as MessageParam;
    if (message.role !== 'user') {
      out.push(message.role === 'assistant' ? named(message, used, waiting) : message);
      at += 1;
      continue;
    }
    const group = userGroup(messages, at);
    for (const one of answered(group, waiting)) out.push(one);
    at += group.length;
    waiting = new Map();
  }
  return out;
}

function named(message: MessageParam, used: Set<string>, waiting: Waiting): MessageParam {
  if (!Array.isArray(message.content)) return message;
  const content = message.content.map((block) => {
    if (!isObject(block) || !isBlock(block, 'tool_use')) return block;
    const id = typeof block.id === 'string' ? block.id : '';
    const own = ownId(id, used, validToolId);
    const namesakes = waiting.get(id);
    if (namesakes === undefined) waiting.set(id, [own]);
    else namesakes.push(own);
    if (own === block.id && isObject(block.input)) return block;
    return { ...block, id: own, input: callInput(block.input) };
  });
  return isSame(content, message.content) ? message : { ...message, content };
}

/** What the user says from `at` on until another speaks: Anthropic takes several messages in a row as one. */
function userGroup(messages: readonly MessageParam[], at: number): MessageParam[] {
  let end = at;
  while (messages[end]?.role === 'user') end += 1;
  return messages.slice(at, end);
}

function answered(group: MessageParam[], waiting: Waiting): MessageParam[] {
  const said = group.flatMap(blocksOf);
  const known = new Set(waiting.keys());
  const results: Block[] = [];
  const rest: Block[] = [];
  for (const block of said) {
    if (!isObject(block) || !isBlock(block, 'tool_result')) rest.push(block);
    else {
      const id = typeof block.tool_use_id === 'string' ? block.tool_use_id : '';
      const own = waiting.get(id)?.shift();
      if (own !== undefined) results.push(own === block.tool_use_id ? block : { ...block, tool_use_id: own });
      // A second result of one call says nothing more.
      else if (!known.has(id)) rest.push(...orphan(block));
    }
  }
  const missing = [...waiting.values()].flat().map(interrupted);
  const content = [...results, ...missing, ...rest];
  return isSame(content, said) ? group : [{ role: 'user', content }];
}

function orphan({ content }: ToolResultBlock): Block[] {
  const blocks = blocksOf({ content: content ?? '' });
  return [text('[result of an earlier tool call]'), ...blocks.filter(isOfTheUser)];
}

/** What a result may hold and a user may say as well. */
function isOfTheUser(block: Block): boolean {
  if (isBlock(block, 'text')) return block.text !== '';
  return isBlock(block, 'image') || isBlock(block, 'document');
}

function text(words: string): Block {
  return { type: 'text', text: words };
}

/** What a message says, as blocks; none where it says nothing. */
export function blocksOf({ content }: Pick<MessageParam, 'content'>): Block[] {
  if (typeof content !== 'string') return Array.isArray(content) ? content : [];
  return content === '' ? [] : [text(content)];
}

/** Whether both hold the very same objects. */
export function isSame(blocks: readonly Block[], others: readonly Block[]): boolean {
  return blocks.length === others.length && blocks.every((block, at) => block === others[at]);
}
