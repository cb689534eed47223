import type { TSchema } from '@sinclair/typebox';
import { Value, ValueErrorType } from '@sinclair/typebox/value';
import { type Document, placeOf, showValue } from './document.ts';
import { type KeyPath, pointerPath } from './key-path.ts';
import { isLaterKey } from './later.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { ConfigSchema } from './schema.ts';
import { showName } from './secret-text.ts';

/**
 * Everything in the file that the schema does not allow (unknown keys, wrong types, values out of range), and where it
 * stands.
 */
export function findSchemaProblems(document: Document): { problems: Problem[]; paths: KeyPath[] } {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  const paths: KeyPath[] = [];
  for (const error of Value.Errors(ConfigSchema, document.resolved)) {
    if (seen.has(error.path)) continue;
    seen.add(error.path);
    const path = pointerPath(error.path, document.resolved);
    const place = placeOf(document, path);
    paths.push(path);
    if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      problems.push({ ...place, ...unknownKey(path, error.schema) });
    } else {
      problems.push({
        ...place,
        what: error.value === '' ? 'is empty' : 'not allowed',
        found: showValue(document, path),
        allowed: allowedBy(error.schema),
      });
    }
  }
  return { problems, paths };
}

function unknownKey(path: KeyPath, schema: TSchema): Pick<Problem, 'what' | 'found' | 'allowed' | 'hint'> {
  const keys = keysOf(schema);
  const name = String(path.at(-1));
  const found = showName(name);
  if (isLaterKey(path)) return { what: 'is not available in this version', found, allowed: keys.join(', ') };
  const near = nearest(name, keys);
  const home = near === undefined ? homeOf(name) : undefined;
  const hint = near ? `did you mean ${near}?` : home ? `it belongs to ${home}` : undefined;
  return { what: 'unknown key', found, allowed: keys.join(', '), ...(hint && { hint }) };
}

function allowedBy(schema: TSchema): string {
  return typeof schema.allowed === 'string' ? schema.allowed : 'another type';
}

function keysOf(schema: TSchema): string[] {
  return Object.keys(schema.properties ?? {});
}

/** The section that has a key of this name, for keys that were written in the wrong one. */
function homeOf(name: string): string | undefined {
  const { server, failover, upstreams } = ConfigSchema.properties;
  const upstream: TSchema | undefined = Object.values(upstreams.patternProperties)[0];
  const sections: [string, TSchema | undefined][] = [
    ['[server]', server],
    ['[failover]', failover],
    ['[upstreams.NAME]', upstream],
    ['[upstreams.NAME.timeouts]', upstream?.properties?.timeouts],
    ['[upstreams.NAME.breaker]', upstream?.properties?.breaker],
    ['[upstreams.NAME.probe]', upstream?.properties?.probe],
  ];
  return sections.find(([, schema]) => schema !== undefined && keysOf(schema).includes(name))?.[0];
}
