import { anchorOf } from './anchor.ts';
import type { Follower } from './follow.ts';
import { CLOSING, OPENING } from './last-words.ts';
import { type Block, isThinking, type MessagesRequest } from './messages.ts';
import { type Seam, seam } from './seam.ts';
import type { Transcript } from './transcript.ts';

/** How an answer that was cut can be gone on with by another upstream. */
export type WayOn =
  /** Nothing was said yet that counts, at most thought: the request is asked again as it came. */
  | { kind: 'anew' }
  /** From the text so far: this request asks for the rest of it, and `seam` finds where that begins. */
  | { kind: 'from-text'; request: MessagesRequest; seam(): Seam };

/**
 * The way on from where an answer stands; null where there is none: a tool call was begun, the end was announced, what was
 * said cannot be read, or is in a form that no second model can keep.
 * @param answer the answer as its client has it
 */
export function wayOn(answer: Follower, transcript: Transcript, request: MessagesRequest): WayOn | null {
  const { finished, open, stopReason } = answer;
  const blocks = open === null ? finished : [...finished, open.type];
  if (!transcript.isSound || stopReason !== undefined) return null;
  if (!blocks.every((type) => type === 'text' || isThinking(type))) return null;
  const texts = transcript.texts.filter((text) => text.trim() !== '');
  const said = texts.at(-1);
  if (said === undefined) return { kind: 'anew' };
  const isOpen = open?.type === 'text' && transcript.texts.at(-1)?.trim() !== '';
  if (!said.isWellFormed() || !mayGoOn(request)) return null;
  // In a text about such marks nobody could tell which are whose.
  if (said.includes(OPENING) || said.includes(CLOSING)) return null;
  const anchor = anchorOf(said);
  return {
    kind: 'from-text',
    request: requestFrom(texts, anchor, request),
    seam: () => seam({ blocks: texts, anchor, isOpen }),
  };
}

/** Not behind a beginning that the client gave itself, and not where the answer has to keep a form as a whole. */
function mayGoOn({ messages, output_config, output_format }: MessagesRequest): boolean {
  const last = messages.findLast(({ role }) => role !== 'system');
  return last?.role === 'user' && (output_config?.format ?? output_format) == null;
}

/** Enough to repeat the anchor and end a sentence, where the client's limit is nearly used up. */
const LEAST_TOKENS = 256;
/** Characters of a token, about. */
const CHARS_PER_TOKEN = 4;

/**
 * The conversation with what was said so far, and the request to go on. It has done its thinking; and an assistant's message
 * at the end, as a beginning to go on from, is refused by several models.
 */
function requestFrom(texts: readonly string[], anchor: string, request: MessagesRequest): MessagesRequest {
  const { max_tokens: limit } = request;
  const spent = texts.reduce((sum, { length }) => sum + Math.ceil(length / CHARS_PER_TOKEN), 0);
  const content = texts.map((text, at): Block => {
    // White space at the end of an assistant's text is refused by some.
    return { type: 'text', text: at === texts.length - 1 ? text.trimEnd() : text };
  });
  return {
    ...request,
    ...(typeof limit === 'number'
      ? { max_tokens: Math.min(limit, Math.max(LEAST_TOKENS, limit - spent)) }
      : {}),
    thinking: { type: 'disabled' },
    messages: [
      ...request.messages,
      { role: 'assistant', content },
      { role: 'user', content: pleaseGoOn(anchor) },
    ],
  };
}

/** The words that ask for the rest. The anchor stands between marks, on lines of its own: it may be code. */
function pleaseGoOn(anchor: string): string {
  return `Your message above was cut off in transit: its reader has it up to its last character and is waiting for the rest. Send the rest, and nothing else.

Begin by repeating these last words of it, exactly as they stand, so that the two parts can be joined:

${OPENING}
${anchor}
${CLOSING}

Then go straight on in the same sentence, list or code, and call tools as you would have done. Write nothing before those words, without the marks around them; no introduction, no remark about the interruption, nothing else a second time. If the message was complete as it stands, repeat those words and end.`;
}
