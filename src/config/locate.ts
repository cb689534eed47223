import { type AST, parseTOML } from 'toml-eslint-parser';
import type { KeyPath } from './key-path.ts';

/** The line (1-based) of a key, or of the nearest section around it; undefined when nothing of it is in the file. */
export type Locate = (path: KeyPath) => number | undefined;

/** Finds the lines of a valid TOML document's keys: dotted keys, inline tables and arrays included. */
export function locateKeys(source: string): Locate {
  const lines = new Map<string, number>();
  const note = (path: KeyPath, line: number) => {
    const id = JSON.stringify(path);
    if (!lines.has(id)) lines.set(id, line);
  };
  const visitPair = (pair: AST.TOMLKeyValue, above: KeyPath) => {
    let path = above;
    for (const key of pair.key.keys) {
      path = [...path, key.type === 'TOMLBare' ? key.name : key.value];
      note(path, key.loc.start.line);
    }
    visitValue(pair.value, path);
  };
  const visitValue = (value: AST.TOMLContentNode, path: KeyPath) => {
    if (value.type === 'TOMLInlineTable') for (const pair of value.body) visitPair(pair, path);
    if (value.type !== 'TOMLArray') return;
    value.elements.forEach((element, index) => {
      note([...path, index], element.loc.start.line);
      visitValue(element, [...path, index]);
    });
  };
  for (const node of topLevel(source)) {
    if (node.type === 'TOMLKeyValue') {
      visitPair(node, []);
      continue;
    }
    for (let depth = 1; depth <= node.resolvedKey.length; depth++) {
      note(node.resolvedKey.slice(0, depth), node.key.loc.start.line);
    }
    for (const pair of node.body) visitPair(pair, node.resolvedKey);
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

/** Two parsers may disagree about a corner of TOML: then messages go without lines, and the file is still read. */
function topLevel(source: string): AST.TOMLTopLevelTable['body'] {
  try {
    return parseTOML(source, { tomlVersion: '1.1' }).body[0].body;
  } catch {
    return [];
  }
}
