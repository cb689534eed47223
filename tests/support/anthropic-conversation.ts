import { complaints as historyComplaints } from './anthropic-validator.ts';

type Loose = Record<string, unknown>;
type Complain = (text: string) => void;

/** Anthropic counts the marks of a request, those of its tools and its system prompt included. */
const MOST_MARKS = 4;

/**
 * Everything that Anthropic refuses of a whole conversation: what `complaints` knows of single blocks, and beside it who
 * speaks when, and which result answers which call. Source: the Messages API reference and its error messages.
 */
export function conversationComplaints(body: unknown): string[] {
  const found = historyComplaints(body, 'native');
  const complain = (text: string): void => {
    found.push(text);
  };
  const { messages } = body as { messages: Loose[] };
  checkRoles(messages, complain);
  checkPairs(messages, complain);
  checkTexts(messages, complain);
  const marks = JSON.stringify(body).match(/"cache_control":\{/g) ?? [];
  if (marks.length > MOST_MARKS) complain(`${marks.length} cache marks`);
  return found;
}

/** The newer models take no conversation that ends with the assistant. `system` inside belongs to a beta of the client. */
function checkRoles(messages: Loose[], complain: Complain): void {
  const roles = messages.map(({ role }) => String(role));
  for (const [at, role] of roles.entries())
    if (!['user', 'assistant', 'system'].includes(role)) complain(`messages[${at}]: role ${role}`);
  const spoken = roles.filter((role) => role !== 'system');
  if (roles[0] !== 'user') complain(`the conversation begins with ${roles[0]}`);
  if (spoken.at(-1) !== 'user') complain(`the conversation ends with ${spoken.at(-1)}`);
}

/** "`tool_use` ids were found without `tool_result` blocks immediately after", and its relatives. */
function checkPairs(messages: Loose[], complain: Complain): void {
  const used = new Set<string>();
  let pending = new Set<string>();
  for (const { role, blocks, at } of turnsOf(messages)) {
    const where = `messages[${at}]`;
    if (role === 'assistant') {
      if (pending.size > 0) complain(`${where}: ${[...pending]} have no result`);
      pending = new Set(idsOf(blocks, 'tool_use', 'id'));
      for (const id of pending) if (used.has(id)) complain(`${where}: tool id ${id} twice`);
      const calls = idsOf(blocks, 'tool_use', 'id');
      if (calls.length !== pending.size) complain(`${where}: one id for two calls`);
      for (const id of pending) used.add(id);
      continue;
    }
    const results = idsOf(blocks, 'tool_result', 'tool_use_id');
    for (const id of results)
      if (!pending.delete(id)) complain(`${where}: result of ${id}, which was not called`);
    if (pending.size > 0) complain(`${where}: ${[...pending]} have no result`);
    const first = blocks.slice(0, results.length);
    if (first.some(({ type }) => type !== 'tool_result')) complain(`${where}: something before the results`);
    pending = new Set();
  }
  if (pending.size > 0) complain(`at the end: ${[...pending]} have no result`);
}

/** "text content blocks must contain non-whitespace text", "all messages must have non-empty content". */
function checkTexts(messages: Loose[], complain: Complain): void {
  for (const [at, { content }] of messages.entries()) {
    const where = `messages[${at}]`;
    if (typeof content === 'string' && content.trim() === '') complain(`${where}: no content`);
    for (const block of blocksOf(content)) {
      if (block.type === 'text' && String(block.text).trim() === '') complain(`${where}: blank text`);
      const inner = blocksOf(block.content);
      const isText = typeof block.content === 'string' || inner.every(({ type }) => type === 'text');
      if (block.type === 'tool_result' && block.is_error === true && !isText)
        complain(`${where}: a failed result that is not text`);
    }
  }
}

/** What one side said until the other spoke: neighbours of one role are one message to the API. */
function turnsOf(messages: Loose[]): { role: string; blocks: Loose[]; at: number }[] {
  const turns: { role: string; blocks: Loose[]; at: number }[] = [];
  for (const [at, { role, content }] of messages.entries()) {
    if (role === 'system') continue;
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.blocks.push(...blocksOf(content));
    else turns.push({ role: String(role), blocks: [...blocksOf(content)], at });
  }
  return turns;
}

function blocksOf(content: unknown): Loose[] {
  return Array.isArray(content) ? (content as Loose[]) : [];
}

function idsOf(blocks: Loose[], type: string, key: string): string[] {
  return blocks.filter((block) => block.type === type).map((block) => String(block[key]));
}
