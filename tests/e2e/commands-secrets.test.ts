import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startUpstream } from '../../src/drill/upstream.ts';
import { type Ended, makeFolders, runToEnd, startBinary } from '../support/binary.ts';

/** Every value that must stay where it is; recognisable, and as random-looking as real ones are. */
const SECRETS = {
  groqKey: 'gsk_S3cr3tGroqKeyAaBbCcDdEeFf0011',
  backupKey: 'sk-S3cr3tBackupKey0123456789abcdef',
  header: 'S3cr3tHeaderValue0123456789',
  token: 'S3cr3tProxyToken0123456789',
  adminToken: 'S3cr3tAdminToken0123456789',
  clientKey: 'sk-ant-api03-S3cr3tClientKey0123456789',
  question: 'S3cr3tQuestion about the neighbours',
};

/** A file that takes its secrets from the environment, from itself, and from another file. */
const FILE = (url: string) => `
[server]
tokens = ["\${PROXY_TOKEN}"]
admin_token = "${SECRETS.adminToken}"

[upstreams.anthropic]
provider = "anthropic"
base_url = "${url}"

[upstreams.groq]
provider = "groq"
base_url = "${url}/openai/v1"
api_key = "\${GROQ_API_KEY}"
headers = { "x-own" = "${SECRETS.header}" }

[upstreams.backup]
provider = "openai-compatible"
base_url = "${url}/other/v1"
api_key = "\${file:backup-key}"
models = { "*" = "m" }
`;

const ENV = { PROXY_TOKEN: SECRETS.token, GROQ_API_KEY: SECRETS.groqKey };

const ask = (headers: Record<string, string>, stream = false) => ({
  method: 'POST',
  headers,
  body: JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 9,
    stream,
    messages: [{ role: 'user', content: SECRETS.question }],
  }),
});

function findSecrets(printed: string): string[] {
  return Object.entries(SECRETS).flatMap(([name, value]) => (printed.includes(value) ? [name] : []));
}

const everythingOf = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>) => `${stdout}\n${stderr}`;

describe('no secret', () => {
  test('stands in what a running ccproxy prints, shows or answers, at any log level', async () => {
    // Providers quote the key in what they complain about.
    await using upstream = await startUpstream({
      script: ({ path, header }) => ({
        fault: {
          kind: 'status',
          status: path.startsWith('/v1') ? 500 : 401,
          message: `bad key ${header('authorization') ?? header('x-api-key')}`,
        },
      }),
    });
    await using folders = await makeFolders();
    const file = join(folders.home, 'my.toml');
    await writeFile(file, FILE(upstream.url));
    await writeFile(join(folders.home, 'backup-key'), SECRETS.backupKey);
    await using proxy = await startBinary({
      args: ['--config', file, '--log-level', 'debug'],
      env: ENV,
      folders,
    });
    const headers = { 'x-ccproxy-token': SECRETS.token, 'x-api-key': SECRETS.clientKey };
    const said: string[] = [];
    const hear = async (path: string, request: RequestInit) => {
      const answer = await fetch(`${proxy.url}${path}`, request);
      said.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
    };
    for (const stream of [false, true, false]) await hear('/v1/messages', ask(headers, stream));
    await hear('/v1/messages', ask({ 'x-api-key': SECRETS.clientKey }));
    await hear('/v1/messages', ask({ ...headers, origin: 'http://evil.example' }));
    await hear('/v1/messages', { method: 'POST', headers, body: `{"model":"${SECRETS.question}` });
    await hear('/v1/messages/count_tokens', ask(headers));
    for (const path of ['/', '/health', '/status', '/v1/models', '/nothing']) await hear(path, { headers });
    const ran: string[] = [];
    for (const command of [
      ['status'],
      ['status', '--json'],
      ['env'],
      ['env', '--json'],
      ['config', 'check'],
    ]) {
      const args = [...command, '--config', file, '--port', String(proxy.port)];
      ran.push(everythingOf(await runToEnd(args, ENV, folders)));
    }
    await proxy.stop();
    expect(upstream.asked.length).toBeGreaterThan(3);
    expect(findSecrets(everythingOf(proxy.printed()))).toEqual([]);
    expect(findSecrets(said.join('\n'))).toEqual([]);
    expect(findSecrets(ran.join('\n'))).toEqual([]);
  });

  test.each<[string, (text: string) => string]>([
    ['a misspelt key', (text) => text.replace('api_key = "${GROQ', 'api_kye = "${GROQ')],
    [
      'a misspelt key with the secret itself',
      (text) => text.replace(/api_key = "\$\{GROQ_API_KEY\}"/, `api_kye = "${SECRETS.groqKey}"`),
    ],
    ['tokens that are no list', (text) => text.replace(/tokens = .*/, `tokens = "${SECRETS.token}"`)],
    ['a key that is no text', (text) => text.replace(/api_key = .*/, `api_key = ["${SECRETS.groqKey}"]`)],
    ['a header that is no text', (text) => text.replace(`"${SECRETS.header}"`, `["${SECRETS.header}"]`)],
    [
      'a syntax error behind a key',
      (text) => text.replace(`admin_token = "${SECRETS.adminToken}"`, `admin_token = "${SECRETS.adminToken}`),
    ],
    [
      'a key inside an address',
      (text) => text.replace('base_url = "http://', `base_url = "http://u:${SECRETS.groqKey}@`),
    ],
  ])('stands in the complaint about a file with %s', async (_, spoil) => {
    await using folders = await makeFolders();
    const file = join(folders.home, 'my.toml');
    const good = FILE('http://127.0.0.1:1');
    await writeFile(file, spoil(good));
    await writeFile(join(folders.home, 'backup-key'), SECRETS.backupKey);
    expect(spoil(good)).not.toBe(good);
    for (const command of [['serve'], ['config', 'check'], ['config', 'check', '--json']]) {
      const ended = await runToEnd([...command, '--config', file, '--port', '1'], ENV, folders);
      expect([ended.exitCode, findSecrets(everythingOf(ended))]).toEqual([2, []]);
    }
  });
});
