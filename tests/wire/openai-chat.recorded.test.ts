import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { whole as wholeBody } from '../../src/wire/framing/whole.ts';
import { completionOf, events, FORMS, inOrder, run, runText, targetOf } from '../support/openai-chat.ts';
import { sdkMessage } from '../support/sdk.ts';

const recorded = process.env.CCPROXY_RECORDED;

if (recorded !== undefined) {
  const folder = join(recorded, 'openai-chat');
  const streams = readdirSync(folder)
    .filter((name) => name.endsWith('.txt') || name.endsWith('.sse'))
    .map((name): [string, string] => [name, wire(name, readFileSync(join(folder, name), 'utf8'))]);

  describe.each(streams)('the recorded stream %s', (_name, text) => {
    const whole = runText(text);

    test('is a whole answer that the SDK accepts', async () => {
      expect(whole.failure).toBeUndefined();
      assertGrammar(whole.frames);
      expect(await sdkMessage(whole.frames)).toEqual(JSON.parse(JSON.stringify(collect(whole.frames))));
      expect(collect(whole.frames).content.length).toBeGreaterThan(0);
    });

    test('comes to the same as a body that says it whole', () => {
      const message = collect(whole.frames);
      const body = runText(completionOf(message), undefined, wholeBody);
      assertGrammar(body.frames);
      expect(inOrder(collect(body.frames))).toEqual(inOrder(message));
    });

    test.each(FORMS)('gives the same events %s', (_form, form) => {
      expect(events(run(form(text)))).toEqual(events(whole));
    });

    test('gives the same events without [DONE]', () => {
      expect(events(runText(text.replace(/data: \[DONE\]\n*$/, '')))).toEqual(events(whole));
    });

    test('is recognised as cut after every event before its finish reason', () => {
      const parts = text.split('\n\n').filter((part) => part.trim() !== '');
      const last = parts.findIndex((part) => /"finish_reason":\s*"/.test(part));
      const step = Math.max(1, Math.floor(last / 40));
      for (let end = 0; end < last; end += step) {
        const cut = runText(`${parts.slice(0, end + 1).join('\n\n')}\n\n`, targetOf());
        assertPrefix(cut.frames);
        expect(cut.failure?.kind).toBe('cut');
      }
    });
  });
}

function wire(name: string, text: string): string {
  if (name.endsWith('.sse')) return text;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`;
}
