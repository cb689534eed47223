import { type Complaints, isAbsent } from './complaints.ts';

/** Checks the tools and the choice among them. A tool of a type that is not known here stays behind, whatever is in it. */
export function checkTools({ tools, tool_choice: choice }: Record<string, unknown>, all: Complaints): void {
  if (!isAbsent(tools) && all.isList(tools, 'tools')) {
    for (let at = 0; at < tools.length && !all.isFull; at += 1) checkTool(tools[at], `tools.${at}`, all);
  }
  if (!isAbsent(choice)) checkChoice(choice, all);
}

function checkTool(tool: unknown, path: string, all: Complaints): void {
  if (!all.isDictionary(tool, path)) return;
  const { type, name, description, input_schema: schema } = tool;
  if (!isAbsent(type) && !all.isString(type, `${path}.type`)) return;
  if (!isAbsent(type) && type !== 'custom') {
    if (!isAbsent(name)) all.isString(name, `${path}.name`);
    return;
  }
  const inside = `${path}.custom`;
  if (all.isString(name, `${inside}.name`) && name === '')
    all.say(`${inside}.name`, 'String should have at least 1 character');
  if (!isAbsent(description)) all.isString(description, `${inside}.description`);
  // A tool without a schema is one without parameters.
  if (!isAbsent(schema)) all.isDictionary(schema, `${inside}.input_schema`);
}

function checkChoice(choice: unknown, all: Complaints): void {
  const path = 'tool_choice';
  if (!all.isDictionary(choice, path) || !all.isString(choice.type, `${path}.type`)) return;
  const { type, name, disable_parallel_tool_use: isSingle } = choice;
  if (type === 'tool') all.isString(name, `${path}.tool.name`);
  if (!isAbsent(isSingle)) all.isBoolean(isSingle, `${path}.disable_parallel_tool_use`);
}
