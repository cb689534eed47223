/** What credentials of the known providers look like, should one stand in the wrong place. */
const SECRET_TEXT = /^(?:bearer\s|sk-|gsk_|xai-|aiza|key-)|[A-Za-z0-9_-]{32}/i;

/** Whether a text may be a credential: then it is not repeated. */
export function looksLikeSecret(text: string): boolean {
  return SECRET_TEXT.test(text);
}

/** A name of the file as messages may show it: somebody may have written a key in its place. */
export function showName(name: string): string {
  return looksLikeSecret(name) ? 'something like a key' : JSON.stringify(name.slice(0, 60));
}
