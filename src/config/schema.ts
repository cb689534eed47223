import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { DURATION_PATTERN, DURATION_WORDS } from './duration.ts';
import { SIZE_PATTERN, SIZE_WORDS } from './size.ts';
import { TRIGGER_WORDS } from './trigger.ts';

/** A table that takes only the keys it names, each of them optional. `allowed` says in words what a value may be. */
const section = <T extends Record<string, TSchema>>(keys: T, description: string) =>
  Type.Partial(Type.Object(keys), { additionalProperties: false, description, allowed: 'a table' });

const duration = (description: string) =>
  Type.String({ pattern: DURATION_PATTERN, allowed: DURATION_WORDS, description });
const bool = (description: string) => Type.Boolean({ allowed: 'true or false', description });
const text = (allowed: string, description: string) => Type.String({ minLength: 1, allowed, description });
const whole = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, allowed: `a whole number from ${minimum} to ${maximum}`, description });
const texts = (each: string, description: string) =>
  Type.Array(text(each, description), { allowed: `a list of strings: ${each}`, description });

const triggers = Type.Array(
  Type.Union([Type.Integer({ minimum: 400, maximum: 599 }), Type.Literal('4xx'), Type.Literal('5xx')], {
    allowed: TRIGGER_WORDS,
  }),
  {
    allowed: `a list, each ${TRIGGER_WORDS}`,
    description: 'Statuses of Anthropic that fail over. Network, timeout and stream failures always do.',
  },
);
const attempts = whole(0, 100, 'Upstreams tried after the first.');

const server = section(
  {
    host: text('a host name or address without a port', 'Where it listens; not loopback requires tokens.'),
    allowed_hosts: texts('a host name', 'More names that a request may carry as Host.'),
    port: whole(0, 65535, 'The port; 0 takes a free one.'),
    tokens: texts('a token', 'What clients must present; empty means loopback only.'),
    admin_token: text('a token', 'Opens the admin API, beside the control token of the instance.'),
    drain_timeout: duration('How long running streams may finish after SIGTERM.'),
    max_body: Type.String({
      pattern: SIZE_PATTERN,
      allowed: SIZE_WORDS,
      description: 'The largest request body.',
    }),
  },
  'The listener.',
);

const failover = section(
  {
    enabled: bool('false: only the first upstream is asked.'),
    triggers,
    max_failover_attempts: attempts,
    budget: duration('Streaming: from the request to the first content, all attempts together.'),
    mid_stream: Type.Union([Type.Literal('resume'), Type.Literal('continue'), Type.Literal('stop')], {
      allowed: '"resume", "continue" or "stop"',
      description: 'What happens to an answer that is cut after its first content.',
    }),
    hedge: Type.Union([Type.Literal(false), Type.String({ pattern: DURATION_PATTERN })], {
      allowed: `false, or ${DURATION_WORDS}`,
      description: 'After so long without a first content the next upstream is started, too; false: never.',
    }),
    return_after: duration('How long a recovered upstream must stay well before it serves again.'),
  },
  'When the next upstream is asked.',
);

const timeouts = section(
  {
    connect: duration('To a connected socket.'),
    first_event: duration('To the first event of a stream.'),
    idle: duration(
      'Between two reads of a stream; three times as long when they bring nothing but pings, up to 4m.',
    ),
    response: duration('To the whole of a non-streaming answer.'),
  },
  'How long an upstream may take.',
);

const breaker = section(
  {
    failures: whole(1, 1000, 'Consecutive counted failures that open it.'),
    window: duration('The time that ratio looks back.'),
    ratio: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      allowed: 'a number above 0 and up to 1',
      description: 'Share of counted failures in the window that opens it.',
    }),
    min_samples: whole(1, 10_000, 'Outcomes in the window before ratio counts.'),
    open: duration('How long it stays open the first time; doubles with every further opening.'),
    open_max: duration('The longest it stays open.'),
  },
  'When an upstream is held out, and for how long.',
);

const probe = section(
  {
    enabled: bool('false: only requests show how it is.'),
    interval: duration('Between two probes while requests come; longer while none do.'),
    timeout: duration('To the answer of a probe.'),
    method: Type.Union(
      [
        Type.Literal('connect'),
        Type.Literal('head'),
        Type.Literal('models'),
        Type.Literal('count_tokens'),
        Type.Literal('message'),
      ],
      {
        allowed: '"connect", "head", "models", "count_tokens" or "message"',
        description: "How it is probed; default: the preset's. message spends tokens.",
      },
    ),
  },
  'How an upstream is tried while no request does.',
);

const upstream = section(
  {
    provider: text('the name of a provider', "The preset; default: the table's own name."),
    base_url: text('a URL', "The address; default: the preset's."),
    dialect: text(
      '"anthropic" or "openai-chat"',
      "Default: what the path of base_url says, or the preset's.",
    ),
    api_key: text(`a key, best as "\${NAME}"`, "ccproxy's key; default: the preset's environment variable."),
    models: Type.Record(Type.String(), text('the name of a model', 'The model asked for instead.'), {
      allowed: 'a table of patterns and model names, such as { "claude-opus-*" = "big", "*" = "small" }',
      description: 'Claude model → model of this upstream; the first match wins, * stands for anything.',
    }),
    max_tokens: whole(1, 10_000_000, 'The most output tokens that are asked for.'),
    context_window: whole(
      1000,
      100_000_000,
      'Tokens of prompt and answer together; requests that cannot fit skip this upstream.',
    ),
    vision: bool('Whether images are sent; false replaces them by a note.'),
    tools: bool('false: requests with tools skip this upstream.'),
    headers: Type.Record(Type.String(), Type.String({ allowed: 'a string' }), {
      allowed: 'a table of header names and values',
      description: 'Headers added to every request.',
    }),
    auth_header: text('a header name', 'The header of the key; authorization sends it as Bearer.'),
    auth: Type.Union([Type.Literal('client'), Type.Literal('own')], {
      allowed: '"client" or "own"',
      description: "anthropic only. own: always ccproxy's key, never the client's.",
    }),
    concurrency: whole(1, 10_000, 'At most so many requests at once; default: no limit.'),
    timeouts,
    enabled: bool('false takes it out of the chain.'),
    breaker,
    probe,
  },
  'One place that can answer.',
);

const policy = section(
  {
    enabled: bool('false: only the first upstream is asked.'),
    primary_profile: text('the name of an upstream or provider', 'Asked first.'),
    secondary_profile: text('the name of an upstream or provider', 'Asked when the primary fails.'),
    triggers,
    max_failover_attempts: attempts,
  },
  'chain and failover in the words of the Claude Code feature request.',
);

/** `ccproxy.toml`, as far as this version goes. Keywords are ones that draft-4 validators know. */
export const ConfigSchema = section(
  {
    chain: Type.Array(text('the name of an upstream or provider', 'Asked in this order.'), {
      allowed: 'a list of names of upstreams or providers',
      description: 'Who is asked, in this order. Default: the upstreams in the order of their tables.',
    }),
    server,
    failover,
    upstreams: Type.Record(Type.String(), upstream, { allowed: 'a table for each upstream' }),
    failover_policy: policy,
  },
  'ccproxy.toml',
);

/** A validated file. */
export type ConfigFile = Static<typeof ConfigSchema>;
/** A validated `[upstreams.NAME]`. */
export type UpstreamTable = Static<typeof upstream>;
/** A validated `[upstreams.NAME.breaker]`. */
export type BreakerTable = Static<typeof breaker>;
/** A validated `[upstreams.NAME.timeouts]`. */
export type TimeoutsTable = Static<typeof timeouts>;
