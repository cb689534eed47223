import { describe, expect, test } from 'bun:test';
import { pathOf, targetOf } from '../../src/server/path.ts';

describe('what is asked for', () => {
  test.each<[string, string, string]>([
    ['http://localhost/v1/messages', '/v1/messages', ''],
    ['http://localhost/v1/messages?beta=true', '/v1/messages', '?beta=true'],
    ['http://localhost/v1/messages?', '/v1/messages', ''],
    ['http://localhost/v1/files/?a=%20b c"#end', '/v1/files/', '?a=%20b%20c%22'],
    ['http://localhost/v1/../status', '/status', ''],
    ['http://localhost?x=/v1/', '/', '?x=/v1/'],
    ['http://localhost', '/', ''],
    ['http://localhost:99999/v1/messages?beta=true', '/v1/messages', '?beta=true'],
    ['http://[::1]:99999/v1/m.x?beta=true', '/v1/m.x', '?beta=true'],
    ['http://a b/v1/x.y', '/v1/x.y', ''],
  ])('by %s', (url, pathname, search) => {
    expect(targetOf({ url })).toEqual({ pathname, search });
    // Where the whole is a URL, it is what a URL parser says.
    const parsed = URL.parse(url);
    if (parsed !== null) expect([parsed.pathname, parsed.search]).toEqual([pathname, search]);
  });

  test.each([
    ['http://localhost/', '/'],
    ['http://localhost//', '/'],
    ['http://localhost/health/', '/health'],
    ['http://localhost/health//?x', '/health'],
  ])('by %s is the path %s: slashes at its end do not count', (url, path) => {
    expect(pathOf({ url })).toBe(path);
  });
});
