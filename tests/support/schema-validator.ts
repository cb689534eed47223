/** What strict readers of a tool's schema refuse (Ollama's, Go's and Pydantic's types), wherever in it. */
type Complain = (text: string) => void;
type Loose = Record<string, unknown>;

const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const SCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
const LISTS = ['anyOf', 'allOf', 'oneOf', 'prefixItems'];

export function checkSchema(value: unknown, path: string, complain: Complain): void {
  if (typeof value === 'boolean') return;
  if (!isObject(value)) {
    complain(`${path} is no schema`);
    return;
  }
  const { type, required, enum: values, description } = value;
  if (type !== undefined && !isString(type) && !(Array.isArray(type) && type.every(isString)))
    complain(`type of ${path}`);
  if (required !== undefined && !(Array.isArray(required) && required.every(isString)))
    complain(`required of ${path}`);
  if (values !== undefined && !Array.isArray(values)) complain(`enum of ${path}`);
  if (description !== undefined && !isString(description)) complain(`description of ${path}`);
  for (const key of NAMED) {
    if (!Object.hasOwn(value, key)) continue;
    const named = value[key];
    if (!isObject(named)) complain(`${key} of ${path}`);
    else for (const [name, schema] of Object.entries(named)) checkNamed(schema, `${path}.${name}`, complain);
  }
  for (const key of SCHEMAS) {
    if (!Object.hasOwn(value, key)) continue;
    const inner = value[key];
    for (const schema of Array.isArray(inner) ? inner : [inner])
      checkSchema(schema, `${path}.${key}`, complain);
  }
  for (const key of LISTS) {
    if (!Object.hasOwn(value, key)) continue;
    const list = value[key];
    if (!Array.isArray(list) || list.length === 0) complain(`${key} of ${path}`);
    else for (const schema of list) checkSchema(schema, `${path}.${key}`, complain);
  }
}

/** Every property is an object: many read nothing else. */
function checkNamed(schema: unknown, path: string, complain: Complain): void {
  if (isObject(schema)) checkSchema(schema, path, complain);
  else complain(`property ${path}`);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
