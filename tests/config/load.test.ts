import { expect, test } from 'bun:test';
import { bad, named } from './sources.ts';

test.each([
  ['[upstreams.groq]\napi_key = "k"\n\n[upstreams.groq]\napi_key = "l"\n', 'upstreams.groq'],
  ['[ server ]\nport = 1\n\n[server] # again\nport = 2\n', 'server'],
])('a table that is there twice is named, with the line of the first: %j', async (text, key) => {
  const [problem, ...others] = await bad(named(text));
  expect(others).toEqual([]);
  expect(problem).toEqual({
    file: 'my.toml',
    line: 4,
    key,
    what: 'is there twice',
    allowed: 'each table once',
    hint: 'the first is in line 1',
  });
});

test.each([
  '[server]\nport = 1\nport = 2\n',
  '[upstreams.groq]\napi_key = "SECRET"\napi_key = "SECRET"\n',
  'upstreams = 1\n[upstreams]\n',
])('anything else that is there twice is in the words of the parser: %j', async (text) => {
  const [problem] = await bad(named(text));
  expect(problem?.what).toStartWith('not TOML: ');
  expect(JSON.stringify(problem)).not.toContain('SECRET');
});
