import type { ToolParam } from '../core/messages.ts';
import type { Inbound } from '../core/upstream.ts';

/** Whether a request is Claude Code's, by the name it gives itself. */
export function isClaudeCode({ headers }: Inbound): boolean {
  return headers.get('user-agent')?.startsWith('claude-cli/') === true;
}

/** Stands in every request that offers tools of the client; quotes inside JSON strings are escaped, so it is a key. */
const SCHEMA = Buffer.from('"input_schema":');

/**
 * Whether a request of Claude Code is a search on the side, with tools of the provider alone. Its answer becomes the result
 * of one tool call: nobody reads it as it comes, and after a finished block no ending makes the client ask again; it takes
 * what it has for the whole (measured with 2.1.328). False for what has not the shape of the API.
 */
export function isSideSearch(inbound: Inbound): boolean {
  const { bytes } = inbound;
  if (!isClaudeCode(inbound)) return false;
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(SCHEMA)) return false;
  try {
    const { tools = [] } = inbound.request;
    return tools.length > 0 && tools.every(isServerTool);
  } catch {
    // Whether it is a request at all is for the upstream to say.
    return false;
  }
}

function isServerTool({ type }: ToolParam): boolean {
  return typeof type === 'string' && type !== 'custom';
}
