/** Work that is counted instead of timed: how much text and how many bytes are looked at, copied or made anew. */

const TypedArray = Object.getPrototypeOf(Uint8Array) as { prototype: object };

/** A method, and the amount of what one call of it goes through. */
type Counted = [
  on: object,
  method: string,
  amount: (self: unknown, given: unknown[], result: unknown) => number,
];

const lengthOf = (value: unknown) => (value as { length?: number } | undefined)?.length ?? 0;
const ofSelf: Counted[2] = (self) => lengthOf(self);
const ofGiven: Counted[2] = (_self, given) => lengthOf(given[0]);
const ofResult: Counted[2] = (_self, _given, result) => lengthOf(result);
/** As far as it had to look. */
const toHit: Counted[2] = (self, given, result) =>
  ((result as number) < 0 ? lengthOf(self) : (result as number)) - Number(given[1] ?? 0) + 1;

const COUNTED: readonly Counted[] = [
  [TypedArray.prototype, 'set', ofGiven],
  [TypedArray.prototype, 'slice', ofResult],
  [TypedArray.prototype, 'indexOf', toHit],
  [TypedArray.prototype, 'find', ofSelf],
  [TextDecoder.prototype, 'decode', ofGiven],
  [TextEncoder.prototype, 'encode', ofResult],
  [JSON, 'parse', ofGiven],
  [JSON, 'stringify', ofResult],
  [String.prototype, 'charCodeAt', () => 1],
  [String.prototype, 'indexOf', toHit],
  [String.prototype, 'trim', ofSelf],
  [String.prototype, 'trimStart', ofSelf],
  [String.prototype, 'replace', ofSelf],
  [String.prototype, 'slice', ofResult],
  [RegExp.prototype, 'test', ofGiven],
  [RegExp.prototype, 'exec', ofGiven],
  [Array.prototype, 'slice', ofResult],
  [Array.prototype, 'concat', ofResult],
  [Array.prototype, 'filter', ofSelf],
  [Array.prototype, 'map', ofSelf],
  [Array.prototype, 'find', ofSelf],
  [Array.prototype, 'some', ofSelf],
  [Array.prototype, 'includes', ofSelf],
  [Array.prototype, 'join', ofResult],
];

/** What `run` goes through, in bytes, characters and entries of lists. */
export function workOf(run: () => void): number {
  let work = 0;
  const originals = COUNTED.map(([on, method]) => Reflect.get(on, method));
  for (const [index, [on, method, amount]] of COUNTED.entries()) {
    const original = originals[index] as (...given: unknown[]) => unknown;
    const value = function (this: unknown, ...given: unknown[]) {
      const result = original.apply(this, given);
      work += amount(this, given, result);
      return result;
    };
    if (!Reflect.set(on, method, value)) throw new Error(`${method} cannot be counted`);
  }
  try {
    run();
  } finally {
    for (const [index, [on, method]] of COUNTED.entries()) Reflect.set(on, method, originals[index]);
  }
  return work;
}
