import type { Complaints } from './complaints.ts';

/** Where an image's or a document's bytes come from, by the name of the block. */
type Kind = 'image' | 'document';

const MEDIA_TYPE: Record<Kind, RegExp> = {
  image: /^image\/[\w.+-]+$/,
  document: /^[\w.+-]+\/[\w.+-]+$/,
};
const MEDIA_TYPES: Record<Kind, string> = {
  image: "'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
  document: "'application/pdf'",
};
/** At these words Claude Code takes the medium out of the conversation and goes on (measured with 2.1.197). */
const UNREADABLE: Record<Kind, string> = {
  image: 'Could not process image: invalid base64 data',
  document: 'Could not process PDF: invalid base64 data',
};
const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/;
const WEB = /^https?:\/\//i;

/**
 * Checks the `source` of an image or a document, at `path`. Sources of other types lie where only Anthropic can read them, and
 * are replaced by a note.
 * @param checkContent checks the blocks that a document may consist of
 */
export function checkSource(
  source: unknown,
  path: string,
  kind: Kind,
  all: Complaints,
  checkContent: (blocks: readonly unknown[], path: string) => void,
): void {
  if (!all.isDictionary(source, path) || !all.isString(source.type, `${path}.type`)) return;
  const inside = `${path}.${source.type}`;
  switch (source.type) {
    case 'base64':
      if (
        all.isString(source.media_type, `${inside}.media_type`) &&
        !MEDIA_TYPE[kind].test(source.media_type)
      )
        all.say(`${inside}.media_type`, `Input should be ${MEDIA_TYPES[kind]}`);
      if (!all.isString(source.data, `${inside}.data`)) return;
      if (source.data.trim() === '' || NOT_BASE64.test(source.data))
        all.say(`${inside}.data`, UNREADABLE[kind]);
      return;
    case 'url':
      if (all.isString(source.url, `${inside}.url`) && !WEB.test(source.url))
        all.say(`${inside}.url`, 'Input should be a URL that begins with https:// or http://');
      return;
    case 'text':
      all.isString(source.data, `${inside}.data`);
      return;
    case 'content':
      if (Array.isArray(source.content)) checkContent(source.content, `${inside}.content`);
      else if (typeof source.content !== 'string')
        all.sayNot(source.content, `${inside}.content`, 'a valid string or list');
  }
}
