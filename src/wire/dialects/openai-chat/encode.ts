import type { MessagesRequest } from '../../../core/messages.ts';
import type { Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { portableTools } from '../../history/tools.ts';
import type { ChatRequest } from './api.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeTools } from './encode-tools.ts';
import { type ToolNames, toolNames } from './tool-names.ts';

/** OpenAI's limit. */
const DEFAULT_STOPS = 4;

/** A Messages request as a chat completion. Nothing of the client's headers goes along: they are Anthropic's business. */
export function encode(inbound: Inbound, target: Target): Encoded {
  const { request } = inbound;
  const names = namesFor(request);
  const body: ChatRequest = {
    model: target.model,
    ...limits(request, target),
    ...sampling(request, target),
    ...(thinks(request) ? {} : target.quirks.thinkingOff?.(target.model)),
    ...effort(request, target),
    ...responseFormat(request),
    ...(target.stream ? streaming(target) : {}),
    ...encodeTools(request, names, target.quirks),
    messages: encodeMessages(request, names, target),
  };
  const headers = new Headers({
    'content-type': 'application/json',
    accept: target.stream ? 'text/event-stream' : 'application/json',
  });
  return { body: JSON.stringify(body), headers };
}

/** The tool names of a request on both sides; encode and decode must agree on them. */
export function namesFor(request: MessagesRequest): ToolNames {
  return toolNames(portableTools(request).map((tool) => tool.name));
}

function limits(request: MessagesRequest, { maxTokens, quirks }: Target): Partial<ChatRequest> {
  const asked = [request.max_tokens, maxTokens].filter((limit) => typeof limit === 'number');
  if (asked.length === 0) return {};
  return { [quirks.maxTokensField ?? 'max_tokens']: Math.min(...asked) };
}

function thinks(request: MessagesRequest): boolean {
  return typeof request.thinking?.type === 'string' && request.thinking.type !== 'disabled';
}

/** `top_k` has no counterpart; a model with fixed sampling refuses the other three as well. */
function sampling(request: MessagesRequest, { model, quirks }: Target): Partial<ChatRequest> {
  if (quirks.fixedSampling?.(model) === true) return {};
  const fields: Partial<ChatRequest> = {};
  if (typeof request.temperature === 'number' && !thinks(request)) fields.temperature = request.temperature;
  if (typeof request.top_p === 'number') fields.top_p = request.top_p;
  const stops = (request.stop_sequences ?? []).filter(
    (stop) => typeof stop === 'string' && stop.trim() !== '',
  );
  const allowed = stops.slice(0, quirks.maxStops ?? DEFAULT_STOPS);
  if (allowed.length > 0) fields.stop = allowed;
  return fields;
}

/** Anthropic's efforts above `high` have no name that all reasoning models know. */
const EFFORTS: Record<string, string> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

function effort(request: MessagesRequest, { model, quirks }: Target): Partial<ChatRequest> {
  if (quirks.reasoningEffort?.(model) !== true || request.thinking?.type === 'disabled') return {};
  const named = EFFORTS[request.output_config?.effort ?? ''] ?? effortOf(request.thinking?.budget_tokens);
  return named === undefined ? {} : { reasoning_effort: named };
}

/** Thresholds in use elsewhere for the same purpose (router-for-me/CLIProxyAPI). */
function effortOf(budget: number | undefined): string | undefined {
  if (typeof budget !== 'number') return undefined;
  if (budget <= 1024) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}

function responseFormat({ output_config }: MessagesRequest): Partial<ChatRequest> {
  const format = output_config?.format;
  if (format?.type !== 'json_schema' || format.schema === undefined) return {};
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema } } };
}

function streaming({ quirks }: Target): Partial<ChatRequest> {
  return quirks.streamUsage === false
    ? { stream: true }
    : { stream: true, stream_options: { include_usage: true } };
}
