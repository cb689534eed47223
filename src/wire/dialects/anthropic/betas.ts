import { isObject } from '../../../core/json.ts';
import type { JsonObject, MessagesRequest, ToolParam } from '../../../core/messages.ts';
import type { Quirks } from '../../../core/quirks.ts';

/** The betas of a request that go to a server, and with them the fields that mean nothing, or are refused, without. */
export interface Betas {
  /** The value of `anthropic-beta`, the client's spelling and order; undefined when none goes. */
  readonly header: string | undefined;
  /** Fields of the body that they enable. */
  body(request: MessagesRequest): Partial<MessagesRequest>;
  /** Fields of a tool that they enable. */
  tool(tool: ToolParam): Partial<ToolParam>;
  /** A cache mark as far as they enable it; undefined where the server takes none. */
  cacheMark(block: unknown): { cache_control: JsonObject } | undefined;
}

/** Fields of the body by beta. Source: the beta headers page of the API reference, and the client's requests. */
const BODY: Record<string, string> = {
  'context-management': 'context_management',
  'fast-mode': 'speed',
};
/** Fields of `output_config` by beta. */
const OUTPUT_CONFIG: Record<string, string> = {
  effort: 'effort',
  'structured-outputs': 'format',
  'task-budgets': 'task_budget',
};
/** Fields of `cache_control` by beta. */
const CACHE_CONTROL: Record<string, string> = {
  'extended-cache-ttl': 'ttl',
  'prompt-caching-scope': 'scope',
};

/**
 * What of the client's betas `quirks` lets through. A beta that is taken off a request without its fields makes of it one
 * that nobody takes (Wei-Shaw/sub2api#2726), so both go, or both stay.
 */
export function betasFor(headers: Headers, { betas: allowed = [], cacheMarks = false }: Quirks): Betas {
  const asked = (headers.get('anthropic-beta') ?? '').split(',').map((beta) => beta.trim());
  const going = asked.filter((beta) => allowed.includes(nameOf(beta)));
  const names = new Set(going.map(nameOf));
  const fields = (table: Record<string, string>): string[] =>
    Object.entries(table).flatMap(([beta, field]) => (names.has(beta) ? [field] : []));
  return {
    header: going.length === 0 ? undefined : going.join(','),
    body(request) {
      const config = pick(request.output_config, fields(OUTPUT_CONFIG));
      return { ...pick(request, fields(BODY)), ...(config === undefined ? {} : { output_config: config }) };
    },
    tool: (tool) => (names.has('structured-outputs') ? (pick(tool, ['strict']) ?? {}) : {}),
    cacheMark(block) {
      const mark = isObject(block) ? block.cache_control : undefined;
      if (!cacheMarks || !isObject(mark)) return undefined;
      return { cache_control: { type: 'ephemeral', ...pick(mark, fields(CACHE_CONTROL)) } };
    },
  };
}

/** `interleaved-thinking` of `interleaved-thinking-2025-05-14`. */
function nameOf(beta: string): string {
  return beta.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '');
}

/** The fields of `value` that it has and that are no null; undefined when there are none. */
function pick(value: unknown, names: readonly string[]): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  const given = names.flatMap((name) => (value[name] == null ? [] : [[name, value[name]] as const]));
  return given.length === 0 ? undefined : (Object.fromEntries(given) as JsonObject);
}
