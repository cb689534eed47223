/** Refusals of a tool's schema in words of their own. */
const OF_A_SCHEMA: readonly RegExp[] = [
  // OpenAI, Azure: Invalid schema for function 'x': … is not a 'regex' · regex lookaround is not supported
  /invalid schema for function|invalid_function_parameters|invalid json schema|invalid_json_schema/i,
  /(?:regex|look-?(?:around|ahead|behind)).{0,60}(?:not support|unsupported|invalid|parse error|could not)|(?:invalid|unsupported).{0,30}regex/i,
  // Moonshot, llama.cpp, vLLM
  /not a valid .{0,40}json schema|json schema (?:is invalid|conversion failed|.{0,40}not supported)|unrecognized schema|failed to parse grammar|unsupported (?:json )?schema/i,
  // Gemini: Unknown name "exclusiveMinimum" at 'tools[0].function_declarations[3].parameters'
  /function_declarations.{0,300}(?:cannot find field|should be non-empty|unknown|missing field|must be|only allowed)|unknown name .{0,80}function_declarations/i,
  // Anthropic's and pydantic's paths: tools.0.custom.input_schema…: … · body.tools.0.function.parameters.…: …
  /(?:input_schema|function\.parameters|function\['parameters'\])\b/i,
];

/** A schema of the answer's form is another matter, and so is a name. */
const OF_SOMETHING_ELSE = /response_format|text\.format|output_(?:format|config)|function\.name\b/i;

/** Whether a refusal is about a keyword or a pattern in a tool's schema. */
export function isRefusedSchema(text: string): boolean {
  return !OF_SOMETHING_ELSE.test(text) && OF_A_SCHEMA.some((pattern) => pattern.test(text));
}
