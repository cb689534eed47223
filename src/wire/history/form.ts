import { isObject } from '../../core/json.ts';
import type { JsonObject, MessagesRequest } from '../../core/messages.ts';

/** The schema that the answer has to match, as `output_config.format` or, formerly, `output_format` gives it. */
export function askedForm({ output_config, output_format }: MessagesRequest): JsonObject | undefined {
  const form = output_config?.format ?? output_format;
  return isObject(form) && form.type === 'json_schema' && isObject(form.schema)
    ? (form.schema as JsonObject)
    : undefined;
}

/** The same for a model whose server cannot hold it to that, in words; undefined where no form is asked for. */
export function formInWords(request: MessagesRequest): string | undefined {
  const schema = askedForm(request);
  if (schema === undefined) return undefined;
  return `Answer with one JSON value that matches this JSON schema, and with nothing else, neither words nor a code fence around it:\n${JSON.stringify(schema)}`;
}
