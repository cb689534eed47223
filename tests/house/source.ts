/**
 * A source file as the rules of the house see it: code without its comments and strings, comments without code. Blanked
 * characters become spaces, so that a place in one view is the same place in all of them.
 */
export interface Source {
  /** From the project's root, with forward slashes. */
  path: string;
  text: string;
  /** Comments gone, the insides of strings, templates and regular expressions blank; `${…}` is code and stays. */
  code: string;
  /** Only the comments. */
  comments: string;
}

export function source(path: string, text: string): Source {
  const kinds = classify(text);
  const keep = (kind: Kind) =>
    Array.from(text, (_, index) => index)
      .map((index) => (text[index] === '\n' || kinds[index] === kind ? text[index] : ' '))
      .join('');
  return { path, text, code: keep('code'), comments: keep('comment') };
}

/** The line of the character at `index`, counted from 1. */
export function lineAt({ text }: Source, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Everything the file imports or re-exports from, with the line. */
export function importsOf(file: Source): { specifier: string; line: number }[] {
  const pattern = /(?<![.\w$])(?:from\s*|import\s*\(?\s*|require\s*\(\s*)(['"`])( *)\1/g;
  return [...file.code.matchAll(pattern)].map((match) => {
    const end = match.index + match[0].length - 1;
    const length = (match[2] ?? '').length;
    return { specifier: file.text.slice(end - length, end), line: lineAt(file, match.index) };
  });
}

type Kind = 'code' | 'comment' | 'literal';

/** What may stand before a regular expression, where a division could not. */
const BEFORE_REGEX =
  /(?:^|[=(,:;!&|?{}[\]+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|yield|await))\s*$/;

function classify(text: string): Kind[] {
  const kinds: Kind[] = new Array(text.length).fill('code');
  const fill = (from: number, to: number, kind: Kind) => kinds.fill(kind, from, Math.min(to, text.length));
  /** Per open template, how many braces its `${` has open inside. */
  const templates: number[] = [];
  let at = 0;
  const template = (from: number) => {
    const end = endOfTemplatePart(text, from);
    fill(from, text.startsWith('${', end) ? end : end - 1, 'literal');
    if (text.startsWith('${', end)) {
      templates.push(0);
      at = end + 2;
    } else {
      at = end;
    }
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    const open = templates.at(-1);
    if (text.startsWith('//', at) || text.startsWith('/*', at)) {
      const end = text.startsWith('//', at) ? endOf(text, '\n', at) : endOf(text, '*/', at + 2) + 2;
      fill(at, end, 'comment');
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfQuoted(text, at);
      fill(at + 1, end - 1, 'literal');
      at = end;
    } else if (char === '`') {
      template(at + 1);
    } else if (char === '}' && open === 0) {
      templates.pop();
      template(at + 1);
    } else if (char === '/' && isRegexAt(text, kinds, at)) {
      const end = endOfRegex(text, at);
      fill(at + 1, end - 1, 'literal');
      at = end;
    } else {
      if (open !== undefined && char === '{') templates[templates.length - 1] = open + 1;
      if (open !== undefined && char === '}') templates[templates.length - 1] = open - 1;
      at += 1;
    }
  }
  return kinds;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

/** After the closing quote. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === text[from] || text[at] === '\n') return at + 1;
  }
  return text.length;
}

/** At the next `${`, or after the closing backtick. */
function endOfTemplatePart(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text.startsWith('${', at)) return at;
  }
  return text.length;
}

function isRegexAt(text: string, kinds: Kind[], at: number): boolean {
  const start = Math.max(0, at - 200);
  const before = Array.from(text.slice(start, at), (char, index) =>
    kinds[start + index] === 'comment' ? ' ' : char,
  );
  return BEFORE_REGEX.test(before.join(''));
}

/** After the closing slash; a slash in a character class closes nothing. */
function endOfRegex(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '\n' || (text[at] === '/' && !inClass)) return at + 1;
  }
  return text.length;
}
