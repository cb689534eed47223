import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, expand } from '../../src/core/collect.ts';
import type { MessagesRequest } from '../../src/core/messages.ts';
import type { Target } from '../../src/core/upstream.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { ownDetails } from '../../src/wire/dialects/openai-chat/own-details.ts';
import { whole } from '../../src/wire/framing/whole.ts';
import { targetIn } from '../support/fixture-target.ts';
import {
  completionOf,
  events,
  FORMS,
  inOrder,
  type Run,
  run,
  runText,
  targetOf,
} from '../support/openai-chat.ts';
import { sdkMessage } from '../support/sdk.ts';

const FOLDER = join(import.meta.dir, 'fixtures/openai-chat');
/** Set to write what comes out as what is expected; the diff is then for review. */
const UPDATE = process.env.CCPROXY_UPDATE_FIXTURES !== undefined;

interface Case {
  name: string;
  folder: string;
  stream: string;
  target: Target;
}

const CASES: Case[] = readdirSync(FOLDER)
  .map((name) => ({ name, folder: join(FOLDER, name) }))
  .filter(({ folder }) => existsSync(join(folder, 'stream.sse')))
  .map(({ name, folder }) => ({
    name,
    folder,
    stream: read(folder, 'stream.sse'),
    target: targetFor(folder),
  }));

function targetFor(folder: string): Target {
  const target = targetIn(folder);
  if (!existsSync(join(folder, 'request.json'))) return targetOf(target);
  return targetOf(target, JSON.parse(read(folder, 'request.json')) as MessagesRequest);
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function expected(folder: string, file: string, actual: string): string {
  if (UPDATE) writeFileSync(join(folder, file), actual);
  return read(folder, file);
}

function lines(of: Run): string {
  return events(of)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

describe.each(CASES)('$name', ({ folder, stream, target }) => {
  const answer = runText(stream, target);

  test('becomes these events', () => {
    expect(answer.failure).toBeUndefined();
    assertGrammar(answer.frames);
    expect(lines(answer)).toBe(expected(folder, 'events.jsonl', lines(answer)));
  });

  test('becomes this message, for us and for the SDK', async () => {
    const message = collect(answer.frames);
    expect(json(message)).toBe(expected(folder, 'message.json', json(message)));
    if (!json(message).includes('__unparsedToolInput'))
      expect(await sdkMessage(answer.frames)).toEqual(message);
  });

  test('survives being taken for a whole message and streamed again', async () => {
    const message = collect(answer.frames);
    const again = [...expand(message)];
    assertGrammar(again);
    expect(collect(again)).toEqual(message);
    expect(await sdkMessage(again)).toEqual(message);
  });

  test.each(FORMS)('gives the same events %s', (_form, form) => {
    expect(lines(run(form(stream), target))).toBe(lines(answer));
  });

  test('gives the same events without [DONE]', () => {
    if (!/"finish_reason":"/.test(stream)) return;
    expect(lines(runText(stream.replace('data: [DONE]\n\n', ''), target))).toBe(lines(answer));
  });

  test('is recognised as cut after every event before its finish reason', () => {
    const parts = stream.split('\n\n').slice(0, -1);
    const finish = parts.findIndex((part) => /"finish_reason":"/.test(part));
    for (let end = 1; end <= (finish === -1 ? parts.length - 1 : finish); end++) {
      const cut = runText(`${parts.slice(0, end).join('\n\n')}\n\n`, target);
      assertPrefix(cut.frames);
      expect(cut.failure?.kind).toBe(cut.frames.length === 0 ? 'empty' : 'cut');
      expect(lines(answer).startsWith(lines(cut))).toBe(true);
    }
  });

  test('is recognised as cut or garbled inside every event', () => {
    const finish = stream.search(/"finish_reason":"/);
    const last = finish === -1 ? stream.length - 20 : finish;
    for (let end = 11; end < last; end += 13) {
      const cut = runText(stream.slice(0, end), target);
      assertPrefix(cut.frames);
      expect(['cut', 'garbled', 'empty']).toContain(cut.failure?.kind ?? 'none');
    }
  });

  test('comes to the same as a body that says it whole', () => {
    const message = collect(answer.frames);
    const body = runText(
      completionOf(message, ownDetails(message.content, new Map(), target)),
      target,
      whole,
    );
    expect(body.failure).toBeUndefined();
    assertGrammar(body.frames);
    expect(inOrder(collect(body.frames))).toEqual(inOrder(message));
  });

  test('as one JSON body gives the same message', () => {
    if (!existsSync(join(folder, 'completion.json'))) return;
    const body = runText(read(folder, 'completion.json'), target, whole);
    expect(body.failure).toBeUndefined();
    assertGrammar(body.frames);
    expect(json(collect(body.frames))).toBe(read(folder, 'message.json'));
  });
});
