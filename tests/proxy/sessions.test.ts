/** Who serves a conversation is known for as long as its prompt cache is warm. */
import { describe, expect, test } from 'bun:test';
import { createSessions, sessionKey } from '../../src/proxy/sessions.ts';
import { NOON } from '../support/manual-clock.ts';

const MINUTE = 60_000;

function from(session?: string, agent?: string): { headers: Headers } {
  const headers = new Headers();
  if (session !== undefined) headers.set('X-Claude-Code-Session-Id', session);
  if (agent !== undefined) headers.set('X-Claude-Code-Agent-Id', agent);
  return { headers };
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
    sessions.note(from('s'), 'one', NOON);
    expect(sessions.current(from('s'), NOON)?.upstream).toBe('one');
    sessions.note(from('s'), 'two', NOON + 1);
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
      sessions.note(from('s'), upstream, NOON + at);
    expect(sessions.current(from('s'), NOON + 4)).toEqual({ upstream: 'one', since: NOON + 3 });
    sessions.note(from('s'), 'one', NOON + 5);
    expect(sessions.current(from('s'), NOON + 6)).toEqual({ upstream: 'one', since: NOON + 3 });
  });

  test('is not another one, nor that of its agents', () => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', NOON);
    sessions.note(from('s', 'a'), 'two', NOON);
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
      sessions.note(inbound, 'one', NOON);
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
    sessions.note(from('s'), 'one', NOON);
    expect(sessions.current(from('s'), NOON + silentMs)?.upstream ?? null).toBe(expected);
  });

  test('is known for as long as requests come', () => {
    const sessions = createSessions();
    for (let minute = 0; minute <= 60; minute += 4) sessions.note(from('s'), 'one', NOON + minute * MINUTE);
    expect(sessions.current(from('s'), NOON + 65 * MINUTE)?.upstream).toBe('one');
  });

  test('is not kept warm by a look at it', () => {
    const sessions = createSessions();
    sessions.note(from('s'), 'one', NOON);
    sessions.current(from('s'), NOON + 4 * MINUTE);
    expect(sessions.current(from('s'), NOON + 6 * MINUTE)).toBeNull();
  });

  test('is forgotten when a thousand others have spoken since', () => {
    const sessions = createSessions();
    sessions.note(from('a'), 'one', NOON);
    sessions.note(from('b'), 'one', NOON);
    for (let at = 0; at < 998; at += 1) sessions.note(from(`s${at}`), 'one', NOON);
    sessions.note(from('a'), 'one', NOON);
    expect(sessions.current(from('b'), NOON)?.upstream).toBe('one');
    sessions.note(from('new'), 'one', NOON);
    expect(
      ['a', 'b', 's0', 's997', 'new'].map((name) => sessions.current(from(name), NOON)?.upstream ?? null),
    ).toEqual(['one', null, 'one', 'one', 'one']);
  });
});
