import { expect } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { type Binary, makeFolders, startBinary } from '../support/binary.ts';
import type { ClaudeVersion } from '../support/claude.ts';
import { type ClaudeSession, startSession } from '../support/claude-session.ts';
import type { Meeting, Member } from '../support/conversation-laws.ts';
import { type Heard, type Play, play, type Step } from '../support/played.ts';
import { type Tap, tap } from './tap.ts';

/** Who can answer: Anthropic, and two backups, one for each dialect. */
export type Name = 'anthropic' | 'chat' | 'compatible';

export interface CompanyOptions {
  version: ClaudeVersion;
  /** Of the client, beside its prompt. */
  args: readonly string[];
  /** The preset of the chat backup. */
  chat: 'openai' | 'groq' | 'deepseek';
  members: Record<Name, Member>;
}

/** The real client, the compiled program, and three upstreams that follow one script. */
export interface Company {
  readonly session: ClaudeSession;
  /** Where a client asks, so that it is written down. */
  readonly url: string;
  readonly proxy: Binary;
  readonly upstreams: Record<Name, ScriptedUpstream>;
  /** From now on the upstreams answer by these steps. */
  follow(steps: readonly Step<Name>[]): Promise<Play<Name>>;
  /** What the client has asked, oldest first. */
  asked(): string[];
  /** What went to an upstream, and for what. */
  meeting(heard: Heard<Name>): Meeting;
  admin(command: 'use' | 'reset', body: object): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const ADMIN = 'admin-token-of-the-test';
/** The older client asks for another model in its first turn than in those that it resumes, unless it is told one. */
const MODEL: Record<ClaudeVersion, readonly string[]> = {
  '2.1.197': ['--model', 'claude-opus-4-8'],
  '2.1.328': [],
};

export async function startCompany({ version, args, chat, members }: CompanyOptions): Promise<Company> {
  const folders = await makeFolders();
  const upstreams = {
    anthropic: await startUpstream(),
    chat: await startUpstream(),
    compatible: await startUpstream(),
  };
  const config = join(folders.home, 'chain.toml');
  await writeFile(config, configuration(upstreams, chat, members.compatible));
  const proxy = await startBinary({ args: ['--config', config], folders });
  const wire: Tap = await tap(proxy.port);
  const session = await startSession({ version, baseUrl: wire.url, args: [...args, ...MODEL[version]] });
  const asked = () => wire.posts.map(({ body }) => new TextDecoder().decode(body));
  return {
    session,
    url: wire.url,
    proxy,
    upstreams,
    asked,
    async follow(steps) {
      const played = play(steps);
      for (const name of Object.keys(upstreams) as Name[]) await upstreams[name].play(played.lines(name));
      return played;
    },
    meeting: ({ upstream, step, request }) => ({
      member: members[upstream],
      client: asked()[step] ?? '',
      body: request.text(),
      headers: request.headers,
    }),
    async admin(command, body) {
      const { status } = await fetch(`${proxy.url}/admin/api/${command}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN}` },
        body: JSON.stringify(body),
      });
      expect(status).toBe(200);
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await wire[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      for (const upstream of Object.values(upstreams)) await upstream.stop();
      await folders[Symbol.asyncDispose]();
    },
  };
}

/** Nobody is left out for having failed: who answers is what the script says, whatever the time. */
function configuration(
  upstreams: Record<Name, ScriptedUpstream>,
  chat: string,
  { eyes, claude }: Member,
): string {
  const patient = 'breaker = { failures = 1000, min_samples = 10000 }\nprobe = { enabled = false }';
  return `chain = ["anthropic", "chat", "compatible"]
[server]
admin_token = "${ADMIN}"
[upstreams.anthropic]
base_url = "${upstreams.anthropic.url}"
${patient}
[upstreams.chat]
provider = "${chat}"
api_key = "key-of-the-chat-backup"
base_url = "${upstreams.chat.url}/v1"
${patient}
[upstreams.compatible]
provider = "anthropic-compatible"
api_key = "key-of-the-compatible-backup"
base_url = "${upstreams.compatible.url}"
vision = ${eyes}
${claude === true ? '' : 'models = { "*" = "house-model" }'}
${patient}
`;
}
