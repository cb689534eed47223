/** Who serves a conversation is known for as long as its prompt cache is warm. */
import { describe, expect, test } from 'bun:test';
import { createSessions, sessionKey } from '../../src/proxy/sessions.ts';
import { NOON } from '../support/manual-clock.ts';

const MINUTE = 60_000;

const REQUEST = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'hi' }] };

function from(session?: string, agent?: string, more: object = {}) {
  const headers = new Headers();
  if (session !== undefined) headers.set('X-Claude-Code-Session-Id', session);
  if (agent !== undefined) headers.set('X-Claude-Code-Agent-Id', agent);
  return { headers, request: { ...REQUEST, ...more } };
}

describe('the key of a conversation', () => {
  test.each([
    ['neither a session nor an agent', from()],
    ['an agent without a session', from(undefined, 'a')],
    ['an empty session', from('')],
    ['an agent of an empty session', from('', 'a')],
  ])('there is none with %s', (_, inbound) => {
    expect(sessionKey(inbound)).toBeNull();
  });

  test('is the same for the same, and for no others', () => {
    const asked = [from('s'), from('t'), from('s', 'a'), from('s', 'b'), from('t', 'a'), from('s a')];
    const keys = asked.map(sessionKey);
    expect(new Set(keys).size).toBe(asked.length);
    expect(asked.map(sessionKey)).toEqual(keys);
  });

  test('with an empty agent is that of the session', () => {
    expect(sessionKey(from('s', ''))).toBe(sessionKey(from('s')));
  });
});

describe('a conversation', () => {
  test('is served by nobody at first', () => {
    expect(createSessions().current(from('s'), NOON)).toBeNull();
  });

  test('is served by whom was noted last', () => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', false, NOON);
    expect(sessions.current(from('s'), NOON)?.upstream).toBe('one');
    sessions.note(from('s'), 'two', false, NOON + 1);
    expect(sessions.current(from('s'), NOON + 1)?.upstream).toBe('two');
  });

  test('is served since the first time in a row', () => {
    const sessions = createSessions();
    for (const [upstream, at] of [
      ['one', 0],
      ['two', 1],
      ['two', 2],
      ['one', 3],
    ] as const)
      sessions.note(from('s'), upstream, false, NOON + at);
    expect(sessions.current(from('s'), NOON + 4)).toEqual({ upstream: 'one', since: NOON + 3 });
    sessions.note(from('s'), 'one', false, NOON + 5);
    expect(sessions.current(from('s'), NOON + 6)).toEqual({ upstream: 'one', since: NOON + 3 });
  });

  test('is no concern of ours while it is at home: its request is not even read', () => {
    const sessions = createSessions();
    const { headers } = from('s');
    const unread = {
      headers,
      get request(): never {
        throw new Error('it was read');
      },
    };
    sessions.note(unread, 'home', true, NOON);
    expect(sessions.current(unread, NOON)).toBeNull();
    sessions.note(from('s'), 'one', false, NOON);
    expect(sessions.current(unread, NOON)).toBeNull();
  });

  test('that comes home is not away any more', () => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', false, NOON);
    sessions.note(from('s'), 'home', true, NOON + 1);
    expect(sessions.current(from('s'), NOON + 2)).toBeNull();
  });

  test.each<[string, object]>([
    ['words', { messages: [{ role: 'user', content: 'Write a title for this.' }] }],
    ['model', { model: 'small' }],
    ['tools', { tools: [{ name: 'web_search', type: 'web_search_20250305' }] }],
  ])('is not moved by a side request of its session with other %s', (_, more) => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', false, NOON);
    sessions.note(from('s', undefined, more), 'home', true, NOON + 1);
    expect(sessions.current(from('s', undefined, more), NOON + 2)).toBeNull();
    expect(sessions.current(from('s'), NOON + 2)?.upstream).toBe('one');
  });

  test('is the same when it is longer, and when the client adds words of its own', () => {
    const sessions = createSessions();
    const first = { role: 'user', content: [{ type: 'text', text: 'hi' }] };
    sessions.note(from('s', undefined, { messages: [first] }), 'one', false, NOON);
    const block = { type: 'text', text: '<system-reminder>note</system-reminder>' };
    const cached = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } };
    const messages = [
      { role: 'user', content: [block, cached] },
      { role: 'assistant', content: 'yes' },
    ];
    expect(sessions.current(from('s', undefined, { messages }), NOON)?.upstream).toBe('one');
  });

  test('is not another one, nor that of its agents', () => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', false, NOON);
    sessions.note(from('s', 'a'), 'two', false, NOON);
    const asked = [from('s'), from('s', 'a'), from('s', 'b'), from('t'), from('t', 'a')];
    expect(asked.map((inbound) => sessions.current(inbound, NOON)?.upstream ?? null)).toEqual([
      'one',
      'two',
      null,
      null,
      null,
    ]);
  });

  test('without a name is a fresh one every time', () => {
    const sessions = createSessions();
    for (const inbound of [from(), from(undefined, 'a')]) {
      sessions.note(inbound, 'one', false, NOON);
      expect(sessions.current(inbound, NOON)?.upstream ?? null).toBeNull();
    }
  });

  test.each([
    [0, 'one'],
    [5 * MINUTE, 'one'],
    [5 * MINUTE + 1, null],
    [60 * MINUTE, null],
  ])('that was silent for %i ms', (silentMs, expected) => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', false, NOON);
    expect(sessions.current(from('s'), NOON + silentMs)?.upstream ?? null).toBe(expected);
  });

  test('is known for as long as requests come', () => {
    const sessions = createSessions();
    for (let minute = 0; minute <= 60; minute += 4)
      sessions.note(from('s'), 'one', false, NOON + minute * MINUTE);
    expect(sessions.current(from('s'), NOON + 65 * MINUTE)?.upstream).toBe('one');
  });

  test('is not kept warm by a look at it', () => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', false, NOON);
    sessions.current(from('s'), NOON + 4 * MINUTE);
    expect(sessions.current(from('s'), NOON + 6 * MINUTE)).toBeNull();
  });

  test('is forgotten when a thousand others have spoken since', () => {
    const sessions = createSessions();
    sessions.note(from('a'), 'one', false, NOON);
    sessions.note(from('b'), 'one', false, NOON);
    for (let at = 0; at < 998; at += 1) sessions.note(from(`s${at}`), 'one', false, NOON);
    sessions.note(from('a'), 'one', false, NOON);
    expect(sessions.current(from('b'), NOON)?.upstream).toBe('one');
    sessions.note(from('new'), 'one', false, NOON);
    expect(
      ['a', 'b', 's0', 's997', 'new'].map((name) => sessions.current(from(name), NOON)?.upstream ?? null),
    ).toEqual(['one', null, 'one', 'one', 'one']);
  });
});
