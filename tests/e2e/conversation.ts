import type { Recorded } from '../../src/drill/recorded.ts';

/** Reading what the client sent back: tool results, in either dialect. */

interface AnyMessage {
  role: string;
  content?: string | null | { type: string; tool_use_id?: string; content?: unknown; text?: string }[];
}

/** The messages of a recorded request, or of a request's body. */
export function messagesOf(request: Recorded | string | undefined): AnyMessage[] {
  const text = typeof request === 'string' ? request : (request?.text() ?? '{}');
  const body: { messages?: AnyMessage[] } = JSON.parse(text);
  return body.messages ?? [];
}

/** What the tools gave back, as text, in the order of the request. */
export function toolResults(request: Recorded | undefined): string[] {
  return messagesOf(request).flatMap(({ role, content }) => {
    if (role === 'tool') return [textOf(content)];
    if (!Array.isArray(content)) return [];
    return content.filter(({ type }) => type === 'tool_result').map((block) => textOf(block.content));
  });
}

/** Everything a request carries, headers and body, as one text: to look for what must not be in it. */
export function everything(request: Recorded): string {
  return [request.path, ...request.headers.map((pair) => pair.join(': ')), request.text()].join('\n');
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}
