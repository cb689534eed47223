import { isObject } from '../../core/json.ts';
import type { MessagesRequest } from '../../core/messages.ts';
import type { IsSpare } from './members.ts';

/**
 * Empty strings that a tool's schema allows and its tool refuses: Claude Code takes `pages: ""` for a page range that it
 * cannot read (measured with 2.1.197).
 */
const REFUSED_EMPTY: Readonly<Record<string, readonly string[]>> = { Read: ['pages'] };

/**
 * Which members say nothing in the input of a tool of `request`; undefined for a tool none of whose members can. Models
 * write out optional members as `null` or `""` (farion1231/cc-switch#2472), and Claude Code then refuses the call. Left out
 * is only what the tool's own schema does not require and would not accept: nothing is lost.
 */
export function spareMembers(request: MessagesRequest | undefined, tool: string): IsSpare | undefined {
  const tools: unknown = request?.tools;
  const offered = Array.isArray(tools) ? tools.find((one) => isObject(one) && one.name === tool) : undefined;
  const schema: unknown = offered?.input_schema;
  if (!isObject(schema) || !isObject(schema.properties) || isComposed(schema)) return undefined;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const spare = new Set<string>();
  for (const [name, member] of Object.entries(schema.properties)) {
    if (required.includes(name)) continue;
    if (!accepts(member, null)) spare.add(`null ${name}`);
    if (!accepts(member, '') || REFUSED_EMPTY[tool]?.includes(name)) spare.add(`"" ${name}`);
  }
  return spare.size === 0 ? undefined : (name, value) => spare.has(`${value} ${name}`);
}

/** Whether `schema` may take `value`. What is not understood may. */
function accepts(schema: unknown, value: null | ''): boolean {
  if (!isObject(schema) || '$ref' in schema || 'allOf' in schema || 'not' in schema || 'if' in schema)
    return true;
  const branches = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branches)) return branches.some((branch) => accepts(branch, value));
  if (schema.nullable === true && value === null) return true;
  if ('const' in schema) return schema.const === value;
  if (Array.isArray(schema.enum)) return schema.enum.includes(value);
  const types = [schema.type].flat();
  if (schema.type === undefined) return true;
  if (value === null) return types.includes('null');
  return types.includes('string') && !(typeof schema.minLength === 'number' && schema.minLength > 0);
}

/** Whether what is required depends on more than the list of required members. */
function isComposed(schema: Record<string, unknown>): boolean {
  return ['$ref', 'anyOf', 'oneOf', 'allOf', 'not', 'if', 'dependentRequired', 'dependencies'].some(
    (key) => key in schema,
  );
}
