import type { MessagesRequest } from '../../../core/messages.ts';
import type { Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { choiceInWords } from '../../history/choice-in-words.ts';
import { wantsThinking } from '../../history/effort.ts';
import { askedForm, formInWords } from '../../history/form.ts';
import { cleanJson, isBlank } from '../../history/text.ts';
import { namesFor } from '../../history/tool-names.ts';
import type { ChatRequest } from './api.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeThinking } from './encode-thinking.ts';
import { encodeTools } from './encode-tools.ts';

/** OpenAI's limit. */
const DEFAULT_STOPS = 4;
/** Characters of a tool's name; OpenAI's limit as well. */
export const LONGEST_NAME = 64;

/** A Messages request as a chat completion. Nothing of the client's headers goes along: they are Anthropic's business. */
export function encode(inbound: Inbound, target: Target): Encoded {
  const { request } = inbound;
  const names = namesFor(request, LONGEST_NAME);
  const tools = encodeTools(request, names, target.quirks);
  const form = encodeForm(request, tools.tools !== undefined, target);
  const body: ChatRequest = {
    model: target.model,
    ...limits(request, target),
    ...sampling(request, target),
    ...encodeThinking(request, tools.tool_choice, target),
    ...form.field,
    ...(target.stream ? streaming(target) : {}),
    ...tools,
    messages: encodeMessages(
      request,
      names,
      target,
      wordsOf(form.words, choiceInWords(request, target.quirks, names.wire)),
    ),
  };
  const headers = new Headers({
    'content-type': 'application/json',
    accept: target.stream ? 'text/event-stream' : 'application/json',
  });
  return { body: cleanJson(body), headers };
}

function limits(request: MessagesRequest, { maxTokens, quirks }: Target): Partial<ChatRequest> {
  const asked = [request.max_tokens, maxTokens].filter((limit) => typeof limit === 'number');
  if (asked.length === 0) return {};
  return { [quirks.maxTokensField ?? 'max_tokens']: Math.min(...asked) };
}

/** `top_k` has no counterpart; a model with fixed sampling refuses the other two as well. */
function sampling(request: MessagesRequest, { model, quirks }: Target): Partial<ChatRequest> {
  const fields: Partial<ChatRequest> = {};
  const isFree = quirks.fixedSampling?.(model) !== true;
  if (isFree && typeof request.temperature === 'number' && !wantsThinking(request))
    fields.temperature = request.temperature;
  if (isFree && typeof request.top_p === 'number') fields.top_p = request.top_p;
  const stops = (request.stop_sequences ?? []).filter((stop) => !isBlank(stop));
  const allowed = stops.slice(0, quirks.maxStops?.(model) ?? DEFAULT_STOPS);
  if (allowed.length > 0) fields.stop = allowed;
  return fields;
}

/** The form of the answer as the field for it, or in words where the server has none for this model. */
function encodeForm(
  request: MessagesRequest,
  hasTools: boolean,
  { model, quirks }: Target,
): { field: Partial<ChatRequest>; words?: string | undefined } {
  const schema = askedForm(request);
  if (schema === undefined) return { field: {} };
  if (quirks.jsonSchema?.(model, hasTools) === false) return { field: {}, words: formInWords(request) };
  return { field: { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } } };
}

function wordsOf(...words: (string | undefined)[]): string | undefined {
  const said = words.filter((one) => one !== undefined);
  return said.length === 0 ? undefined : said.join('\n\n');
}

function streaming({ quirks }: Target): Partial<ChatRequest> {
  return quirks.streamUsage === false
    ? { stream: true }
    : { stream: true, stream_options: { include_usage: true } };
}
