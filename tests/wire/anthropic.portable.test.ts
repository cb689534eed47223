/** Histories that other models wrote a part of, on their way back to Anthropic. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Block, MessageParam, MessagesRequest } from '../../src/core/messages.ts';
import { mark, serverToolIds, validToolId } from '../../src/core/provenance.ts';
import { inboundOf } from '../../src/server/inbound.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { mayBeRefused } from '../../src/wire/dialects/anthropic/portable.ts';
import { complaints } from '../support/anthropic-validator.ts';
import { targetOf } from '../support/openai-chat.ts';

const SIGNED = { type: 'thinking', thinking: 'mine', signature: 'EqQBCkYIBxgCKkD/+=' };
const MARKED = {
  type: 'thinking',
  thinking: 'theirs',
  signature: mark({ provider: 'groq', payload: 'x:y' }),
};
const UNSIGNED = { type: 'thinking', thinking: 'theirs', signature: '' };
const NEVER_SIGNED = { type: 'thinking', thinking: 'theirs' };
const REDACTED = { type: 'redacted_thinking', data: 'EmwKAhgBEgy3vaEmwKAhgB' };
const MARKED_REDACTED = { type: 'redacted_thinking', data: mark({ provider: 'groq' }) };
const words = (text: string) => ({ type: 'text', text });
const ask = (content: unknown): MessageParam => ({ role: 'user', content: content as Block[] });
const say = (...content: unknown[]): MessageParam => ({ role: 'assistant', content: content as Block[] });
const call = (id: string, input: unknown = { a: 1 }) => ({ type: 'tool_use', id, name: 'Read', input });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'done' });

function requestOf(messages: readonly MessageParam[]): MessagesRequest {
  return {
    model: 'claude-opus-4-8',
    max_tokens: 64,
    thinking: { type: 'adaptive' },
    messages: [...messages],
  };
}

type Spelling = (value: unknown) => string;
const SPELLINGS: [string, Spelling][] = [
  ['closely', (value) => JSON.stringify(value)],
  ['with spaces, as Python does', (value) => JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ')],
  ['on many lines', (value) => JSON.stringify(value, null, 2)],
  ['with a space on both sides', (value) => JSON.stringify(value, null, 1).replace(/":/g, '" :')],
  [
    'in escapes',
    (value) => JSON.stringify(value).replace(/(?<=")(?:[a-z](?=[a-z_]+":)|a(?=ssistant"))/g, escaped),
  ],
];
/** A letter as nobody writes it. */
const escaped = (letter: string) => `\\u00${letter.charCodeAt(0).toString(16)}`;

/** What goes to Anthropic for `messages`. */
function sent(
  messages: readonly MessageParam[],
  spell: Spelling = JSON.stringify,
): { body: string; messages: MessageParam[] } {
  const bytes = new TextEncoder().encode(spell(requestOf(messages)));
  const inbound = inboundOf('r', new Headers(), '', bytes);
  const target = { ...targetOf({ native: true, provider: 'anthropic' }), model: inbound.model };
  const { body } = anthropic.encode(inbound, target);
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return { body: text, messages: (JSON.parse(text) as MessagesRequest).messages };
}

const HI = ask('hi');
const searched = (id: string, hit: object = {}) => [
  { type: 'server_tool_use', id, name: 'web_search', input: { query: 'roses' } },
  {
    type: 'web_search_tool_result',
    tool_use_id: id,
    content: [{ type: 'web_search_result', title: 'Roses', url: 'https://example.test/roses', ...hit }],
  },
];
/** What the second of two calls named t1 is named. */
const AGAIN = validToolId('t1:1');
const OUR_SEARCH = serverToolIds('msg_1')();
const MENDED: [name: string, history: MessageParam[], mended: MessageParam[]][] = [
  ["thinking marked as another's is left out", [HI, say(MARKED, words('a'))], [HI, say(words('a'))]],
  ['unsigned thinking is left out', [HI, say(UNSIGNED, words('a'))], [HI, say(words('a'))]],
  [
    'thinking that never had a signature is left out',
    [HI, say(NEVER_SIGNED, words('a'))],
    [HI, say(words('a'))],
  ],
  ['marked redacted thinking is left out', [HI, say(MARKED_REDACTED, words('a'))], [HI, say(words('a'))]],
  [
    "Anthropic's own thinking stays as it is beside it",
    [HI, say(SIGNED, REDACTED, words('a')), HI, say(MARKED, words('b')), HI],
    [HI, say(SIGNED, REDACTED, words('a')), HI, say(words('b')), HI],
  ],
  [
    'a search that another server ran becomes what can be read of it',
    [HI, say(words('a'), ...searched(OUR_SEARCH, { encrypted_content: '' }), words('b')), HI],
    [
      HI,
      say(
        words('a'),
        words('[server_tool_use]\nweb_search\n{"query":"roses"}'),
        words('[web_search_tool_result]\nRoses\nhttps://example.test/roses'),
        words('b'),
      ),
      HI,
    ],
  ],
  [
    'a turn of nothing but foreign thinking is left out, and its neighbours are one turn',
    [ask('a'), say(UNSIGNED), ask('b')],
    [ask([words('a'), words('b')])],
  ],
  [
    'an odd tool id is the same valid one on both sides',
    [HI, say(call('functions.Read:0')), ask([result('functions.Read:0')])],
    [HI, say(call(validToolId('functions.Read:0'))), ask([result(validToolId('functions.Read:0'))])],
  ],
  [
    'two odd ids stay two',
    [HI, say(call('a.1'), call('a:1')), ask([result('a:1'), result('a.1')])],
    [
      HI,
      say(call(validToolId('a.1')), call(validToolId('a:1'))),
      ask([result(validToolId('a:1')), result(validToolId('a.1'))]),
    ],
  ],
  [
    'a tool id that is too long is shortened',
    [HI, say(call('x'.repeat(65))), ask([result('x'.repeat(65))])],
    [HI, say(call(validToolId('x'.repeat(65)))), ask([result(validToolId('x'.repeat(65)))])],
  ],
  [
    'an input that is a string is parsed',
    [HI, say(call('t1', '{"a":"b"}'))],
    [HI, say(call('t1', { a: 'b' }))],
  ],
  [
    'an input that is a string of nothing sensible is empty',
    [HI, say(call('t1', 'oops'))],
    [HI, say(call('t1', {}))],
  ],
  ['an input that is a string of a list is empty', [HI, say(call('t1', '[1]'))], [HI, say(call('t1', {}))]],
  ['an empty text is left out', [HI, say(words(''), call('t1'))], [HI, say(call('t1'))]],
  ...[[1], null, 7, true].map((input): [string, MessageParam[], MessageParam[]] => [
    `an input that is ${JSON.stringify(input)} is empty`,
    [HI, say(call('t1', input))],
    [HI, say(call('t1', {}))],
  ]),
  [
    'beside it an input that is missing is empty',
    [HI, say(MARKED, { type: 'tool_use', id: 't1', name: 'Read' }), ask([result('t1')])],
    [HI, say({ type: 'tool_use', id: 't1', name: 'Read', input: {} }), ask([result('t1')])],
  ],
  [
    'beside it an id that comes again is another, on both sides',
    [HI, say(MARKED, call('t1')), ask([result('t1')]), say(call('t1')), ask([result('t1')])],
    [HI, say(call('t1')), ask([result('t1')]), say(call(AGAIN)), ask([result(AGAIN)])],
  ],
  [
    'beside it words before a result stand behind it',
    [HI, say(MARKED, call('t1'), call('t2')), ask([words('a'), result('t2'), words('b'), result('t1')])],
    [HI, say(call('t1'), call('t2')), ask([result('t2'), result('t1'), words('a'), words('b')])],
  ],
  [
    'beside it results in several messages are found in all of them',
    [HI, say(MARKED, call('t1'), call('t2')), ask([result('t1')]), ask([result('t2')])],
    [HI, say(call('t1'), call('t2')), ask([result('t1'), result('t2')])],
  ],
  [
    'beside it a call without a result was interrupted',
    [HI, say(MARKED, call('t1'), call('t2')), ask([result('t2'), words('a')])],
    [
      HI,
      say(call('t1'), call('t2')),
      ask([
        result('t2'),
        { type: 'tool_result', tool_use_id: 't1', content: '[interrupted]', is_error: true },
        words('a'),
      ]),
    ],
  ],
  [
    'beside it a result without a call is words, and a second one of a call is nothing',
    [HI, say(MARKED, call('t1')), ask([result('t9'), result('t1'), result('t1')])],
    [HI, say(call('t1')), ask([result('t1'), words('[result of an earlier tool call]'), words('done')])],
  ],
  [
    'a question of nothing but empty text keeps its turn',
    [ask([words('')]), say(words('a')), HI],
    [ask('(no content)'), say(words('a')), HI],
  ],
];

describe('what Anthropic would refuse is mended', () => {
  test.each(MENDED.flatMap((each) => SPELLINGS.map((spelling) => [...each, ...spelling] as const)))(
    '%s',
    (_, history, mended, __, spell) => {
      expect(sent(history, spell).messages).toEqual(mended);
    },
  );

  test('everything else of the request stays', () => {
    const { body } = sent([HI, say(MARKED, words('a'))]);
    const { messages, ...rest } = JSON.parse(body) as MessagesRequest;
    const { messages: _, ...expected } = requestOf([]);
    expect(rest).toEqual(expected);
    expect(messages).toHaveLength(2);
  });

  test('the same conversation one turn longer begins with the same bytes', () => {
    const history = [HI, say(SIGNED, words('a')), HI, say(MARKED, call('a:b', '{}')), ask([result('a:b')])];
    const shorter = JSON.stringify(sent(history).messages).slice(0, -1);
    const longer = JSON.stringify(sent([...history, say(UNSIGNED, words('c')), HI]).messages);
    expect(longer).toStartWith(shorter);
  });
});

describe('what Anthropic takes goes byte for byte', () => {
  const fine: [string, MessageParam[]][] = [
    ['words', [HI, say(words('a')), HI]],
    [
      'its own thinking',
      [HI, say(SIGNED, REDACTED, words('a'), call('toolu_01')), ask([result('toolu_01')])],
    ],
    ['thinking it does not show', [HI, say({ ...SIGNED, thinking: '' }, words('a'))]],
    [
      'talk about all of it',
      [HI, say(words('"signature":"" and "ccp1:x" and "input":"x" and "tool_use_id":"a b" and "text":""'))],
    ],
    [
      'inputs with such names',
      [HI, say(call('t1', { text: 'a', thinking: { a: 1 }, signature: 's', nested: [{ id: 'a:b' }] }))],
    ],
    [
      'server tools',
      [HI, say({ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } })],
    ],
    ["a message inside that is the system's", [HI, { role: 'system', content: 'now' }, HI]],
  ];
  test.each(fine.flatMap((each) => SPELLINGS.map((spelling) => [...each, ...spelling] as const)))(
    '%s, %p spelt %s',
    (_, history, __, spell) => {
      expect(sent(history, spell).body).toBe(spell(requestOf(history)));
    },
  );

  test('also where a look at the bytes alone cannot tell', () => {
    const odd = [
      HI,
      say(call('t1', { input: 'x', text: '', signature: '', tool_use_id: 'a b', thinking: 'x' })),
    ];
    expect(sent(odd).body).toBe(JSON.stringify(requestOf(odd)));
  });
});

/** Who calls at the very end has had no answer yet. */
const isOfTheMiddle = (complaint: string) => !complaint.startsWith('at the end');

/** Results are the user's, and calls and thoughts are not. */
const isOfItsRole = ({ role, content }: MessageParam) =>
  typeof content === 'string' ||
  content.every(({ type }) => type === 'text' || (type === 'tool_result') === (role === 'user'));

describe('any history', () => {
  const block = fc.oneof(
    fc.constantFrom<unknown>(
      SIGNED,
      MARKED,
      UNSIGNED,
      NEVER_SIGNED,
      REDACTED,
      MARKED_REDACTED,
      words(''),
      words('w'),
    ),
    fc
      .record({
        id: fc.constantFrom('toolu_1', 'a:b', 'a.b', ''),
        input: fc.constantFrom({}, '{"a":1}', 'x', ''),
      })
      .map(({ id, input }) => call(id, input)),
    fc.constantFrom('toolu_1', 'a:b', '').map(result),
  );
  const message = fc.record({
    role: fc.constantFrom<'user' | 'assistant'>('user', 'assistant'),
    content: fc.oneof(fc.constantFrom('', 'words'), fc.array(block, { maxLength: 4 })),
  }) as fc.Arbitrary<MessageParam>;

  test("keeps Anthropic's own thinking as it is, in order, and nothing it would refuse; twice is once", () => {
    const own = (messages: readonly MessageParam[]) =>
      messages
        .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
        .filter(
          (each) =>
            JSON.stringify(each) === JSON.stringify(SIGNED) ||
            JSON.stringify(each) === JSON.stringify(REDACTED),
        );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (history) => {
        // Before the first answer there is nothing that an answer left behind.
        fc.pre(history.some(({ role }) => role === 'assistant'));
        const once = sent(history);
        expect(own(once.messages)).toEqual(own(history));
        expect(sent(once.messages).body).toBe(once.body);
        const blocks = once.messages.flatMap(({ content }) =>
          typeof content === 'string' ? [] : content,
        ) as {
          type: string;
          signature?: string;
          id?: string;
          input?: unknown;
          text?: string;
        }[];
        if (once.body !== JSON.stringify(requestOf(history)) && history.every(isOfItsRole)) {
          expect(complaints({ messages: once.messages }, 'native').filter(isOfTheMiddle)).toEqual([]);
        }
        for (const each of blocks) {
          if (each.type === 'thinking') expect(each.signature).toBe(SIGNED.signature);
          if (each.type === 'text') expect(each.text).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('a telling key at the very end of a body is read like any other', () => {
  for (const key of ['signature', 'data', 'input', 'text', 'tool_use_id', 'thinking']) {
    for (const value of ['1', '"x"', ' "y" ']) {
      const body = `{"model":"m","messages":[{"role":"assistant","content":[]}],"${key}":${value}}`;
      expect(() => mayBeRefused(new TextEncoder().encode(body))).not.toThrow();
    }
  }
});

describe('a model that has to begin with a thought, in the middle of the calls of another', () => {
  const LOOP = [HI, say(UNSIGNED, call('c1')), ask([result('c1')])];
  const ENABLED = { type: 'enabled', budget_tokens: 2000 };
  const thinkingOf = (model: string, messages: readonly MessageParam[], thinking: object = ENABLED) => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...requestOf(messages), model, thinking }));
    const inbound = inboundOf('r', new Headers(), '', bytes);
    const { body } = anthropic.encode(inbound, { ...targetOf({ native: true }), model });
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)).thinking;
  };

  test('is not told to think', () => {
    expect(thinkingOf('claude-haiku-4-5', LOOP)).toEqual({ type: 'disabled' });
    const reminded: MessageParam[] = [...LOOP, { role: 'system', content: 'Be brief.' }];
    expect(thinkingOf('claude-haiku-4-5', reminded)).toEqual({ type: 'disabled' });
  });

  test.each<[string, string, MessageParam[], object]>([
    ['a newer one is', 'claude-opus-4-8', LOOP, ENABLED],
    ['one that thinks by itself does', 'claude-opus-4-8', LOOP, { type: 'adaptive' }],
    ['at the beginning of a turn it is', 'claude-haiku-4-5', [...LOOP, say(words('a')), HI], ENABLED],
    [
      'from its own calls it is',
      'claude-haiku-4-5',
      [HI, say(UNSIGNED, words('a')), HI, say(SIGNED, call('c1')), ask([result('c1')])],
      ENABLED,
    ],
  ])('%s', (_, model, messages, thinking) => {
    expect(thinkingOf(model, messages, thinking)).toEqual(thinking);
  });
});
