import type { MessagesRequest, ToolParam } from '../../../core/messages.ts';
import type { Quirks } from '../../../core/quirks.ts';
import type { Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { choiceInWords } from '../../history/choice-in-words.ts';
import { formInWords } from '../../history/form.ts';
import { withoutPrefill } from '../../history/prefill.ts';
import { describe, parameters } from '../../history/schema.ts';
import { systemTexts } from '../../history/system.ts';
import { cleanJson, isBlank } from '../../history/text.ts';
import { namesFor, type ToolNames } from '../../history/tool-names.ts';
import { portableTools } from '../../history/tools.ts';
import { type Betas, betasFor } from './betas.ts';
import { claudeNamed } from './claude.ts';
import { compatibleMessages } from './compatible-messages.ts';
import { encodeThinking, isTold, noThinking, type Thinking } from './compatible-thinking.ts';
import { VERSION } from './version.ts';

/**
 * A request for a server that speaks the Messages API but is not Anthropic: the API's core alone. Betas and the body
 * fields they enable go together: both where the server is known to take them, otherwise neither. Nothing else of the
 * client's headers is sent. The system prompt is one string, because Ollama joins blocks without anything between them.
 */
export function encodeCompatible(inbound: Inbound, target: Target): Encoded {
  const { body, headers } = bodyFor(inbound, target);
  return { body: cleanJson(body), headers };
}

/** What such a server counts the tokens of. Of what the answer may be it takes nothing. */
export function encodeCount(inbound: Inbound, target: Target): Encoded {
  const { body, headers } = bodyFor(inbound, { ...target, stream: false });
  const { model, thinking, system, tools, tool_choice, messages } = body;
  return { body: cleanJson({ model, thinking, system, tools, tool_choice, messages }), headers };
}

function bodyFor(inbound: Inbound, target: Target): { body: Partial<MessagesRequest>; headers: Headers } {
  const { request } = inbound;
  const betas = betasFor(inbound.headers, target.quirks);
  const enabled = betas.body(request);
  const names = namesFor(request, LONGEST_NAME);
  const tools = portableTools(request).map((tool) => encodeTool(tool, names, betas, target.quirks));
  const system = encodeSystem(
    request,
    enabled.output_config?.format !== undefined,
    names,
    betas,
    target.quirks,
  );
  const given = compatibleMessages(request, names, target, betas);
  const limit = maxTokens(request, target);
  const choice = toolChoice(request, tools, names, target.quirks);
  const thinks = isForced(choice) ? noThinking(target) : encodeThinking(request, limit, given, target);
  const config = { ...enabled.output_config, ...thinks.output_config };
  // Nobody thinks who goes on from a beginning, and Claude refuses both together (extended thinking page of the API reference).
  const messages =
    isTold(thinks) && given.at(-1)?.role === 'assistant'
      ? compatibleMessages(withoutPrefill(request), names, target, betas)
      : given;
  const body = {
    model: target.model,
    max_tokens: limit,
    ...sampling(request, thinks, target),
    ...thinks,
    ...enabled,
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
    ...(system === undefined ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    messages,
    stream: target.stream,
  };
  const headers = new Headers({
    'content-type': 'application/json',
    accept: target.stream ? 'text/event-stream' : 'application/json',
    ...VERSION,
    ...(betas.header === undefined ? {} : { 'anthropic-beta': betas.header }),
  });
  return { body, headers };
}

/** Words for a form of the answer that the server is not asked to keep; a mark where the client has one. */
function encodeSystem(
  request: MessagesRequest,
  keepsForm: boolean,
  names: ToolNames,
  betas: Betas,
  quirks: Quirks,
): MessagesRequest['system'] | undefined {
  const asked = [keepsForm ? undefined : formInWords(request), choiceInWords(request, quirks, names.wire)];
  const text = [...systemTexts(request), ...asked.filter((words) => words !== undefined)].join('\n\n');
  if (text === '') return undefined;
  const given = Array.isArray(request.system) ? request.system : [];
  const mark = given.map((block) => betas.cacheMark(block)).findLast((found) => found !== undefined);
  return mark === undefined ? text : [{ type: 'text', text, ...mark }];
}

/** Characters of a tool's name; Anthropic's limit. */
export const LONGEST_NAME = 128;
/** The API requires a limit; a request without one is a probe of some other client. */
const DEFAULT_MAX_TOKENS = 4096;
/** The end of the API's range. Other APIs are warmer, so that more is no mistake of the client's. */
const WARMEST = 1;

function maxTokens({ max_tokens: asked }: MessagesRequest, { maxTokens: most }: Target): number {
  const wanted = Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_MAX_TOKENS;
  return Math.min(wanted, most ?? wanted);
}

/**
 * Thinking and sampling parameters exclude each other, and so do `temperature` and `top_p` at Claude's newer models; a model
 * with fixed sampling refuses all three.
 */
function sampling(
  request: MessagesRequest,
  thinks: Thinking,
  { model, quirks }: Target,
): Partial<MessagesRequest> {
  const fields: Partial<MessagesRequest> = {};
  const isFree = !isTold(thinks) && quirks.fixedSampling?.(model) !== true;
  for (const name of isFree ? (['temperature', 'top_p', 'top_k'] as const) : []) {
    if (typeof request[name] === 'number') fields[name] = request[name];
  }
  if (fields.temperature !== undefined) fields.temperature = Math.min(fields.temperature, WARMEST);
  if (fields.temperature !== undefined && claudeNamed(model) !== null) delete fields.top_p;
  const stops = (request.stop_sequences ?? [])
    .filter((stop) => !isBlank(stop))
    .slice(0, quirks.maxStops?.(model));
  if (stops.length > 0) fields.stop_sequences = stops;
  return fields;
}

function encodeTool(tool: ToolParam, names: ToolNames, betas: Betas, quirks: Quirks): ToolParam {
  const { name, description, input_schema } = tool;
  return {
    name: names.wire(name),
    ...describe(description, quirks),
    input_schema: parameters(input_schema, quirks),
    ...betas.tool(tool),
    ...betas.cacheMark(tool),
  };
}

type Choice = NonNullable<MessagesRequest['tool_choice']>;

/** The client's choice as far as it can be made among the tools that are left. */
function toolChoice(
  { tool_choice: asked }: MessagesRequest,
  tools: readonly ToolParam[],
  names: ToolNames,
  quirks: Quirks,
): Choice | undefined {
  if (tools.length === 0) return;
  const single = quirks.parallelToolCalls === false ? {} : parallel(asked ?? {});
  const any: Choice = { type: quirks.anyToolChoice === 'auto' ? 'auto' : 'any', ...single };
  switch (asked?.type) {
    case 'none':
      return { type: 'none' };
    case 'auto':
      return { type: 'auto', ...single };
    case 'any':
      return any;
    case 'tool': {
      const wanted = names.wire(asked.name);
      if (!tools.some(({ name }) => name === wanted)) return;
      return quirks.namedToolChoice === false ? any : { type: 'tool', name: wanted, ...single };
    }
  }
}

function parallel(choice: object): { disable_parallel_tool_use?: true } {
  const isSingle = 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true;
  return isSingle ? { disable_parallel_tool_use: true } : {};
}

/** Forced calls and thinking exclude each other, at Anthropic as at DeepSeek and Kimi. */
function isForced(choice: Choice | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}
