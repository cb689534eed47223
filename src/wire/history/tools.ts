import type { MessagesRequest, ToolParam } from '../../core/messages.ts';

/** The tools an upstream can be offered: those with a schema. Typed ones (`web_search_20250305`) run at Anthropic only. */
export function portableTools(request: MessagesRequest): ToolParam[] {
  const seen = new Set<string>();
  return (request.tools ?? []).filter((tool) => {
    const portable = isPortable(tool) && !seen.has(tool.name);
    seen.add(tool.name);
    return portable;
  });
}

/** Names of the tools that were left out: the model is told, so that it does not make up their results. */
export function missingTools(request: MessagesRequest): string[] {
  return (request.tools ?? [])
    .filter((tool) => !isPortable(tool))
    .map((tool) => tool.name ?? String(tool.type));
}

function isPortable(tool: ToolParam): boolean {
  return (tool.type === undefined || tool.type === 'custom') && typeof tool.name === 'string';
}
