/** Further headers of the hop alone, as its `connection` header names them (RFC 9110 §7.6.1). */
export function namedByConnection(headers: Headers): ReadonlySet<string> {
  const value = headers.get('connection')?.toLowerCase() ?? '';
  if (value === '' || value === 'keep-alive') return NONE;
  const names = value.split(',').map((name) => name.trim());
  return new Set(names.filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)));
}

const NONE: ReadonlySet<string> = new Set();
