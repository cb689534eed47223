/** Ten turns of a user, and who answers each request: Anthropic and two backups take turns, also between a call and its result. */

import type { JsonObject } from '../../src/core/messages.ts';
import { type AnswerBlock, answer, text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Thought } from '../support/conversation-laws.ts';
import type { Step } from '../support/played.ts';
import type { Name } from './company.ts';

/** What stands in the folder that the client works in. */
export const FILES = {
  picture: {
    name: 'picture.png',
    bytes: Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC',
      'base64',
    ),
  },
  paper: {
    name: 'paper.pdf',
    bytes: Buffer.from(
      '%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
        '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
    ),
  },
  notes: { name: 'notes.txt', bytes: Buffer.from('alpha\nbeta\n') },
} as const;

/** What the user says, and the requests that come of it. */
export interface Turn {
  prompt: string;
  steps: readonly Step<Name>[];
  /** Asked first in this turn, because the user wants it so. */
  prefers?: Name;
  /** Nothing listens at Anthropic's port in this turn. */
  closed?: boolean;
}

const UNAVAILABLE: Fault = { kind: 'status', status: 503 };
const LIMITED: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '1' } };

/** The ten turns, with files by their paths in `cwd`. */
export function tenTurns(cwd: string): Turn[] {
  const read = (file: keyof typeof FILES) => ({ file_path: `${cwd}/${FILES[file].name}` });
  return [
    {
      prompt: 'Look at the picture, and try the two commands.',
      steps: [
        {
          by: 'anthropic',
          says: answer([
            signed('Anthropic thinks of the picture: “é 😀”.', 1),
            says('I look at it.'),
            call('Bash', { command: 'echo result-1' }),
            call('Read', read('picture')),
            call('Bash', { command: 'echo broken-2 >&2; exit 3' }),
          ]),
        },
        {
          by: 'chat',
          says: answer([
            thinks('The chat model thinks of the notes.'),
            says('I read the notes.'),
            call('Read', read('notes'), 'functions.Read:0'),
            call('Bash', { command: 'echo result-3' }, 'functions.Bash:1'),
          ]),
        },
        {
          by: 'anthropic',
          says: answer([signed('Anthropic thinks of the end.', 2), says('Turn one is done.')]),
        },
      ],
    },
    {
      prompt: 'Read the notes again.',
      steps: [
        {
          by: 'chat',
          others: LIMITED,
          says: answer([
            call('Read', twice(read('notes')), 'functions.Read:0'),
            call('Bash', { command: 'echo result-4' }, 'functions.Bash:1'),
          ]),
        },
        {
          by: 'chat',
          says: answer([
            thinks('The chat model thinks once more.'),
            call('Bash', { command: 'echo result-5' }, 'functions.Read:0'),
          ]),
        },
        { by: 'chat', says: text('Turn two is done.') },
      ],
    },
    {
      prompt: 'Now run four commands, one after the other.',
      steps: [
        {
          by: 'anthropic',
          says: answer([
            { type: 'redacted_thinking', data: signature('redacted', 3) },
            signed('Anthropic thinks of the first command.', 4),
            call('Bash', { command: 'echo result-6' }),
          ]),
        },
        {
          by: 'compatible',
          others: UNAVAILABLE,
          says: answer([
            OWN.first,
            call('Bash', { command: 'echo result-7' }, 'call_0'),
            says('This comes behind the call.'),
          ]),
        },
        {
          by: 'compatible',
          says: answer([OWN.unsigned, call('Bash', { command: 'echo result-8' }, 'call_0')]),
        },
        {
          by: 'chat',
          says: answer([
            thinks('The chat model takes over.'),
            call('Bash', { command: 'echo result-9' }, ''),
            call('Bash', { command: 'echo result-10' }, ''),
          ]),
        },
        {
          by: 'anthropic',
          says: answer([signed('Anthropic thinks of all commands.', 5), says('Turn three is done.')]),
        },
      ],
    },
    {
      prompt: 'One more command.',
      closed: true,
      steps: [
        { by: 'chat', says: answer([call('Bash', { command: 'echo result-11' })]) },
        { by: 'compatible', says: answer([OWN.second, says('Turn four is done.')]) },
      ],
    },
    {
      prompt: 'Read the paper.',
      prefers: 'compatible',
      steps: [
        {
          by: 'compatible',
          says: answer([
            OWN.third,
            call('Read', read('paper'), 'call_0'),
            call('Read', read('picture'), 'call_1'),
          ]),
        },
        { by: 'compatible', says: text('Turn five is done.') },
      ],
    },
    {
      prompt: 'Now everybody, please.',
      steps: [
        {
          by: 'anthropic',
          says: answer([signed('Anthropic thinks wrongly.', 6), call('Read', twice(read('notes')))]),
        },
        { by: 'chat', says: answer([says('Again.'), call('Bash', { command: 'echo result-12' })]) },
        { by: 'anthropic', says: answer([signed('', 7), call('Bash', { command: 'echo result-13' })]) },
        { by: 'compatible', says: answer([OWN.fourth, says('Turn six is done.')]) },
      ],
    },
    {
      prompt: 'Only words: one.',
      steps: [{ by: 'anthropic', says: answer([signed('', 8), says('Turn seven.')]) }],
    },
    {
      prompt: 'Only words: two.',
      steps: [{ by: 'chat', says: answer([thinks('Words.'), says('Turn eight.')]) }],
    },
    {
      prompt: 'Only words: three.',
      steps: [{ by: 'compatible', says: answer([OWN.fifth, says('Turn nine.')]) }],
    },
    {
      prompt: 'And the last two commands.',
      steps: [
        {
          by: 'anthropic',
          says: answer([
            signed('', 9),
            call('Bash', { command: 'echo result-14' }),
            call('Bash', { command: 'echo result-15' }),
          ]),
        },
        {
          by: 'anthropic',
          says: answer([signed('Anthropic thinks of the end.', 10), says('Turn ten is done.')]),
        },
      ],
    },
  ];
}

/** What Anthropic signs in these turns. */
export const SIGNATURES: ReadonlySet<string> = new Set([
  signature('redacted', 3),
  ...[1, 2, 4, 5, 6, 7, 8, 9, 10].map((number) => signature('anthropic', number)),
]);

/** What the compatible server thinks in these turns, in this order; one thought is not signed. */
const OWN = {
  first: own('The server thinks of the command.', 1),
  unsigned: own('The server thinks without a signature.'),
  second: own('The server thinks of the end.', 2),
  third: own('The server thinks of the paper.', 3),
  fourth: own('The server thinks of everybody.', 4),
  fifth: own('The server thinks of words.', 5),
} as const;

/** What each of them thinks that gets it back, in this order. */
export const OWN_THOUGHTS: Record<Name, readonly Thought[]> = {
  anthropic: [],
  chat: [
    'The chat model thinks of the notes.',
    'The chat model thinks once more.',
    'The chat model takes over.',
    'Words.',
  ].map((thinking) => ({ thinking })),
  compatible: Object.values(OWN),
};

/** What the commands give back, each once. */
export const RESULTS = Array.from({ length: 15 }, (_, index) =>
  index === 1 ? 'broken-2' : `result-${index + 1}`,
);

/** Base64, as what a provider signs. */
function signature(whose: string, number: number): string {
  return Buffer.from(`what ${whose} signed as number ${number}`).toString('base64');
}

function own(thinking: string, number?: number): AnswerBlock & Thought & { type: 'thinking' } {
  return {
    type: 'thinking',
    thinking,
    ...(number === undefined ? {} : { signature: signature('the server', number) }),
  };
}

function signed(thinking: string, number: number): AnswerBlock {
  return { type: 'thinking', thinking, signature: signature('anthropic', number) };
}

function thinks(thinking: string): AnswerBlock {
  return { type: 'thinking', thinking };
}

function says(words: string): AnswerBlock {
  return { type: 'text', text: words };
}

function call(name: string, input: JsonObject, id?: string): AnswerBlock {
  return { type: 'tool_use', name, input, ...(id === undefined ? {} : { id }) };
}

/** Arguments that were encoded twice: on the wire a string, whatever a schema says. */
function twice(input: JsonObject): JsonObject {
  return JSON.stringify(input) as unknown as JsonObject;
}
