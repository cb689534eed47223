import { type Complaints, isAbsent } from './complaints.ts';

/** What of the numbers is taken, ends included. Other APIs are warmer than Anthropic's. */
const RANGES = [
  ['temperature', 0, 2],
  ['top_p', 0, 1],
] as const;

/** Checks how the answer is asked for: its length and form, thinking, sampling. */
export function checkSettings(request: Record<string, unknown>, all: Complaints): void {
  const { max_tokens: limit, top_k: topK, stop_sequences: stops, thinking } = request;
  // Without a limit the upstream's own holds.
  if (!isAbsent(limit) && all.isInteger(limit, 'max_tokens') && limit < 1)
    all.say('max_tokens', 'must be greater than or equal to 1');
  for (const [name, least, most] of RANGES) checkNumber(request[name], name, least, most, all);
  if (!isAbsent(topK) && all.isInteger(topK, 'top_k') && topK < 0)
    all.say('top_k', 'Input should be greater than or equal to 0');
  if (!isAbsent(stops)) checkStops(stops, all);
  if (!isAbsent(thinking)) checkThinking(thinking, all);
  checkForm(request, all);
}

function checkNumber(value: unknown, path: string, least: number, most: number, all: Complaints): void {
  if (isAbsent(value)) return;
  if (typeof value !== 'number') all.sayNot(value, path, 'a valid number');
  else if (value < least) all.say(path, `Input should be greater than or equal to ${least}`);
  else if (value > most) all.say(path, `Input should be less than or equal to ${most}`);
}

function checkStops(stops: unknown, all: Complaints): void {
  if (!all.isList(stops, 'stop_sequences')) return;
  for (let at = 0; at < stops.length && !all.isFull; at += 1) all.isString(stops[at], `stop_sequences.${at}`);
}

function checkThinking(thinking: unknown, all: Complaints): void {
  if (!all.isDictionary(thinking, 'thinking') || !all.isString(thinking.type, 'thinking.type')) return;
  const { budget_tokens: budget } = thinking;
  if (!isAbsent(budget)) all.isInteger(budget, 'thinking.budget_tokens');
}

/** An answer that has to have a form must not lose it on the way. */
function checkForm(
  { output_config: config, output_format: older }: Record<string, unknown>,
  all: Complaints,
): void {
  if (!isAbsent(config) && all.isDictionary(config, 'output_config')) {
    const { effort, format } = config;
    if (!isAbsent(effort)) all.isString(effort, 'output_config.effort');
    if (!isAbsent(format)) checkFormat(format, 'output_config.format', all);
  }
  if (!isAbsent(older)) checkFormat(older, 'output_format', all);
}

function checkFormat(format: unknown, path: string, all: Complaints): void {
  if (!all.isDictionary(format, path) || !all.isString(format.type, `${path}.type`)) return;
  if (format.type === 'json_schema') all.isDictionary(format.schema, `${path}.schema`);
}
