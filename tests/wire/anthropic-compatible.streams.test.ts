import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, expand } from '../../src/core/collect.ts';
import type { Target } from '../../src/core/upstream.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { runText as decoded, run, runText } from '../support/anthropic.ts';
import { events, FORMS, type Run, targetOf } from '../support/openai-chat.ts';
import { sdkMessage } from '../support/sdk.ts';

const FOLDER = join(import.meta.dir, 'fixtures/anthropic-compatible');
/** Set to write what comes out as what is expected; the diff is then for review. */
const UPDATE = process.env.CCPROXY_UPDATE_FIXTURES !== undefined;

const CASES = readdirSync(FOLDER)
  .map((name) => ({ name, folder: join(FOLDER, name) }))
  .filter(({ folder }) => existsSync(join(folder, 'stream.sse')))
  .map(({ name, folder }) => ({
    name,
    folder,
    stream: readFileSync(join(folder, 'stream.sse'), 'utf8'),
    target: targetFor(folder),
  }));

/** `asked.json` is the request that is answered, where the answer depends on it. */
function targetFor(folder: string): Target {
  const file = join(folder, 'asked.json');
  return existsSync(file) ? targetOf({}, JSON.parse(readFileSync(file, 'utf8'))) : targetOf();
}

function expected(folder: string, file: string, actual: string): string {
  if (UPDATE) writeFileSync(join(folder, file), actual);
  return readFileSync(join(folder, file), 'utf8');
}

function lines(of: Run): string {
  return events(of)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const ENDS = /"stop_reason":\s*"|message_stop|\[DONE\]/;

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

  test('is the same answer when it is read from its own events, or as one message', () => {
    const message = collect(answer.frames);
    for (const again of [[...expand(message)], answer.frames]) {
      const wire = again.map((frame) => new TextDecoder().decode(frame.bytes)).join('');
      const { content, stop_reason, usage } = collect(decoded(wire, target).frames);
      expect({ stop_reason, usage }).toEqual({ stop_reason: message.stop_reason, usage: message.usage });
      expect(unsigned(content)).toEqual(unsigned(message.content));
    }
  });

  test.each(FORMS)('gives the same events %s', (_form, form) => {
    expect(lines(run(form(stream), target))).toBe(lines(answer));
  });

  test('gives the same events with [DONE], with pings before it and after its end', () => {
    const ping = 'event: ping\ndata: {"type": "ping"}\n\n';
    const after = /message_stop|\[DONE\]/.test(stream) ? ping : '';
    expect(lines(runText(`${ping}${stream}${after}data: [DONE]\n\n`, target))).toBe(lines(answer));
  });

  test('is recognised as cut after every event before its end', () => {
    const parts = stream.split('\n\n').slice(0, -1);
    const end = parts.findIndex((part) => ENDS.test(part));
    for (let at = 1; at <= end; at++) {
      const cut = runText(`${parts.slice(0, at).join('\n\n')}\n\n`, target);
      assertPrefix(cut.frames);
      expect(['cut', 'empty']).toContain(cut.failure?.kind ?? 'none');
      expect(lines(answer).startsWith(lines(cut))).toBe(true);
    }
  });

  test('is recognised as cut or garbled inside every event', () => {
    for (let at = 1; at < stream.search(ENDS); at += 11) {
      const cut = runText(stream.slice(0, at), target);
      assertPrefix(cut.frames);
      expect(['cut', 'garbled', 'empty']).toContain(cut.failure?.kind ?? 'none');
    }
  });

  test('as one JSON body gives the same message', () => {
    if (!existsSync(join(folder, 'whole.json'))) return;
    const body = runText(readFileSync(join(folder, 'whole.json'), 'utf8'), target, 'application/json');
    expect(body.failure).toBeUndefined();
    assertGrammar(body.frames);
    expect(json(collect(body.frames))).toBe(readFileSync(join(folder, 'message.json'), 'utf8'));
  });
});

/** Without signatures: what is read again is signed again. */
function unsigned(content: readonly object[]): object[] {
  return content.map((block) => ({ ...block, signature: undefined }));
}
