/** The way to a value in a TOML document. */
export type KeyPath = readonly (string | number)[];

/** As a person writes it: `upstreams.groq.models."claude-*"`, `chain[1]`. */
export function keyText(path: KeyPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const text = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
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

function child(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
