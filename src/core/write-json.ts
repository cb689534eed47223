import { isObject } from './json.ts';
import { sourceOf } from './json-source.ts';

/** Members whose items are written one by one. */
const LISTS = new Set(['messages', 'content']);

/**
 * A request, an answer or a part of one as JSON, in which messages, blocks and inputs of calls that still are what was
 * parsed stand as they came: order, spelling of numbers, escapes, white space. All else is as JSON.stringify has it.
 */
export function writeJson(value: unknown): string {
  return sourceOf(value) ?? (isObject(value) ? writeMembers(value) : (JSON.stringify(value) ?? 'null'));
}

function writeMembers(value: Record<string, unknown>): string {
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const json = writeMember(key, member);
    if (json !== undefined) members.push(`${JSON.stringify(key)}:${json}`);
  }
  return `{${members.join(',')}}`;
}

function writeMember(key: string, member: unknown): string | undefined {
  const source = sourceOf(member);
  if (source !== undefined || !Array.isArray(member) || !LISTS.has(key)) {
    return source ?? JSON.stringify(member);
  }
  return `[${member.map(writeJson)}]`;
}
