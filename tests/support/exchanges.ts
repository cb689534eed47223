/** Reading a conversation in either dialect: which call was answered by what. */

/** A call and its result, found by the id that they share. */
export interface Exchange {
  tool: string;
  input: unknown;
  /** What it gave back, its media left out; null for a call without a result. */
  result: string | null;
  failed: boolean;
}

type Loose = Record<string, unknown>;

/** The exchanges of a Messages or Chat Completions body, in the order of the calls. */
export function exchangesOf(body: unknown): Exchange[] {
  const messages = (body as { messages: Loose[] }).messages;
  return messages.flatMap((message, at) =>
    callsOf(message).map(({ id, tool, input }) => {
      const results = messages.slice(at + 1).flatMap((later) => resultsOf(later, id));
      const [first] = results;
      if (results.length > 1) throw new Error(`${results.length} results for ${id}`);
      return { tool, input, result: first?.text ?? null, failed: first?.failed ?? false };
    }),
  );
}

/** Every block or part of a body, those inside results and lists included. */
export function blocksOf(body: unknown): Loose[] {
  const found: Loose[] = [];
  const look = (value: unknown): void => {
    for (const block of listOf(value)) {
      found.push(block);
      look(block.content);
    }
  };
  for (const message of (body as { messages: Loose[] }).messages) look(message.content);
  return found;
}

/** `content` as a list of blocks: a string is one text. */
export function listOf(content: unknown): Loose[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? (content as Loose[]) : [];
}

function callsOf(message: Loose): { id: string; tool: string; input: unknown }[] {
  const chat = listOf(message.tool_calls).map(({ id, function: called }) => {
    const { name, arguments: input } = called as { name: string; arguments: string };
    return { id: String(id), tool: name, input: JSON.parse(input) as unknown };
  });
  const blocks = listOf(message.content).filter(({ type }) => type === 'tool_use');
  return [
    ...chat,
    ...blocks.map(({ id, name, input }) => ({ id: String(id), tool: String(name), input: objectOf(input) })),
  ];
}

/** A client keeps an input that was encoded twice as a string. */
function objectOf(input: unknown): unknown {
  return typeof input === 'string' ? (JSON.parse(input) as unknown) : input;
}

function resultsOf(message: Loose, id: string): { text: string; failed: boolean }[] {
  if (message.role === 'tool') {
    if (message.tool_call_id !== id) return [];
    const text = String(message.content);
    return [{ text, failed: /^\W*error/i.test(text) }];
  }
  return listOf(message.content)
    .filter(({ type, tool_use_id }) => type === 'tool_result' && tool_use_id === id)
    .map(({ content, is_error }) => ({ text: textOf(content), failed: is_error === true }));
}

function textOf(content: unknown): string {
  return listOf(content)
    .flatMap(({ type, text }) => (type === 'text' ? [String(text)] : []))
    .join('\n');
}
