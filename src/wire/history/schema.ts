import type { Json, JsonObject } from '../../core/messages.ts';
import { isObject } from './json.ts';

/** Keywords whose value is a schema, or a list of schemas. */
const SCHEMAS = new Set([
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
/** Keywords whose value maps names to schemas: below them a key is a name, whatever it looks like. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
/** Look-around and Unicode classes: the regex engines of OpenAI and xAI refuse the whole request. */
const UNPORTABLE = /\(\?<?[=!]|\\p\{/i;

/**
 * A tool's input schema as the parameters of a function: an object schema with properties, which OpenAI and others
 * insist on, without `$schema` and without what they refuse. Walks schema positions only, so that a property named
 * `format` or `$schema` stays.
 */
export function parameters(schema: unknown): JsonObject {
  const clean = isObject(schema) ? cleaned(schema as JsonObject) : {};
  const { type: _, properties, ...rest } = clean;
  return { type: 'object', properties: isObject(properties) ? (properties as JsonObject) : {}, ...rest };
}

function cleaned(schema: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$schema') continue;
    if (key === 'pattern' && typeof value === 'string' && UNPORTABLE.test(value)) continue;
    if (SCHEMAS.has(key)) out[key] = subschema(value);
    else if (NAMED.has(key) && isObject(value)) out[key] = named(value as JsonObject);
    else out[key] = value;
  }
  if ('required' in out && !isNames(out.required)) delete out.required;
  if (out.type === 'array' && out.items === undefined && out.prefixItems === undefined) out.items = {};
  return out;
}

/** A list of names; older drafts have `true` there, which stricter readers refuse (Ollama's among them). */
function isNames(required: Json | undefined): boolean {
  return Array.isArray(required) && required.every((name) => typeof name === 'string');
}

function subschema(value: Json): Json {
  if (Array.isArray(value)) return value.map(subschema);
  return isObject(value) ? cleaned(value as JsonObject) : value;
}

/** A schema may be a boolean, but Ollama and others read every property as an object. */
function asObject(schema: boolean): JsonObject {
  return schema ? {} : { not: {} };
}

function named(schemas: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [name, value] of Object.entries(schemas)) {
    // Assignment to `__proto__` would set the prototype instead of a property.
    Object.defineProperty(out, name, {
      value: typeof value === 'boolean' ? asObject(value) : subschema(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return out;
}
