// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from 'bun:test';
import { messages, named } from './sources.ts';

test.each([
  [
    'as an unknown key',
    '[server]\nsk-live-0 = "x"',
    'my.toml:2: server.…: unknown key: found something like a key;',
  ],
  ['as a section', '[sk-live-0]\nx = 1', 'my.toml:1: …: unknown key: found something like a key;'],
  ['as a section that is there twice', '[sk-live-0]\n[sk-live-0]', 'my.toml:2: …: is there twice'],
  ['as a part of one', '[server.sk-live-0]\n[server.sk-live-0]', 'my.toml:2: server.…: is there twice'],
  [
    'as a model pattern',
    '[upstreams.groq]\napi_key = "k"\nmodels = { sk-live-0 = "m", "gpt-*" = "m" }',
    'found something like a key, "gpt-*";',
  ],
  [
    'as a header',
    '[upstreams.groq]\napi_key = "k"\nheaders = { "sk-live-0 0" = "x" }',
    'my.toml:3: upstreams.groq.headers.…: not a header name',
  ],
  [
    'beside a reference',
    '[upstreams.groq]\nsk-live-0 = "${NOT_SET}"',
    'my.toml:2: upstreams.groq.…: the environment variable NOT_SET is not set',
  ],
])('a secret that was written where a name belongs is not repeated: %s', async (_, text, words) => {
  const told = await messages(named(text));
  expect(told).toContain(words);
  expect(told).not.toContain('sk-live');
});
