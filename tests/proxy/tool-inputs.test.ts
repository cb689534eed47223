/** What a model wrote as the input of a call reaches everybody as it wrote it: the order of its members, its numbers. */
import { describe, expect, test } from 'bun:test';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { ask, backup, benchOf, fakeSend, primary } from '../support/relay.ts';

/** Each part of it is something else after JSON.parse and JSON.stringify. */
const INPUT = '{"path":"a","2":1.0,"1":9007199254740993,"limit":1e400,"rate":0.10}';
/** What makes a history one that Anthropic refuses. */
const FOREIGN = '{"type":"thinking","thinking":"hm","signature":""}';

/** A conversation with one call, its input spelled as given. */
const request = (input: string, stream = true) =>
  `{"model":"claude-opus-4-8","max_tokens":64,"stream":${stream},"temperature":1.0,` +
  '"tools":[{"name":"Read","input_schema":{"type":"object","properties":{"2":{"maximum":9007199254740993},"1":{}}}}],' +
  '"messages":[{"role":"user","content":"hi"},' +
  `{"role":"assistant","content":[${FOREIGN},{"type":"tool_use","id":"toolu_1","name":"Read","input":${input}}]},` +
  '{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"done"}]}]}';

const ok = () => new Response('{}', { headers: { 'content-type': 'application/json' } });
const compatible = () => backup();
const chat = () => backup({ dialect: openaiChat });

/** What an upstream is sent for a conversation. */
async function sent(upstream: ReturnType<typeof primary>, body: string): Promise<string> {
  let seen = '';
  const send = fakeSend({
    [upstream.name]: ({ body: out }) => {
      seen = typeof out === 'string' ? out : new TextDecoder().decode(out as Uint8Array);
      return ok();
    },
  });
  await ask(benchOf([upstream], { send }), { body });
  return seen;
}

describe('an input goes as it came', () => {
  test('to Anthropic, with all else of a history that had to be mended', async () => {
    expect(await sent(primary(), request(INPUT))).toBe(
      request(INPUT).replace(`${FOREIGN},`, '').replace('"temperature":1.0', '"temperature":1'),
    );
  });

  test('to a server that speaks the same API', async () => {
    expect(await sent(compatible(), request(INPUT))).toContain(`"input":${INPUT}`);
  });

  test('to one that takes arguments as text', async () => {
    expect(await sent(chat(), request(INPUT))).toContain(`"arguments":${JSON.stringify(INPUT)}`);
  });

  test.each([
    ['compatible', compatible],
    ['chat', chat],
  ])('where the client has it as a string: %s', async (_, upstream) => {
    const body = await sent(upstream(), request(JSON.stringify(INPUT)));
    expect(body.replaceAll('\\"', '"')).toContain(INPUT);
  });

  test('as text without what the client put between and into it', async () => {
    const spaced = '{ "text" : "\\u00e9 \\\\\\" { }" ,\n\t"n": [ 1.0 , 2 ] }';
    expect(await sent(chat(), request(spaced))).toContain(
      `"arguments":${JSON.stringify('{"text":"é \\\\\\" { }","n":[1.0,2]}')}`,
    );
  });

  /** What stands in an input, and what an upstream reads there: halves of pairs and NUL are what no JSON parser takes. */
  const ESCAPED: [string, string][] = [
    ['x\\ud800y\\u0000', 'x\uFFFDy'],
    ['\\uDFFF\\ud83d\\ude00\\uD83D', '\uFFFD😀\uFFFD'],
    ['\\\\u0000 \\\\ud800 \\\\\\u0000', '\\u0000 \\ud800 \\'],
  ];
  test.each(
    ESCAPED.flatMap(([text, read]) => [
      ['compatible', compatible, text, read] as const,
      ['chat', chat, text, read] as const,
    ]),
  )('but for what no JSON parser takes: %s %p %s', async (_, upstream, text, read) => {
    const body = await sent(upstream(), request(INPUT.replace('"a"', `"${text}"`)));
    const [, { content, tool_calls: calls }] = JSON.parse(body).messages.slice(-3);
    const input = calls?.[0].function.arguments ?? JSON.stringify(content[0].input);
    expect(JSON.parse(input).path).toBe(read);
    // And all else of it is as it was.
    const rest = INPUT.slice(INPUT.indexOf(',"2"'));
    expect(body.replaceAll('\\"', '"')).toContain(rest);
  });

  test.each([
    ['compatible', compatible],
    ['chat', chat],
  ])('also beside words about such escapes: %s', async (_, upstream) => {
    const body = await sent(
      upstream(),
      request(INPUT).replace('"hi"', '"\\\\u0000 is NUL, \\\\ud83d a half"'),
    );
    expect(body.replaceAll('\\"', '"')).toContain(INPUT);
    expect(JSON.parse(body).messages[0].content).toBe('\\u0000 is NUL, \\ud83d a half');
  });
});

const MESSAGE = (input: string) =>
  '{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","stop_sequence":null,' +
  `"usage":{"input_tokens":1,"output_tokens":1},"content":[{"type":"tool_use","id":"toolu_1","name":"Read","input":${input}}]}`;
const COMPLETION = (args: string) =>
  '{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":' +
  `{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"Read","arguments":${args}}}]}}]}`;
const START = (input: string) =>
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"usage":{}}}\n\n' +
  `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"Read","input":${input}}}\n\n` +
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n' +
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}\n\n' +
  'event: message_stop\ndata: {"type":"message_stop"}\n\n';

const answers: [name: string, upstream: () => ReturnType<typeof primary>, type: string, body: string][] = [
  ['a message of Anthropic', primary, 'application/json', MESSAGE(INPUT)],
  ['a message', compatible, 'application/json', MESSAGE(INPUT)],
  ['a completion', chat, 'application/json', COMPLETION(JSON.stringify(INPUT))],
  ['a completion whose arguments are an object', chat, 'application/json', COMPLETION(INPUT)],
  ['a stream whose blocks begin with all they say', compatible, 'text/event-stream', START(INPUT)],
];

describe.each(answers)('the client is told what the model wrote in %s', (_, upstream, type, answer) => {
  const send = fakeSend({
    [upstream().name]: () => new Response(answer, { headers: { 'content-type': type } }),
  });
  const asked = (stream: boolean) => ask(benchOf([upstream()], { send }), { stream });

  test('in a stream', async () => {
    const { text } = await asked(true);
    expect(text.replaceAll('\\"', '"')).toContain(INPUT);
  });

  test('in a whole answer', async () => {
    expect((await asked(false)).text).toContain(`"input":${INPUT}`);
  });
});
