import { collect } from '../../src/core/collect.ts';
import {
  type Block,
  isBlock,
  type Message,
  type MessageParam,
  type MessagesRequest,
} from '../../src/core/messages.ts';
import { pipe } from '../../src/core/transducer.ts';
import type { Dialect, Target } from '../../src/core/upstream.ts';
import type { Answer } from '../../src/drill/answers.ts';
import { anthropicVoice } from '../../src/drill/voices/anthropic.ts';
import { openaiChatVoice } from '../../src/drill/voices/openai-chat.ts';
import { inboundOf as read } from '../../src/server/inbound.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { sse } from '../../src/wire/framing/sse.ts';
import type { Meeting, Member, Thought } from './conversation-laws.ts';

/** One who can answer, without a wire. */
export interface Speaker {
  readonly name: string;
  readonly member: Member;
  /** What its dialect is told of it. */
  readonly target: Pick<Target, 'model' | 'provider' | 'quirks'>;
}

/** A conversation of a client that behaves as Claude Code does, with speakers that change. */
export interface Legs {
  /** What went to whom, oldest first. */
  readonly meetings: readonly { speaker: Speaker; meeting: Meeting }[];
  /** What a speaker has thought so far. */
  thoughtsOf(speaker: Speaker): readonly Thought[];
  /** The user says something. */
  ask(words: string): void;
  /** `speaker` is sent the conversation and answers; the client runs the tools that it calls, the last one first. */
  turn(speaker: Speaker, answer: Answer, resultOf?: (call: number) => Block): void;
}

const HEADERS = new Headers({
  'anthropic-beta': 'interleaved-thinking-2025-05-14,context-management-2025-06-27',
});

export function startLegs(request: Omit<MessagesRequest, 'messages'>): Legs {
  const messages: MessageParam[] = [];
  const meetings: { speaker: Speaker; meeting: Meeting }[] = [];
  const thoughts = new Map<string, Thought[]>();
  let calls = 0;

  return {
    meetings,
    thoughtsOf: ({ name }) => thoughts.get(name) ?? [],
    ask(words) {
      messages.push({ role: 'user', content: words });
    },
    turn(speaker, answer, resultOf = (call) => ({ type: 'text', text: `result ${call}` })) {
      const client = JSON.stringify({ ...request, messages });
      const inbound = read('r', HEADERS, '', new TextEncoder().encode(client));
      const { member } = speaker;
      const isChat = member.dialect === 'chat';
      const dialect: Dialect = isChat ? openaiChat : anthropic;
      const number = meetings.length + 1;
      const target: Target = {
        ...speaker.target,
        asked: inbound.model,
        stream: true,
        native: member.dialect === 'native',
        answerId: `msg_leg${number}`,
        inbound,
      };
      const { body, headers } = dialect.encode(inbound, target);
      const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
      meetings.push({ speaker, meeting: { member, client, body: text, headers: [...headers] } });

      const voice = isChat ? openaiChatVoice : anthropicVoice;
      const events = voice.events(member.dialect === 'native' ? withoutIds(answer) : answer, {
        id: `leg${speaker.name}${number}`,
        model: target.model,
      });
      const said = decoded(events.join(''), dialect, target);
      thoughts.set(speaker.name, [...(thoughts.get(speaker.name) ?? []), ...thoughtsIn(answer)]);
      const kept = remembered(said);
      if (kept.length > 0) messages.push({ role: 'assistant', content: kept });
      const results = kept.flatMap((block) => {
        if (!isBlock(block, 'tool_use')) return [];
        calls += 1;
        return [{ type: 'tool_result', tool_use_id: block.id, content: [resultOf(calls)] } as Block];
      });
      if (results.length > 0) messages.push({ role: 'user', content: results.reverse() });
    },
  };
}

function decoded(stream: string, dialect: Dialect, target: Target): Message {
  const decoder = pipe(sse(), dialect.decode(target));
  const frames = [...decoder.push(new TextEncoder().encode(stream)), ...decoder.end()];
  return collect(frames);
}

/** What the client keeps of an answer: words before calls, and none that are white space alone (measured with 2.1.197). */
function remembered({ content }: Message): Block[] {
  const kept = content.filter((block) => !isBlock(block, 'text') || !/^\s+$/.test(block.text));
  const isCall = ({ type }: Block) => type === 'tool_use';
  return [...kept.filter((block) => !isCall(block)), ...kept.filter(isCall)];
}

/** Anthropic never gives an id twice, or an odd one. */
function withoutIds(answer: Answer): Answer {
  const blocks = answer.blocks.map((block) => {
    if (block.type !== 'tool_use') return block;
    const { id: _, ...rest } = block;
    return rest;
  });
  return { ...answer, blocks };
}

function thoughtsIn({ blocks }: Answer): Thought[] {
  return blocks.flatMap((block) => (block.type === 'thinking' && block.thinking !== '' ? [block] : []));
}
