/** What is asked and answered in a soak: every answer names its request, so that none can pass for another. */

/** What the answer to a request says, in so many words. */
export function saying(number: number): string {
  return `[answer ${number}] ${'Every word of it has to arrive. '.repeat(1 + (number % 4))}[end ${number}]`;
}

/** The input of the tool that the answer calls, where it calls one. */
export function toolInput(number: number): { path: string; number: number } {
  return { path: `/srv/bench/${number}/a file with a name that takes several deltas.txt`, number };
}

/** The number of the request with this body; 0 when it has none. */
export function numberIn(body: string): number {
  return Number(/\[request (\d+)\]/.exec(body)?.[1] ?? 0);
}

const TOOL = {
  name: 'Read',
  description: 'Reads a file.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

/** The body of a request: at the beginning of a turn, or in the middle of one. */
export function asking(number: number, model: string, stream: boolean, isMidTurn: boolean): string {
  const words = { role: 'user', content: `Explain [request ${number}] to me.` };
  const call = { type: 'tool_use', id: `toolu_01Soak${number}`, name: TOOL.name, input: toolInput(number) };
  const result = { type: 'tool_result', tool_use_id: call.id, content: 'a.ts\nb.ts' };
  const turn = [
    { role: 'assistant', content: [call] },
    { role: 'user', content: [result] },
  ];
  const messages = isMidTurn ? [words, ...turn] : [words];
  return JSON.stringify({ model, max_tokens: 1024, stream, tools: [TOOL], messages });
}
