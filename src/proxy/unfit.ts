import type { Calibration } from '../core/calibration.ts';
import { estimateTokens, leastTokens } from '../core/estimate.ts';
import type { Failure } from '../core/failure.ts';
import { type Block, isBlock, type MessagesRequest } from '../core/messages.ts';
import type { ModelFacts } from '../core/model-facts.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import { isWebSearch, portableTools } from '../wire/history/tools.ts';
import { readable } from './readable.ts';

/**
 * Why an upstream is not asked at all, because its model could not do what the request wants; null when it may. Anthropic
 * says so itself. The data can be wrong about tools, so that an upstream without another beside it is asked all the same;
 * what the user says counts.
 * @param hasOthers whether others are in the chain
 * @param calibration what the upstream counted of other requests
 */
export function unfit(
  upstream: Upstream,
  inbound: Inbound,
  hasOthers: boolean,
  calibration: Calibration,
): Failure | null {
  if (upstream.native || upstream.facts === undefined) return null;
  const model = upstream.model(inbound.model);
  const facts = upstream.facts(model);
  return (
    withoutTools(upstream, model, facts, inbound, hasOthers) ??
    tooLong(model, facts, inbound, calibration.factor(upstream.name, model))
  );
}

function withoutTools(
  upstream: Upstream,
  model: string,
  { tools, configured = [] }: ModelFacts,
  inbound: Inbound,
  hasOthers: boolean,
): Failure | null {
  if (tools !== false) return null;
  const isConfigured = configured.includes('tools');
  if (!isConfigured && !hasOthers) return null;
  const request = readable(inbound);
  if (request === null || !hasTools(request, upstream)) return null;
  const who = isConfigured
    ? 'it takes no requests with tools (tools = false)'
    : `${model} calls no tools, says the model data (tools = true asks it all the same)`;
  return { kind: 'unsupported', message: who };
}

/** Whether it has tools that would be sent, or calls and results in its history. */
function hasTools(request: MessagesRequest, { quirks }: Upstream): boolean {
  const searches = quirks.webSearch === undefined ? [] : (request.tools ?? []).filter(isWebSearch);
  if (portableTools(request).length + searches.length > 0) return true;
  return request.messages.some(
    ({ content }) => Array.isArray(content) && content.some((block) => isOfTool(block)),
  );
}

function isOfTool(block: Block): boolean {
  return isBlock(block, 'tool_use') || isBlock(block, 'tool_result');
}

/** No byte of a body is more than half a token of a low reading, whatever the script, and whatever was counted before. */
const BYTES_PER_TOKEN = 2;
/** So much of what others of its requests make likely a request has at the least. */
const SURE_SHARE = 0.75;

function tooLong(
  model: string,
  facts: ModelFacts,
  inbound: Inbound,
  factor: number | undefined,
): Failure | null {
  const { context = Number.POSITIVE_INFINITY, input, configured = [] } = facts;
  const limit = input ?? context;
  if (inbound.bytes.byteLength / BYTES_PER_TOKEN <= limit) return null;
  const request = readable(inbound);
  if (request === null) return null;
  const asked = Math.ceil(estimateTokens(request) * (factor ?? 1));
  const sure = factor === undefined ? 0 : asked * SURE_SHARE;
  if (Math.max(sure, leastTokens(request)) <= limit) return null;
  const why = configured.includes('context') ? ' (context_window)' : '';
  return {
    kind: 'too_long',
    message: `the request does not fit: about ${asked} tokens, and ${model} takes ${limit}${why}`,
    tokens: { asked, limit },
  };
}
