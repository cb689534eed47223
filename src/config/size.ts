/** The unit of a size → bytes. */
const UNITS: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** What a size looks like, as a JSON Schema pattern. */
export const SIZE_PATTERN = '^[0-9]{1,9}(B|KB|MB|GB|KiB|MiB|GiB)$';

/** What a size looks like, in words. */
export const SIZE_WORDS = 'a size such as "64MB" (10^6) or "64MiB" (2^20)';

/** The bytes of `"64MB"` or `"64MiB"`; null for anything else, a bare number included. */
export function parseSize(text: string): number | null {
  const match = /^([0-9]{1,9})(B|KB|MB|GB|KiB|MiB|GiB)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return unit === undefined ? null : Number(match?.[1]) * unit;
}
