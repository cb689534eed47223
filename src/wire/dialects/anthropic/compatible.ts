import type { MessageParam, MessagesRequest, ToolParam } from '../../../core/messages.ts';
import type { Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { filled } from '../../history/json.ts';
import { parameters } from '../../history/schema.ts';
import { systemTexts } from '../../history/system.ts';
import { isBlank } from '../../history/text.ts';
import { portableTools } from '../../history/tools.ts';
import { compatibleMessages } from './compatible-messages.ts';
import { VERSION } from './version.ts';

/**
 * A request for a server that speaks the Messages API but is not Anthropic: the API's core alone. Betas and the body
 * fields they enable go together, so neither is sent; nothing of the client's headers is. The system prompt is one
 * string, because Ollama joins blocks without anything between them.
 */
export function encodeCompatible(inbound: Inbound, target: Target): Encoded {
  const { request } = inbound;
  const tools = portableTools(request).map(encodeTool);
  const system = systemTexts(request).join('\n\n');
  const messages = compatibleMessages(request, target);
  const limit = maxTokens(request, target);
  const choice = toolChoice(request, tools);
  const body = {
    model: target.model,
    max_tokens: limit,
    ...sampling(request),
    ...(isForced(choice) ? OFF : thinking(request, limit, messages)),
    ...(system === '' ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    messages,
    stream: target.stream,
  };
  const headers = new Headers({
    'content-type': 'application/json',
    accept: target.stream ? 'text/event-stream' : 'application/json',
    ...VERSION,
  });
  return { body: JSON.stringify(body), headers };
}

/** The API requires a limit; a request without one is a probe of some other client. */
const DEFAULT_MAX_TOKENS = 4096;
/** The smallest budget for thinking that the API accepts. */
const MIN_BUDGET = 1024;

function maxTokens({ max_tokens: asked }: MessagesRequest, { maxTokens: most }: Target): number {
  const wanted = Number.isInteger(asked) && asked > 0 ? asked : DEFAULT_MAX_TOKENS;
  return Math.min(wanted, most ?? wanted);
}

function sampling(request: MessagesRequest): Partial<MessagesRequest> {
  const fields: Partial<MessagesRequest> = {};
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    if (typeof request[name] === 'number') fields[name] = request[name];
  }
  const stops = (request.stop_sequences ?? []).filter((stop) => !isBlank(stop));
  if (stops.length > 0) fields.stop_sequences = stops;
  return fields;
}

type Thinking = Pick<MessagesRequest, 'thinking'>;
/** Said in words, because models that think by default (DeepSeek's, Kimi's, Qwen's) do so where nothing is said. */
const OFF: Thinking = { thinking: { type: 'disabled' } };

/**
 * `adaptive` is known to Anthropic's newest models only, and `enabled` is refused by some of those: a model that is asked
 * for it thinks as it does by default.
 */
function thinking({ thinking: asked }: MessagesRequest, limit: number, messages: MessageParam[]): Thinking {
  const type = asked?.type ?? 'disabled';
  if (type === 'disabled') return OFF;
  if (type !== 'enabled') return {};
  const budget = Math.min(asked?.budget_tokens ?? 0, limit - 1);
  if (budget < MIN_BUDGET || goesOnWithout(messages)) return OFF;
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/**
 * Whether the answer goes on, without thoughts, from calls that another model made: one that is told to think refuses to do so without its
 * own thoughts at the beginning.
 */
function goesOnWithout(messages: readonly MessageParam[]): boolean {
  const [before, last] = messages.slice(-2);
  if (!Array.isArray(last?.content) || last.content[0]?.type !== 'tool_result') return false;
  return !Array.isArray(before?.content) || before.content[0]?.type !== 'thinking';
}

function encodeTool({ name, description, input_schema }: ToolParam): ToolParam {
  const words = filled(description);
  return { name, ...(words ? { description: words } : {}), input_schema: parameters(input_schema) };
}

type Choice = NonNullable<MessagesRequest['tool_choice']>;

/** The client's choice as far as it can be made among the tools that are left. */
function toolChoice(
  { tool_choice: asked }: MessagesRequest,
  tools: readonly ToolParam[],
): Choice | undefined {
  if (tools.length === 0) return;
  switch (asked?.type) {
    case 'none':
      return { type: 'none' };
    case 'auto':
    case 'any':
      return { type: asked.type, ...parallel(asked) };
    case 'tool':
      if (!tools.some(({ name }) => name === asked.name)) return;
      return { type: 'tool', name: asked.name, ...parallel(asked) };
  }
}

function parallel(choice: { disable_parallel_tool_use?: boolean }): { disable_parallel_tool_use?: true } {
  return choice.disable_parallel_tool_use === true ? { disable_parallel_tool_use: true } : {};
}

/** Forced calls and thinking exclude each other, at Anthropic as at DeepSeek and Kimi. */
function isForced(choice: Choice | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}
