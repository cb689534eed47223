import type { JsonObject, Usage } from '../core/messages.ts';

/**
 * What a scripted upstream says, before any dialect puts it on the wire: plain data, so that a scenario can be
 * written down, printed and compared.
 */
export interface Answer {
  blocks: readonly AnswerBlock[];
  /** Why it ends: finished, waiting for tool results, or out of tokens. */
  stop: 'end' | 'tools' | 'length';
  usage: Usage;
  /** The model the answer names; default: the one that was asked for. */
  model?: string;
}

export type AnswerBlock =
  | { type: 'text'; text: string; sources?: readonly Source[] }
  | { type: 'thinking'; thinking: string; signature?: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; name: string; input: JsonObject; id?: string }
  /** A tool that the provider runs itself. */
  | { type: 'server_tool_use'; name: string; input: JsonObject }
  /** What the server tool directly before it found. */
  | { type: 'web_search_tool_result'; sources: readonly Source[] };

/** A page that a search found, or that a text cites. */
export interface Source {
  url: string;
  title: string;
}

/** A call of one tool, as `calls` takes it. The id defaults to one that is unique in the upstream. */
export type Call = readonly [name: string, input: JsonObject, id?: string];

const USAGE: Usage = { input_tokens: 120, output_tokens: 24, cache_read_input_tokens: 0 };

/** An answer of these blocks; it ends as its blocks suggest. */
export function answer(blocks: readonly AnswerBlock[], extra: Partial<Answer> = {}): Answer {
  const stop = blocks.some((block) => block.type === 'tool_use') ? 'tools' : 'end';
  return { blocks, stop, usage: USAGE, ...extra };
}

/** One block of text. */
export function text(words: string): Answer {
  return answer([{ type: 'text', text: words }]);
}

/** Signed thinking, then one block of text. */
export function thinkingThenText(thinking: string, words: string): Answer {
  return answer([
    { type: 'thinking', thinking, signature: SIGNATURE },
    { type: 'text', text: words },
  ]);
}

/** The same with thinking that is not shown: a block with a signature and no words. */
export function hiddenThinkingThenText(words: string): Answer {
  return thinkingThenText('', words);
}

/** A search that the provider makes itself, what it found, and a sentence that cites it. */
export function searchThenText(query: string, words: string): Answer {
  const sources = [{ url: 'https://example.com/found', title: `About ${query}` }];
  return answer([
    { type: 'server_tool_use', name: 'web_search', input: { query } },
    { type: 'web_search_tool_result', sources },
    { type: 'text', text: words, sources },
  ]);
}

/** Signed thinking and nothing else: an answer nobody can use. */
export function thinkingOnly(thinking: string): Answer {
  return answer([{ type: 'thinking', thinking, signature: SIGNATURE }]);
}

/** One tool call or several in parallel, after a sentence where `words` is given. */
export function calls(tools: readonly Call[], words = ''): Answer {
  const opening: AnswerBlock[] = words === '' ? [] : [{ type: 'text', text: words }];
  return answer([
    ...opening,
    ...tools.map(
      ([name, input, id]): AnswerBlock =>
        id === undefined ? { type: 'tool_use', name, input } : { type: 'tool_use', name, input, id },
    ),
  ]);
}

/** A whole answer with no content at all. */
export function nothing(): Answer {
  return answer([]);
}

/** `words` in pieces of about `size` characters; joined again they are `words`. Never splits a surrogate pair. */
export function pieces(words: string, size = 12): string[] {
  const found: string[] = [];
  let piece = '';
  for (const character of words) {
    piece += character;
    if (piece.length < size) continue;
    found.push(piece);
    piece = '';
  }
  return piece === '' ? found : [...found, piece];
}

/** What a signature looks like: opaque base64, of no meaning to anybody. */
const SIGNATURE = 'ZHJpbGwtc2lnbmF0dXJlLW5vdC1hLXJlYWwtb25l';
