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

/**
 * Names of the tools that were left out: the model is told, so that it does not make up their results.
 * @param isServed whether the upstream has one of its own in the place of a typed tool
 */
export function missingTools(request: MessagesRequest, isServed: (tool: ToolParam) => boolean): string[] {
  return (request.tools ?? [])
    .filter((tool) => !isPortable(tool) && !isServed(tool))
    .map((tool) => tool.name ?? String(tool.type));
}

/** Whether it is the web search that runs at Anthropic, of whichever version. */
export function isWebSearch({ type }: ToolParam): boolean {
  return typeof type === 'string' && type.startsWith('web_search_');
}

function isPortable(tool: ToolParam): boolean {
  return (tool.type === undefined || tool.type === 'custom') && typeof tool.name === 'string';
}
