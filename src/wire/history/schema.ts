import { isObject } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/messages.ts';
import type { Quirks } from '../../core/quirks.ts';
import { plain } from './plain-schema.ts';
import { cut, isBlank } from './text.ts';

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
/** Lengths of strings and lists. */
const BOUNDS = new Set(['maxItems', 'maxLength', 'minItems', 'minLength']);
/**
 * What is longer may be as long as it likes. llama.cpp, and LM Studio with it, makes a grammar of the tools, and refuses the
 * request where one counts to 2000; items of a list count twice (ggml-org/llama.cpp#17473). Claude Code's own have 524288.
 */
const FURTHEST = 1000;

/**
 * Keywords that readers with types of their own fail at, and with them at the whole request, when another kind of value stands
 * there. Without the keyword the schema allows more; older drafts have `required: true`.
 */
const KINDS: ReadonlyMap<string, (value: Json) => boolean> = new Map([
  ['type', (value: Json) => typeof value === 'string' || isNames(value)],
  ['required', isNames],
  ['enum', Array.isArray],
  ['description', (value: Json) => typeof value === 'string'],
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems'].map((key) => [key, isFilledList] as const),
]);

/**
 * A tool's input schema as the parameters of a function: an object schema with properties, which OpenAI and others
 * insist on, without `$schema` and without what they refuse. Walks schema positions only, so that a property named
 * `format` or `$schema` stays.
 */
export function parameters(schema: unknown, quirks: SchemaQuirks = {}): JsonObject {
  const { plainSchemas = false } = quirks;
  const given = isObject(schema) ? (schema as JsonObject) : {};
  const clean = cleaned(plainSchemas ? plain(given) : given, quirks);
  const { type: _, properties, ...rest } = clean;
  return { type: 'object', properties: isObject(properties) ? (properties as JsonObject) : {}, ...rest };
}

type SchemaQuirks = Pick<Quirks, 'plainSchemas' | 'maxDescription' | 'patterns'>;

/** The description of a tool as far as it is read; nothing where there is none, which some refuse as an empty string. */
export function describe(description: unknown, { maxDescription }: SchemaQuirks): { description?: string } {
  return typeof description !== 'string' || isBlank(description)
    ? {}
    : { description: cut(description, maxDescription) };
}

function cleaned(schema: JsonObject, quirks: SchemaQuirks): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$schema' || KINDS.get(key)?.(value) === false) continue;
    if (key === 'pattern' && (quirks.patterns === false || isUnportable(value))) continue;
    if (BOUNDS.has(key) && typeof value === 'number' && value > FURTHEST) continue;
    if (SCHEMAS.has(key)) put(out, key, subschema(value, quirks));
    else if (key === 'description' && typeof value === 'string')
      put(out, key, cut(value, quirks.maxDescription));
    else if (!NAMED.has(key)) put(out, key, value);
    else if (isObject(value)) put(out, key, named(value as JsonObject, quirks));
  }
  if (out.type === 'array' && out.items === undefined && out.prefixItems === undefined) out.items = {};
  return out;
}

function isUnportable(pattern: Json): boolean {
  return typeof pattern === 'string' && UNPORTABLE.test(pattern);
}

function isFilledList(value: Json): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isNames(value: Json): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function subschema(value: Json, quirks: SchemaQuirks): Json {
  return Array.isArray(value) ? value.map((one) => single(one, quirks)) : single(value, quirks);
}

/** What is no schema at all allows anything. */
function single(value: Json, quirks: SchemaQuirks): Json {
  if (isObject(value)) return cleaned(value as JsonObject, quirks);
  return typeof value === 'boolean' ? value : {};
}

/** A schema may be a boolean, but Ollama and others read every property as an object. */
function property(schema: Json, quirks: SchemaQuirks): Json {
  if (schema === false) return { not: {} };
  return isObject(schema) ? cleaned(schema as JsonObject, quirks) : {};
}

function named(schemas: JsonObject, quirks: SchemaQuirks): JsonObject {
  const out: JsonObject = {};
  for (const [name, schema] of Object.entries(schemas)) put(out, name, property(schema, quirks));
  return out;
}

/** Assignment to `__proto__` would set the prototype instead of a property. */
function put(object: JsonObject, key: string, value: Json): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
