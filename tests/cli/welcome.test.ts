import { expect, test } from 'bun:test';
import { welcome } from '../../src/cli/welcome.ts';
import { chainFile, configurationOf } from '../support/app.ts';

const BACKUP = chainFile({ backup: 'http://127.0.0.1:9' });

/** What stands in a client's shell, by what is said at the start. */
async function lines(file: string): Promise<string[]> {
  const said = welcome(await configurationOf({ file }), { addresses: [], port: 1 }, [], null);
  return said.filter((line) => line.startsWith('  export ')).map((line) => line.trim());
}

test.each([
  ['a placeholder where nobody takes a login', BACKUP, ['export ANTHROPIC_AUTH_TOKEN=NOT_NEEDED']],
  ['none beside Anthropic', chainFile({ anthropic: 'http://127.0.0.1:9' }), []],
  [
    'a token where one is asked for, without repeating it',
    `${BACKUP}\n[server]\ntokens = ["a-token-of-mine"]\n`,
    ["export ANTHROPIC_CUSTOM_HEADERS='x-ccproxy-token: TOKEN'   # one of server.tokens"],
  ],
])('%s', async (_, file, more) => {
  expect(await lines(file)).toEqual(['export ANTHROPIC_BASE_URL=http://localhost:1', ...more]);
});
