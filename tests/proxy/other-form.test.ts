/** An upstream that answers in another form than it was asked for, or says so wrongly, has answered all the same. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { anthropicVoice } from '../../src/drill/voices/anthropic.ts';
import { openaiChatVoice } from '../../src/drill/voices/openai-chat.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { ask, backup, benchOf, fakeSend, primary, wordsOf } from '../support/relay.ts';
import { sdkMessage } from '../support/sdk.ts';

const UPSTREAMS = [
  ['Anthropic', primary(), anthropicVoice],
  ['a compatible server', backup(), anthropicVoice],
  ['a server of chat completions', backup({ dialect: openaiChat }), openaiChatVoice],
] as const;

/** What it sends, and what it says that it sends. */
const TYPES = ['text/event-stream', 'application/json', 'text/plain', null];
const SENT = (['events', 'one JSON body'] as const).flatMap((form) =>
  TYPES.map((type) => [form, type ?? 'nothing', type] as const),
);

describe.each([...UPSTREAMS])('%s', (_who, upstream, voice) => {
  const wording = { id: 'up1', model: 'claude-opus-4-8' };
  const said = text('All is well.');

  describe.each([[true], [false]])('asked for a stream: %p', (stream) => {
    test.each(SENT)('sends %s and says %s', async (form, _type, type) => {
      const body =
        form === 'events' ? voice.events(said, wording).join('') : JSON.stringify(voice.whole(said, wording));
      const response = () => {
        const answer = new Response(body);
        answer.headers.delete('content-type');
        if (type !== null) answer.headers.set('content-type', type);
        return answer;
      };
      const send = fakeSend({ [upstream.name]: response });
      const answer = await ask(benchOf([upstream], { send }), { stream });
      expect([answer.status, answer.reset, send.sent.length]).toEqual([200, false, 1]);
      expect(wordsOf(answer)).toBe('All is well.');
      expect(answer.headers.get('content-type')).toStartWith(
        stream ? 'text/event-stream' : 'application/json',
      );
      if (stream) {
        assertGrammar(answer.frames);
        expect(await sdkMessage(answer.frames)).toMatchObject({ stop_reason: 'end_turn' });
      } else {
        const { usage, model, stop_reason } = JSON.parse(answer.text);
        expect([typeof usage.output_tokens, model, stop_reason]).toEqual([
          'number',
          'claude-opus-4-8',
          'end_turn',
        ]);
      }
    });
  });
});
