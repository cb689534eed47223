/** So much of an error's words is looked at: a message may quote the whole request. */
const MOST_CHARS = 4000;
/** Of these, so many from its end, where servers put what is wrong in brackets. */
const END_CHARS = 800;
/** The head of a page is in its beginning. */
const HEAD_CHARS = 64_000;

/** The beginning of a text and its end, without what is between them where it is long. */
export function excerpt(text: string): string {
  if (text.length <= MOST_CHARS) return text;
  return `${text.slice(0, MOST_CHARS - END_CHARS)} … ${text.slice(-END_CHARS)}`;
}

/** The title of a page. */
export function titleIn(page: string): string {
  const head = page.slice(0, HEAD_CHARS);
  return /<title[^>]{0,100}>([^<]{1,120})/i.exec(head)?.[1]?.trim() || 'an HTML page';
}
