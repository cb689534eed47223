import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { run, runText, sseOf } from '../support/anthropic.ts';
import { events, FORMS } from '../support/openai-chat.ts';
import { sdkMessage } from '../support/sdk.ts';

const recorded = process.env.CCPROXY_RECORDED;

if (recorded !== undefined) {
  const folder = join(recorded, 'anthropic');
  const streams = readdirSync(folder).map((name): [string, string] => [
    name,
    wire(name, readFileSync(join(folder, name), 'utf8')),
  ]);

  describe.each(streams)('the recorded stream %s', (name, text) => {
    const whole = runText(text);

    test('is a whole answer that the SDK accepts, or none for a reason', async () => {
      if (whole.failure !== undefined) {
        expect([whole.failure.kind, /refusal|spliced/.exec(name)?.[0]]).toEqual(
          name.includes('refusal') ? ['rejected', 'refusal'] : ['cut', 'spliced'],
        );
        return;
      }
      assertGrammar(whole.frames);
      expect(await sdkMessage(whole.frames)).toEqual(JSON.parse(JSON.stringify(collect(whole.frames))));
      expect(collect(whole.frames).content.length).toBeGreaterThan(0);
    });

    test.each(FORMS)('gives the same events %s', (_form, form) => {
      expect(events(run(form(text)))).toEqual(events(whole));
    });

    test('gives the same events without event: lines', () => {
      expect(events(runText(text.replace(/^event: .*\n/gm, '')))).toEqual(events(whole));
    });

    test('is recognised as cut after every event before its stop reason', () => {
      const parts = text.split('\n\n').filter((part) => part.trim() !== '');
      const last = parts.findIndex((part) => /"stop_reason":\s*"/.test(part));
      for (let end = 0; end < last; end += 1) {
        const cut = runText(`${parts.slice(0, end + 1).join('\n\n')}\n\n`);
        assertPrefix(cut.frames);
        expect(cut.failure?.kind).toBe('cut');
      }
    });
  });
}

function wire(name: string, text: string): string {
  if (!name.endsWith('.chunks.txt')) return text;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return sseOf(lines.map((line) => JSON.parse(line) as { type: string }));
}
