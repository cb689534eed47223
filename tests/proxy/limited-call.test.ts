/** An answer of Anthropic's whose limit cut off a call: the call is never stopped, and that is its end. */
import { describe, expect, test } from 'bun:test';
import { ask, backup, benchOf, fakeSend, primary } from '../support/relay.ts';

const event = (body: { type: string }) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
const started = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
};
const call = { type: 'tool_use', id: 'toolu_1', name: 'Write', input: {} };
const begun = [
  event(started),
  event({ type: 'content_block_start', index: 0, content_block: call } as { type: string }),
  event({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: '{"text": "Filing ta' },
  } as { type: string }),
];
const end = (reason: string) => [
  event({ type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 124 } } as {
    type: string;
  }),
  event({ type: 'message_stop' }),
];

/** What a client gets for `stream`, with a backup at hand. */
async function got(stream: string) {
  const answer = (text: string) => () =>
    new Response(text, { headers: { 'content-type': 'text/event-stream' } });
  const send = fakeSend({ anthropic: answer(stream), backup: answer('') });
  return ask(benchOf([primary(), backup()], { send }));
}

describe('an unstopped call', () => {
  test.each(['max_tokens', 'model_context_window_exceeded'])('ended by %s comes as it is', async (reason) => {
    const stream = [...begun, ...end(reason)].join('');
    const said = await got(stream);
    expect([said.status, said.headers.get('x-ccproxy-attempts'), said.text]).toEqual([200, '1', stream]);
  });

  test.each(['max_tokens', 'model_context_window_exceeded'])(
    'ended by %s lacks nothing but its last event where that is lost',
    async (reason) => {
      const stream = [...begun, ...end(reason)];
      expect((await got(stream.slice(0, -1).join(''))).text).toBe(
        stream.slice(0, -1).join('') + event({ type: 'message_stop' }),
      );
    },
  );

  test.each(['tool_use', 'end_turn'])('ended by %s is cut: the end of a block is missing', async (reason) => {
    const said = await got([...begun, ...end(reason)].join(''));
    expect(said.text).not.toContain(`"${reason}"`);
  });
});
