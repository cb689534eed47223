/** A case, its file, and what is said about it: line, key, what, found, allowed, hint. */
export type FileError = [
  name: string,
  text: string,
  expected: { line?: number; key?: string; [part: string]: unknown },
];

const nothing = (section: string, key: string): FileError => [
  `${section}.${key} of nothing`,
  `[upstreams.ollama.${section}]\n${key} = "0s"`,
  {
    line: 2,
    key: `upstreams.ollama.${section}.${key}`,
    what: 'too short',
    found: '"0s"',
    allowed: /longer than "0s"/,
  },
];

/** Files that say of times, breakers, probes and limits what cannot be. */
export const HEALTH_ERRORS: FileError[] = [
  ...['connect', 'first_event', 'idle', 'response'].map((key) => nothing('timeouts', key)),
  ...['window', 'open', 'open_max'].map((key) => nothing('breaker', key)),
  ...['interval', 'timeout'].map((key) => nothing('probe', key)),
  [
    'a duration of nothing',
    '[upstreams.groq]\napi_key = "k"\ntimeouts = { idle = "0s" }',
    {
      line: 3,
      key: 'upstreams.groq.timeouts.idle',
      what: 'too short',
      found: '"0s"',
      allowed: /longer than "0s"/,
    },
  ],
  [
    'a duration that no timer can hold',
    '[upstreams.groq]\napi_key = "k"\ntimeouts.connect = "25d"',
    {
      line: 3,
      key: 'upstreams.groq.timeouts.connect',
      what: 'too long',
      found: '"25d"',
      allowed: /up to "24d"/,
    },
  ],
  [
    'open longer than open_max',
    '[upstreams.groq]\napi_key = "k"\n[upstreams.groq.breaker]\nopen_max = "1m"\nopen = "2m"',
    {
      line: 5,
      key: 'upstreams.groq.breaker.open',
      what: 'longer than open_max',
      found: '"2m" (a string)',
      allowed: /"1m"/,
    },
  ],
  [
    'a ratio of nothing',
    '[upstreams.ollama.breaker]\nratio = 0',
    {
      line: 2,
      key: 'upstreams.ollama.breaker.ratio',
      found: '0 (a whole number)',
      allowed: 'a number above 0 and up to 1',
    },
  ],
  [
    'a number of failures that opens nothing',
    '[upstreams.ollama.breaker]\nfailures = 0',
    { line: 2, key: 'upstreams.ollama.breaker.failures', allowed: 'a whole number from 1 to 1000' },
  ],
  [
    'samples of nothing',
    '[upstreams.ollama.breaker]\nmin_samples = 0',
    { line: 2, key: 'upstreams.ollama.breaker.min_samples', allowed: 'a whole number from 1 to 10000' },
  ],
  [
    'a ratio above one',
    '[upstreams.ollama.breaker]\nratio = 1.5',
    { line: 2, key: 'upstreams.ollama.breaker.ratio', found: '1.5 (a number)' },
  ],
  [
    'a budget of nothing',
    '[failover]\nbudget = "0s"\nhedge = "8s"',
    { line: 2, key: 'failover.budget', what: 'too short', found: '"0s"', allowed: /longer than "0s"/ },
  ],
  [
    'a hedge of nothing',
    '[failover]\nhedge = "0s"',
    { line: 2, key: 'failover.hedge', what: 'too short', found: '"0s"', allowed: /longer than "0s"/ },
  ],
  [
    'a hedge that no timer can hold',
    '[failover]\nhedge = "25d"',
    { line: 2, key: 'failover.hedge', what: 'too long', found: '"25d"' },
  ],
  [
    'a hedge that is on without a time',
    '[failover]\nhedge = true',
    {
      line: 2,
      key: 'failover.hedge',
      what: 'not allowed',
      found: 'true (a boolean)',
      allowed: /^false, or a duration such as "500ms"/,
    },
  ],
  [
    'a hedge that is no duration',
    '[failover]\nhedge = "soon"',
    { line: 2, key: 'failover.hedge', found: '"soon" (a string)', allowed: /^false, or a duration/ },
  ],
  [
    'a hedge as long as the budget',
    '[failover]\nbudget = "8s"\nhedge = "8s"',
    {
      line: 3,
      key: 'failover.hedge',
      what: 'not shorter than budget',
      found: '"8s" (a string)',
      allowed: 'false, or a duration shorter than budget (8 s)',
    },
  ],
  [
    'a hedge longer than the default budget',
    '[failover]\nhedge = "3m"',
    { line: 2, key: 'failover.hedge', what: 'not shorter than budget', allowed: /\(120 s\)/ },
  ],
  [
    'a bare number for return_after',
    '[failover]\nreturn_after = 30',
    { line: 2, key: 'failover.return_after', found: '30 (a whole number)', allowed: /"500ms"/ },
  ],
  [
    'a return_after that no timer can hold',
    '[failover]\nreturn_after = "25d"',
    { line: 2, key: 'failover.return_after', what: 'too long', allowed: /from "0s"/ },
  ],
  [
    'a return_after that could not double',
    '[failover]\nreturn_after = "601s"',
    {
      line: 2,
      key: 'failover.return_after',
      what: 'too long',
      found: '"601s"',
      allowed: 'from "0s" to "10m"',
    },
  ],
  [
    'a concurrency of nothing',
    '[upstreams.ollama]\nconcurrency = 0',
    {
      line: 2,
      key: 'upstreams.ollama.concurrency',
      found: '0 (a whole number)',
      allowed: 'a whole number from 1 to 10000',
    },
  ],
  [
    'a concurrency beyond its range',
    '[upstreams.ollama]\nconcurrency = 10001',
    { line: 2, key: 'upstreams.ollama.concurrency', found: '10001 (a whole number)' },
  ],
  [
    'a concurrency as text',
    '[upstreams.ollama]\nconcurrency = "8"',
    { line: 2, key: 'upstreams.ollama.concurrency', found: '"8" (a string)' },
  ],
  [
    'a mistyped key of the probe',
    '[upstreams.ollama.probe]\nintervall = "5s"',
    {
      line: 2,
      key: 'upstreams.ollama.probe.intervall',
      what: 'unknown key',
      allowed: 'enabled, interval, timeout, method',
      hint: 'did you mean interval?',
    },
  ],
  [
    'a key of the probe in its upstream',
    '[upstreams.ollama]\ninterval = "5s"',
    { line: 2, key: 'upstreams.ollama.interval', hint: 'it belongs to [upstreams.NAME.probe]' },
  ],
  [
    'a probe that is no table',
    '[upstreams.ollama]\nprobe = true',
    { line: 2, key: 'upstreams.ollama.probe', found: 'true (a boolean)', allowed: 'a table' },
  ],
  [
    'an unknown method',
    '[upstreams.ollama]\nprobe = { method = "ping" }',
    {
      line: 2,
      key: 'upstreams.ollama.probe.method',
      found: '"ping" (a string)',
      allowed: '"connect", "head", "models", "count_tokens" or "message"',
    },
  ],
  [
    'a probe that may take longer than its interval',
    '[upstreams.ollama.probe]\ninterval = "3s"\ntimeout = "5s"',
    {
      line: 3,
      key: 'upstreams.ollama.probe.timeout',
      what: 'longer than interval',
      found: '"5s" (a string)',
      allowed: 'at most interval, "3s"',
    },
  ],
  [
    'an interval of nothing, and nothing that follows from it',
    '[upstreams.ollama.probe]\nmethod = "message"\ntimeout = "5s"\ninterval = "0s"',
    { line: 4, key: 'upstreams.ollama.probe.interval', what: 'too short', allowed: /longer than "0s"/ },
  ],
  [
    'a probe that no timer can hold',
    '[upstreams.ollama.probe]\ninterval = "25d"',
    { line: 2, key: 'upstreams.ollama.probe.interval', what: 'too long', allowed: /up to "24d"/ },
  ],
  [
    'a count of tokens where nobody counts them',
    '[upstreams.groq]\napi_key = "k"\n[upstreams.groq.probe]\nmethod = "count_tokens"',
    {
      line: 4,
      key: 'upstreams.groq.probe.method',
      what: 'asks by the Messages API, which this upstream does not speak',
      found: '"count_tokens" (a string)',
      allowed: '"connect", "head", "models" or "message"',
    },
  ],
  [
    'a count of tokens at an address of another dialect',
    '[upstreams.ollama]\ndialect = "openai-chat"\nprobe.method = "count_tokens"',
    { line: 3, key: 'upstreams.ollama.probe.method', what: /Messages API/ },
  ],
  ...['models', 'count_tokens', 'message'].map(
    (method): FileError => [
      `${method} by the client's credential`,
      `[upstreams.anthropic]\nprobe = { method = "${method}" }`,
      {
        line: 2,
        key: 'upstreams.anthropic.probe.method',
        what: "needs a key of ccproxy's own: the client's credential is never used to probe",
        found: `"${method}" (a string)`,
        allowed: '"connect" or "head", or an api_key beside it',
      },
    ],
  ),
  [
    'models with a key that is a placeholder',
    '[upstreams.anthropic]\napi_key = "NOT_NEEDED"\nprobe.method = "models"',
    { line: 3, key: 'upstreams.anthropic.probe.method', what: /client's credential/ },
  ],
  [
    'probes that cost, one after the other',
    '[upstreams.ollama.probe]\nmethod = "message"\ninterval = "9999ms"',
    {
      line: 3,
      key: 'upstreams.ollama.probe.interval',
      what: 'too short for probes that spend tokens',
      found: '"9999ms" (a string)',
      allowed: 'at least "10s" with method = "message"',
      hint: 'this would be about 86,409 tokens a day',
    },
  ],
  [
    'probes that cost and are not even on',
    '[upstreams.ollama.probe]\nenabled = false\nmethod = "message"\ninterval = "1s"',
    { line: 4, key: 'upstreams.ollama.probe.interval', hint: /864,000 tokens/ },
  ],
];
