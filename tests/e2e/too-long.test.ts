/** A conversation that does not fit the only upstream left: the client makes it shorter, and it goes on. */
import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Recorded } from '../../src/drill/recorded.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { makeFolders, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS } from '../support/claude.ts';
import { startSession } from '../support/claude-session.ts';
import { breaches, type Member } from '../support/conversation-laws.ts';
import { everything } from './conversation.ts';
import { tap } from './tap.ts';

const LIMIT_MS = 90_000;
const CHARS_PER_TOKEN = 4;
/** Of each long answer: what the client leaves out is counted in answers. */
const LONG = `${'word '.repeat(4000)}end.`;
/** How much the model takes less than the conversation has when it is first too long. */
const MISSING_CHARS = 10_000;
const LIMITED: Fault = {
  kind: 'status',
  status: 429,
  headers: { 'retry-after': '9000' },
  message: 'This request would exceed the limit of your account.',
};

const tokens = (chars: number) => Math.ceil(chars / CHARS_PER_TOKEN);

interface Kind {
  backup: string;
  provider: string;
  member: Member;
  /** How it says that a prompt of so many tokens does not fit. */
  words(asked: number, limit: number): Fault;
}

const KINDS: Kind[] = [
  {
    backup: 'a chat backup',
    provider: 'openai-compatible',
    member: { dialect: 'chat', eyes: true },
    words: (asked, limit) => ({
      kind: 'status',
      status: 400,
      body: {
        error: {
          message: `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${asked} tokens. Please reduce the length of the messages.`,
          type: 'invalid_request_error',
          param: 'messages',
          code: 'context_length_exceeded',
        },
      },
    }),
  },
  {
    backup: 'a compatible backup',
    provider: 'anthropic-compatible',
    member: { dialect: 'compatible', eyes: true },
    words: (asked, limit) => ({
      kind: 'status',
      status: 400,
      message: `prompt is too long: ${asked} tokens > ${limit} maximum`,
    }),
  },
];
const OUTAGES = [
  { outage: 'refuses for hours', fault: LIMITED, asksAnthropic: 0 },
  { outage: 'is down', fault: { kind: 'status', status: 529 } as Fault, asksAnthropic: 1 },
];
const RUNS = CLAUDE_VERSIONS.flatMap((version) =>
  KINDS.flatMap((kind) => OUTAGES.map((outage) => ({ version, ...kind, ...outage }))),
);

test.each(RUNS)(
  '$version makes it shorter for $backup, where Anthropic $outage, and goes on',
  async ({ version, provider, member, words, fault, asksAnthropic }) => {
    await using folders = await makeFolders();
    await using anthropic = await startUpstream();
    await using backup = await startUpstream();
    const config = join(folders.home, 'chain.toml');
    await writeFile(config, configuration(anthropic.url, backup.url, provider));
    await using proxy = await startBinary({ args: ['--config', config], folders });
    await using wire = await tap(proxy.port);
    const args = version === '2.1.197' ? ['--model', 'claude-opus-4-8'] : [];
    await using session = await startSession({ version, baseUrl: wire.url, args });

    await anthropic.play((request) => ({ answer: counted(request, LONG) }));
    for (const prompt of ['One.', 'Two.', 'Three.']) expect((await session.say(prompt)).exitCode).toBe(0);
    await anthropic.play({ fault });
    await backup.play((request) => ({ answer: counted(request, LONG) }));
    expect((await session.say('Four.')).report?.result).toBe(LONG);

    let limit: number | undefined;
    const refused: Recorded[] = [];
    await backup.play((request) => {
      const chars = request.text().length;
      limit ??= chars - MISSING_CHARS;
      if (chars > limit) {
        refused.push(request);
        return { fault: words(tokens(chars), tokens(limit)) };
      }
      return { answer: counted(request, isCompaction(request) ? SUMMARY : 'It went on.') };
    });
    const before = [anthropic.asked.length, backup.asked.length, wire.posts.length];
    for (const prompt of ['Five.', 'Six.']) {
      const { exitCode, report, stdout } = await session.say(prompt);
      expect([exitCode, report?.result ?? stdout]).toEqual([0, 'It went on.']);
    }

    const [first, ...later] = backup.asked.slice(before[1]);
    expect([refused.length, refused[0] === first]).toEqual([1, true]);
    expect(later.map(isCompaction)).toEqual([true, false, false]);
    expect(anthropic.asked.length).toBe((before[0] ?? 0) + asksAnthropic);
    const posts = wire.posts.slice(before[2]).map(({ body }) => new TextDecoder().decode(body));
    expect(posts).toHaveLength(4);
    const [afterwards] = later.slice(1);
    expect(afterwards === undefined ? '' : everything(afterwards)).toContain('counted words');
    const found = [first, ...later].flatMap((request, at) =>
      request === undefined
        ? ['missing']
        : breaches(
            { member, client: posts[at] ?? '', body: request.text(), headers: request.headers },
            new Set(),
          ),
    );
    expect(found).toEqual([]);
  },
  LIMIT_MS,
);

const SUMMARY = '<analysis>Four answers.</analysis><summary>The user has counted words.</summary>';

/** An answer with as many tokens as it has: by them the client decides what it leaves out. */
function counted(request: Recorded, said: string): Answer {
  return {
    ...text(said),
    usage: {
      input_tokens: tokens(request.text().length),
      output_tokens: tokens(said.length),
      cache_read_input_tokens: 0,
    },
  };
}

function isCompaction(request: Recorded): boolean {
  return request.text().includes('Respond with TEXT ONLY');
}

function configuration(anthropic: string, backup: string, provider: string): string {
  return `chain = ["anthropic", "backup"]
[upstreams.anthropic]
base_url = "${anthropic}"
breaker = { open = "30s" }
probe = { enabled = false }
[upstreams.backup]
provider = "${provider}"
api_key = "key-of-the-backup"
base_url = "${backup}/v1"
models = { "*" = "house-model" }
probe = { enabled = false }
`;
}
