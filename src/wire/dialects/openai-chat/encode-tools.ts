import type { MessagesRequest, ToolParam } from '../../../core/messages.ts';
import type { Quirks } from '../../../core/quirks.ts';
import { describe, parameters } from '../../history/schema.ts';
import type { ToolNames } from '../../history/tool-names.ts';
import { isWebSearch, portableTools } from '../../history/tools.ts';
import type { ChatRequest, ChatTool } from './api.ts';

type ToolFields = Pick<ChatRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;

/** The fields about tools; none at all without tools, since an empty list is refused by OpenAI and others. */
export function encodeTools(request: MessagesRequest, names: ToolNames, quirks: Quirks): ToolFields {
  const tools = portableTools(request);
  const { webSearch } = quirks;
  const searches = webSearch === undefined ? [] : (request.tools ?? []).filter(isWebSearch).map(webSearch);
  if (tools.length + searches.length === 0) return {};
  return {
    tools: [...tools.map((tool) => encodeTool(tool, names, quirks)), ...searches],
    ...encodeChoice(request, tools, names, quirks),
  };
}

function encodeTool(
  { name, description, input_schema }: ToolParam,
  names: ToolNames,
  quirks: Quirks,
): ChatTool {
  return {
    type: 'function',
    function: {
      name: names.wire(name),
      ...describe(description, quirks),
      parameters: parameters(input_schema, quirks),
    },
  };
}

function encodeChoice(
  request: MessagesRequest,
  tools: ToolParam[],
  names: ToolNames,
  quirks: Quirks,
): ToolFields {
  const choice = request.tool_choice;
  if (choice === undefined || choice === null) return {};
  const single =
    'disable_parallel_tool_use' in choice &&
    choice.disable_parallel_tool_use === true &&
    quirks.parallelToolCalls !== false;
  const fields: ToolFields = single ? { parallel_tool_calls: false } : {};
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { tool_choice: choice.type, ...fields };
    case 'any':
      return { tool_choice: quirks.anyToolChoice ?? 'required', ...fields };
    case 'tool':
      if (!tools.some((tool) => tool.name === choice.name)) return fields;
      if (quirks.namedToolChoice === false)
        return { tool_choice: quirks.anyToolChoice ?? 'required', ...fields };
      return { tool_choice: { type: 'function', function: { name: names.wire(choice.name) } }, ...fields };
  }
}
