import { isObject } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/messages.ts';

/** What every server reads of a schema beside its type and its parts. */
const KEPT = ['description', 'enum', 'required'] as const;
/** Lists of schemas of which one is to hold, or all. */
const CHOICES = ['anyOf', 'oneOf', 'allOf'] as const;
/** A schema that goes on in itself ends here. */
const DEEPEST = 8;

/**
 * A schema at its plainest, for servers that refuse a keyword: each part has one type, and of several forms the first that
 * is not `null` is left. The model is told less of what its tool takes; the tool itself still looks at what it gets.
 */
export function plain(schema: JsonObject): JsonObject {
  return plainPart(schema, schema, 0);
}

function plainPart(given: unknown, root: JsonObject, depth: number): JsonObject {
  const schema = chosen(given, root, depth);
  const type = typeOf(schema);
  const out: JsonObject = { type };
  for (const key of KEPT) {
    if (schema[key] !== undefined) out[key] = schema[key] as Json;
  }
  if (schema.const !== undefined && out.enum === undefined) out.enum = [schema.const as Json];
  if (type !== 'object') delete out.required;
  if (depth >= DEEPEST) return out;
  if (type === 'array') out.items = plainPart(schema.items, root, depth + 1);
  if (isObject(schema.properties)) {
    out.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, part]) => [name, plainPart(part, root, depth + 1)]),
    );
  }
  return out;
}

/** The schema that is meant: behind a reference, and of several the first that is something. */
function chosen(given: unknown, root: JsonObject, depth: number): Record<string, unknown> {
  if (!isObject(given) || depth > DEEPEST) return {};
  const { $ref, ...own } = given;
  if (typeof $ref === 'string') return { ...chosen(resolved($ref, root), root, depth + 1), ...own };
  for (const key of CHOICES) {
    const branches = Array.isArray(given[key]) ? given[key].filter(isObject) : [];
    const first = branches.find(({ type }) => type !== 'null');
    if (first !== undefined) return { ...chosen(first, root, depth + 1), ...own };
  }
  return given;
}

function resolved(ref: string, root: JsonObject): unknown {
  if (!ref.startsWith('#/')) return undefined;
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), root);
}

function typeOf({ type, properties, items, enum: values, const: only }: Record<string, unknown>): string {
  const named = Array.isArray(type) ? type.find((each) => each !== 'null') : type;
  if (typeof named === 'string') return named;
  if (isObject(properties)) return 'object';
  if (items !== undefined) return 'array';
  const [first] = Array.isArray(values) ? values : [only];
  return typeof first === 'number' ? 'number' : typeof first === 'boolean' ? 'boolean' : 'string';
}
