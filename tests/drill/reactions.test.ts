/** What the played client does after an answer, row by row as the real one was measured to. */
import { expect, test } from 'bun:test';
import type { Block } from '../../src/core/messages.ts';
import type { Exchange } from '../../src/drill/client/claude.ts';
import { nextStep, type Step } from '../../src/drill/client/reactions.ts';
import type { EndOfReading } from '../../src/drill/client/reading.ts';

const TEXT: Block = { type: 'text', text: 'words' };
const THINKING: Block = { type: 'thinking', thinking: 'hm', signature: 's' };
const CALL: Block = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} };

function ended(end: EndOfReading, rest: Partial<Exchange> = {}): Exchange {
  return {
    end,
    stream: true,
    status: 200,
    headers: new Headers(),
    blocks: [],
    open: null,
    started: true,
    stopReason: null,
    usage: null,
    model: null,
    error: null,
    contentAt: null,
    startedAt: 0,
    heardAt: 0,
    endedAt: 0,
    unlawful: null,
    ...rest,
  };
}

function refused(status: number, headers: Record<string, string> = {}, type = 'api_error'): Exchange {
  return ended('refused', { status, headers: new Headers(headers), error: { type, message: 'no' } });
}

const whole = (blocks: Block[], stopReason = 'end_turn') => ended('whole', { blocks, stopReason });
const overloaded = { error: { type: 'overloaded_error', message: 'no' } };

const ROWS: [name: string, exchanges: Exchange[], step: string][] = [
  ['a whole answer', [whole([TEXT])], 'finish'],
  ['a whole answer with a call', [whole([TEXT, CALL], 'tool_use')], 'tools'],
  ['a call that ends the turn all the same', [whole([CALL])], 'tools'],
  ['a whole answer without words', [whole([THINKING])], 'nudge'],
  ['the second of them', [whole([THINKING]), whole([])], 'fail'],
  ['a refusal of the model', [whole([TEXT], 'refusal')], 'fail'],
  ['an answer that ran out of tokens', [whole([TEXT], 'max_tokens')], 'resume'],
  ['the fourth of them', Array.from({ length: 4 }, () => whole([TEXT], 'max_tokens')), 'fail'],
  ['a reset before anything', [ended('reset', { started: false })], 'again streamed 200'],
  [
    'the third of them',
    Array.from({ length: 3 }, () => ended('reset', { started: false })),
    'again whole 200',
  ],
  ['a reset in an open block', [ended('reset', { open: 'text' })], 'again whole 200'],
  ['an error in an open block', [ended('error', { open: 'text', started: true })], 'again whole 200'],
  ['an overload at first', [ended('error', { ...overloaded, started: false })], 'again streamed 200'],
  [
    'an overload in open thinking',
    [ended('error', { ...overloaded, open: 'thinking' })],
    'again streamed 200',
  ],
  ['an overload in an open text', [ended('error', { ...overloaded, open: 'text' })], 'again whole 200'],
  ['a clean end in an open block', [ended('ended', { open: 'text' })], 'again whole 200'],
  ['what is no answer', [ended('malformed', { started: false })], 'again whole 200'],
  ['silence in an open block', [ended('silent', { open: 'text' })], 'again whole 200'],
  ['a reset after finished thinking', [ended('reset', { blocks: [THINKING] })], 'again streamed 200'],
  ['the third of them', Array.from({ length: 3 }, () => ended('reset', { blocks: [THINKING] })), 'fail'],
  ['an error after finished thinking', [ended('error', { blocks: [THINKING] })], 'fail'],
  ['a clean end after finished thinking', [ended('ended', { blocks: [THINKING] })], 'fail'],
  ['a reset after finished text', [ended('reset', { blocks: [TEXT] })], 'fail'],
  ['an error after finished text', [ended('error', { blocks: [TEXT] })], 'fail'],
  [
    'a clean end after finished text, which looks like an answer',
    [ended('ended', { blocks: [TEXT] })],
    'finish',
  ],
  ['a reset after a finished call', [ended('reset', { blocks: [TEXT, CALL] })], 'tools'],
  ['an error after a finished call', [ended('error', { blocks: [CALL] })], 'tools'],
  ['a broken answer that was no stream', [ended('reset', { stream: false })], 'fail'],
  ['500', [refused(500)], 'again streamed 500'],
  ['the second 500', [refused(500), refused(500)], 'again streamed 1000'],
  ['the eleventh 500', Array.from({ length: 11 }, () => refused(500)), 'fail'],
  ['the seventh 500', Array.from({ length: 7 }, () => refused(500)), 'again streamed 32000'],
  ['429', [refused(429)], 'again streamed 500'],
  ['503 with a time', [refused(503, { 'retry-after': '20' })], 'again streamed 20000'],
  ['503 with a fraction', [refused(503, { 'retry-after': '1.9' })], 'again streamed 1000'],
  ['503 with more than a minute', [refused(503, { 'retry-after': '61' })], 'fail'],
  ['503 that helps nobody to repeat', [refused(503, { 'x-should-retry': 'false' })], 'fail'],
  ['529', [refused(529)], 'again streamed 500'],
  ['the third 529', Array.from({ length: 3 }, () => refused(529)), 'fail'],
  ['503 that says overloaded', Array.from({ length: 3 }, () => refused(503, {}, 'overloaded_error')), 'fail'],
  ['400', [refused(400)], 'fail'],
  ['402', [refused(402)], 'fail'],
  ['403', [refused(403)], 'fail'],
  ['404', [refused(404)], 'again whole 0'],
  ['404 to a request for a whole answer', [{ ...refused(404), stream: false }], 'fail'],
  ['413', [refused(413)], 'fail'],
  ['nobody there', [ended('unreachable', { status: 0 })], 'again streamed 500'],
];

function wordsOf(step: Step): string {
  return step.go === 'again' ? `again ${step.stream ? 'streamed' : 'whole'} ${step.waitMs}` : step.go;
}

test.each(ROWS)('after %s', (_, exchanges, expected) => {
  expect(wordsOf(nextStep(exchanges, { retries: 10 }))).toBe(expected);
});
