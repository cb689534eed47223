import { looksLikeSecret } from './secret-text.ts';

/** The way to a value in a TOML document. */
export type KeyPath = readonly (string | number)[];

/** As a person writes it: `upstreams.groq.models."claude-*"`, `chain[1]`; `…` stands for what may be a secret. */
export function keyText(path: KeyPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
      const text = looksLikeSecret(part) ? '…' : name;
      return index === 0 ? text : `.${text}`;
    })
    .join('');
}

/** The path of a JSON pointer; parts that are whole numbers count as array positions only below an array. */
export function pointerPath(pointer: string, root: unknown): KeyPath {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((escaped) => {
      const part = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(value) ? Number(part) : part;
      value = child(value, key);
      return key;
    });
}

/** The value at a path, or undefined; inherited properties are not values. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce(child, root);
}

/** A copy of a parsed document without the values at these paths; a list is left out as a whole. */
export function withoutPaths(root: unknown, paths: readonly KeyPath[]): unknown {
  const cut = new Set(paths.map((path) => JSON.stringify(path)));
  const copy = (value: unknown, path: KeyPath): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date)
      return value;
    const kept = Object.entries(value).filter(([key, item]) => {
      const at = [...path, key];
      const items = Array.isArray(item) ? item.map((_, index) => [...at, index]) : [];
      return ![at, ...items].some((one) => cut.has(JSON.stringify(one)));
    });
    return Object.fromEntries(kept.map(([key, item]) => [key, copy(item, [...path, key])]));
  };
  return copy(root, []);
}

function child(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
