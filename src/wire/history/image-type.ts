/** What the Messages API takes, and with it nearly every server: of other types they refuse the request, and with it the session. */
const TAKEN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** The type of an image as servers name it, or a note for one that they do not take: SVG, BMP, TIFF. */
export function imageType(given: string): { type: string } | { note: string } {
  const lower = given.toLowerCase();
  const type = lower === 'image/jpg' ? 'image/jpeg' : lower;
  return TAKEN.has(type) ? { type } : { note: `[image omitted: it is ${type}, which few models read]` };
}
