import { filled, isObject } from '../../core/json.ts';
import type { Block } from '../../core/messages.ts';

/** Fields of a block that are readable as they are, in the order in which they are shown. */
const READABLE = [
  'title',
  'url',
  'source',
  'name',
  'tool_name',
  'error_code',
  'text',
  'stdout',
  'stderr',
  'content',
  'input',
];
/** Deeper than any real block. */
const MAX_DEPTH = 6;

/**
 * A block that only Anthropic knows (server tools and their results, search results, tool references) as text: what a
 * reader can use of it, never its encrypted parts. Raw, it is a 400 anywhere else (farion1231/cc-switch#2941).
 */
export function render(block: Block): string {
  if (block.type === 'tool_reference') {
    const { tool_name: name } = block as { tool_name?: unknown };
    return `[tool available: ${filled(name) ?? 'unnamed'}]`;
  }
  const lines = readable(block, 0);
  return lines.length === 0 ? `[${block.type} omitted]` : `[${block.type}]\n${lines.join('\n')}`;
}

function readable(value: unknown, depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((item) => readable(item, depth + 1));
  if (!isObject(value)) return [];
  return READABLE.flatMap((key) => {
    if (key === 'input' && isObject(value.input)) return [JSON.stringify(value.input)];
    return readable(value[key], depth + 1);
  });
}
