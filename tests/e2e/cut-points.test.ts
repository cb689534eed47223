/** Where an upstream may die, with the real client: the turn ends well, and nothing runs twice, in part, or not at all. */
import { describe, expect, test } from 'bun:test';
import { type Answer, type AnswerBlock, answer, searchThenText, text } from '../../src/drill/answers.ts';
import { CLAUDE_VERSIONS, NEWEST } from '../support/claude.ts';
import { BACKUP, type CutPoint, command, MAIN, play, queue, type Turn } from './cut-points.ts';

const LIMIT_MS = 120_000;
/** One more than there are cores on the smallest machine: the client waits for its timers part of the time. */
const inTurn = queue(3);

const words = (said: string): AnswerBlock => ({ type: 'text', text: said });
const call = (name: string): AnswerBlock => ({ type: 'tool_use', name: 'Bash', input: command(name) });
const THOUGHT: AnswerBlock = { type: 'thinking', thinking: 'What would be good?', signature: 'c2lnbmVk' };
const HIDDEN: AnswerBlock = { ...THOUGHT, thinking: '' };
const REDACTED: AnswerBlock = { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' };
const SEARCH = searchThenText('otters', 'They hold hands, it says.').blocks;
const HALF = words('Half a sentence that goes on.');
const WHOLE = words('A whole sentence.');
const MORE = words('And more.');

const start = (index: number) => ({ after: `"content_block_start","index":${index}` });
const stop = (index: number) => ({ after: `"content_block_stop","index":${index}` });
/** In the middle of a command's input. */
const inside = (name: string) => ({ after: `echo ${name}` });

const SAID = 'assistant said: A whole sentence.';
const GO_ON = 'user is to resume';
const CALLED = (name: string) => `assistant called: ${command(name).command}`;
const GOT = (name: string) => `user got: ${name} ran`;
const SEARCHED =
  'assistant said: [server_tool_use] web_search {"query":"otters"}  [web_search_tool_result] About otters https://example.com/found';
const FOUND = (result: string) => [
  'assistant called: otters',
  `user got: Web search results for query: "otters"  ${result}   REMINDER: You MUST include the sources above in your response to the user using markdown hyperlinks.`,
];

type Row = [
  seen: string,
  way: CutPoint['way'],
  said: Answer | AnswerBlock[],
  after: CutPoint['after'],
  then: Pick<Turn, 'asks'> & Partial<Turn>,
  more?: Partial<CutPoint>,
];

const AGAIN = { asks: 'S N' };
const RESUMED = { asks: 'S S', next: [SAID, GO_ON] };

/** Longer than an answer without content is held. */
const UNSEEN = { pause: { after: start(0), forMs: 11_000 } };

const ROWS: Row[] = [
  ['an open text', 'RST', [HALF], { after: 'text_delta' }, AGAIN],
  ['an open text', 'FIN', [HALF], { after: 'text_delta' }, AGAIN],
  ['an open text', 'clean end', [HALF], { after: 'text_delta' }, AGAIN],
  ['an open text', 'error event', [HALF], { after: 'text_delta' }, AGAIN],
  ['an open text', 'silence', [HALF], { after: 'text_delta' }, AGAIN],
  ['an open text', 'pings', [HALF], { after: 'text_delta' }, AGAIN],
  ['a finished text', 'FIN', [WHOLE, MORE], stop(0), RESUMED],
  [
    'a finished text, an open one',
    'silence',
    [WHOLE, HALF],
    { after: 'Half' },
    { asks: 'S S', next: [`${SAID}  Half a sente`, GO_ON] },
  ],
  ['a finished text, one that opens', 'RST', [WHOLE, HALF], start(1), RESUMED],
  ['open thinking', 'RST', [THOUGHT, WHOLE], { after: 'thinking_delta' }, AGAIN],
  ['open thinking that is not shown, for long', 'RST', [HIDDEN, WHOLE], start(0), AGAIN, UNSEEN],
  [
    'finished thinking that is not shown, after long',
    'FIN',
    [HIDDEN, WHOLE],
    stop(0),
    { asks: 'S S' },
    UNSEEN,
  ],
  ['nothing: thinking that is not shown was held', 'silence', [HIDDEN, WHOLE], start(0), { asks: 'S' }],
  [
    'nothing: thinking that is not shown was finished, and held',
    'FIN',
    [HIDDEN, WHOLE],
    start(1),
    { asks: 'S' },
  ],
  ['open redacted thinking', 'FIN', [REDACTED, WHOLE], start(0), AGAIN],
  ['finished thinking', 'silence', [THOUGHT, WHOLE], stop(0), { asks: 'S S' }],
  ['finished redacted thinking', 'clean end', [REDACTED, WHOLE], stop(0), { asks: 'S S' }],
  ['thinking, not shown and redacted', 'error event', [HIDDEN, REDACTED, WHOLE], stop(1), { asks: 'S S' }],
  [
    'finished thinking, an open text',
    'error event',
    [THOUGHT, HALF],
    { after: 'text_delta' },
    { asks: 'S S' },
  ],
  [
    'thinking that is not shown, an open text',
    'RST',
    [HIDDEN, HALF],
    { after: 'text_delta' },
    { asks: 'S S' },
  ],
  ['finished thinking, a text that opens', 'FIN', [THOUGHT, HALF], start(1), { asks: 'S S' }],
  ['finished thinking, an open call', 'RST', [THOUGHT, call('a')], inside('a'), { asks: 'S S' }],
  ['redacted thinking, an open call', 'clean end', [REDACTED, call('a')], inside('a'), { asks: 'S S' }],
  ['thinking and text, an open call', 'FIN', [THOUGHT, WHOLE, call('a')], inside('a'), RESUMED],
  ['a finished text, open thinking', 'RST', [WHOLE, THOUGHT, MORE], { after: 'thinking_delta' }, RESUMED],
  ['a finished text, finished thinking', 'clean end', [WHOLE, THOUGHT, MORE], stop(1), RESUMED],
  ['a finished text, an open call', 'pings', [WHOLE, call('a')], inside('a'), RESUMED],
  ['an open call', 'error event', [call('a')], inside('a'), AGAIN],
  ['two calls, the first open', 'RST', [call('a'), call('b')], inside('a'), AGAIN],
  [
    'two calls, the second open',
    'clean end',
    [call('a'), call('b')],
    inside('b'),
    { asks: 'S S', ran: ['a'], next: [CALLED('a'), GOT('a')] },
  ],
  [
    'two calls, the second one opens',
    'silence',
    [call('a'), call('b')],
    start(1),
    { asks: 'S S', ran: ['a'], next: [CALLED('a'), GOT('a')] },
  ],
  [
    'two finished calls',
    'error event',
    [call('a'), call('b')],
    stop(1),
    { asks: 'S S', ran: ['a', 'b'], next: [CALLED('a'), CALLED('b'), GOT('a'), GOT('b')] },
  ],
  [
    'a finished call, open thinking',
    'FIN',
    [call('a'), THOUGHT, call('b')],
    { after: 'thinking_delta' },
    { asks: 'S S', ran: ['a'], next: [CALLED('a'), GOT('a')] },
  ],
  [
    'thinking, a finished call, thinking, an open call',
    'silence',
    [THOUGHT, call('a'), THOUGHT, call('b')],
    inside('b'),
    { asks: 'S S', ran: ['a'], next: [CALLED('a'), GOT('a')] },
  ],
  [
    'a finished call, an open text',
    'RST',
    [call('a'), HALF],
    { after: 'text_delta' },
    { asks: 'S S', ran: ['a'], next: [CALLED('a'), GOT('a')] },
  ],
  [
    'a finished call, a finished text',
    'error event',
    [call('a'), WHOLE, MORE],
    stop(1),
    { asks: 'S S', ran: ['a'], next: [SAID, CALLED('a'), GOT('a')] },
  ],
  ["an open call of the provider's", 'RST', answer(SEARCH), { after: 'input_json_delta' }, AGAIN],
  [
    "a finished call of the provider's",
    'FIN',
    answer(SEARCH),
    stop(0),
    { asks: 'S S', next: ['assistant said: [Tool use interrupted]', GO_ON] },
  ],
  ['a search', 'error event', answer(SEARCH), stop(1), { asks: 'S S', next: [SEARCHED, GO_ON] }],
  [
    'a search, a text with a source alone',
    'RST',
    answer(SEARCH),
    { after: 'citations_delta' },
    { asks: 'S S', next: [SEARCHED, GO_ON] },
  ],
  [
    'a search, an open text',
    'clean end',
    answer(SEARCH),
    { after: 'text_delta' },
    { asks: 'S S', next: [`${SEARCHED}  They hold ha`, GO_ON] },
  ],
  [
    'all but the last event',
    'FIN',
    text('All of it.'),
    { after: 'message_delta' },
    { asks: 'S', result: 'All of it.' },
  ],
];

/** Of the search on the side its client sees nothing before it is whole. */
const SIDE_ROWS: Row[] = (
  [
    ["an open call of the provider's", 'RST', { after: 'input_json_delta' }],
    ["a finished call of the provider's", 'clean end', stop(0)],
    ['a search', 'error event', stop(1)],
    ['a search, an open text', 'FIN', { after: 'text_delta' }],
    ['a search, a finished text', 'silence', stop(2)],
  ] as const
).map(([seen, way, after]) => [
  `on the side, ${seen}`,
  way,
  answer(SEARCH),
  after,
  { asks: 'S s S', result: MAIN, next: FOUND(BACKUP) },
  { isSide: true },
]);

/** Long enough that it is sent before it is whole. */
const LONG_CALL: AnswerBlock = {
  type: 'tool_use',
  name: 'Bash',
  input: {
    command: `echo a >> ran.txt; true ${'and so on '.repeat(430)}this is far in; true ${'etc '.repeat(99)}`,
  },
};

/** Calls of other dialects are held until they are whole, or long. */
const TRANSLATED_ROWS: Row[] = (
  [
    ['an open text', 'FIN', [HALF], { after: 'Half' }, AGAIN],
    ['thinking, an open text', 'clean end', [THOUGHT, HALF], { after: 'Half' }, { asks: 'S S' }],
    ['nothing: a call was held', 'RST', [call('a')], inside('a'), { asks: 'S' }],
    ['a text, and nothing of a call', 'error event', [WHOLE, call('a')], inside('a'), AGAIN],
    ['a finished text, an open call', 'FIN', [WHOLE, LONG_CALL], { after: 'far in' }, RESUMED],
  ] as Row[]
).map(([seen, way, said, after, then]) => [
  `${seen}, translated`,
  way,
  said,
  after,
  then,
  { isTranslated: true },
]);

const OLDER = CLAUDE_VERSIONS.filter((version) => version !== NEWEST);
/** Every point with the newest client, every third one with the others. */
const RUNS = [...ROWS, ...SIDE_ROWS, ...TRANSLATED_ROWS].flatMap((row, at) =>
  [NEWEST, ...(at % 3 === 0 ? OLDER : [])].map((version) => ({ version, seen: row[0], way: row[1], row })),
);

describe('the client has seen', () => {
  test.concurrent.each(RUNS)(
    '$seen when it breaks off by $way: $version',
    async ({ version, row: [, way, said, after, then, more] }) => {
      const whole = 'blocks' in said ? said : answer(said);
      const turn = await inTurn(() => play({ said: whole, after, way, ...more }, version));
      expect(turn).toEqual({ exitCode: 0, result: BACKUP, ran: [], next: [], ...then });
    },
    LIMIT_MS,
  );
});
