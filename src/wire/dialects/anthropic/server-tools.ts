import { filled, isObject, parseJson } from '../../../core/json.ts';
import type { Block, Json, ToolUseBlock } from '../../../core/messages.ts';
import { serverToolIds } from '../../../core/provenance.ts';

/** A call of a tool that the server runs itself, as far as it was read. */
export interface ServerCall {
  id: unknown;
  name: unknown;
  /** Its input as it stood in the start event: it counts where no delta follows. */
  given: unknown;
  json: string;
}

/** What a server's own tools did in one answer, in the words of the Messages API; a string is said as text. */
export interface ServerTools {
  call(call: ServerCall): Block[];
  /** Nothing where `block` is no result. */
  result(block: Record<string, unknown>): (Block | string)[];
}

/**
 * Calls get ids of ours, by which they are known when they come back. Claude Code takes titles and addresses from
 * `web_search_tool_result`, so that every result that has any becomes one: Z.ai sends them as JSON in a `tool_result`
 * (can1357/oh-my-pi#1817). What else the tools of servers give is passed on under its own name, which clients ignore.
 */
export function serverTools(answerId: string): ServerTools {
  const nextId = serverToolIds(answerId);
  const ids = new Map<unknown, string>();

  function call({ id, name, given, json }: ServerCall): Block[] {
    const own = nextId();
    ids.set(id, own);
    const input = json === '' ? given : parseJson(json);
    return [
      {
        type: 'server_tool_use',
        id: own,
        name: filled(name) ?? SEARCH,
        input: (isObject(input) ? input : {}) as ToolUseBlock['input'],
      },
    ];
  }

  /** A result without its call gets one: with neither clients know what to do. */
  function answered(result: Record<string, unknown>, id: unknown): Block[] {
    const calls = ids.has(id) ? [] : call({ id, name: SEARCH, given: {}, json: '' });
    return [...calls, { ...result, tool_use_id: ids.get(id) } as unknown as Block];
  }

  /** As clients expect it, its fields in the order of the API. */
  const found = (content: unknown, id: unknown) => answered({ type: FOUND, tool_use_id: id, content }, id);

  return {
    call,
    result(block) {
      const { type, tool_use_id: id, content } = block;
      if (type === 'tool_result') {
        const text = textOf(content);
        const pages = pagesIn(parseJson(text));
        if (pages.length > 0) return found(pages, id);
        return text === '' ? [] : [text];
      }
      if (type !== FOUND) return String(type).endsWith('_tool_result') ? answered(block, id) : [];
      if (Array.isArray(content)) return found(pagesIn(content as Json), id);
      const error_code = (isObject(content) && filled(content.error_code)) || 'unavailable';
      return found({ type: `${FOUND}_error`, error_code }, id);
    },
  };
}

const SEARCH = 'web_search';
const FOUND = 'web_search_tool_result';

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isObject(part) ? (filled(part.text) ?? '') : '')).join('\n');
}

/** Everything in `value` that has an address, in the form of a search result. */
function pagesIn(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value.flatMap(pagesIn);
  if (!isObject(value)) return [];
  const url = filled(value.url) ?? filled(value.link);
  if (url === undefined)
    return Object.values(value).flatMap((inner) => (Array.isArray(inner) ? pagesIn(inner) : []));
  return [
    {
      type: 'web_search_result',
      title: filled(value.title) ?? url,
      url,
      encrypted_content: filled(value.encrypted_content) ?? '',
      page_age: filled(value.page_age) ?? filled(value.publish_date) ?? null,
    },
  ];
}
