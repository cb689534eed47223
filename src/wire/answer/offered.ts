import type { MessagesRequest } from '../../core/messages.ts';

/**
 * The tool of `offered` that a model means by `name`: models write `read` or `functions.Read` for `Read`. Taken for it when
 * there is exactly one such tool; undefined otherwise, also for the right name.
 */
export function meantBy(name: string, offered: readonly string[]): string | undefined {
  if (offered.includes(name)) return undefined;
  const bare = name.replace(/^functions?[.:]/, '').toLowerCase();
  const alike = new Set(offered.filter((other) => other.toLowerCase() === bare));
  return alike.size === 1 ? [...alike][0] : undefined;
}

/** The names of the tools of a request, whatever shape it has. */
export function offeredNames(request: MessagesRequest | undefined): string[] {
  const tools: unknown = request?.tools;
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: { name?: unknown } | null) =>
    typeof tool?.name === 'string' ? [tool.name] : [],
  );
}
