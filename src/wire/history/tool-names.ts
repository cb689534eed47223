import type { MessagesRequest } from '../../core/messages.ts';
import { shortHash } from '../../core/short-hash.ts';
import { portableTools } from './tools.ts';

/** What names of tools are made of at OpenAI and at Anthropic; most others copy it. */
const VALID = /^[a-zA-Z0-9_-]+$/;

/** The names of a request's tools on both sides. */
export interface ToolNames {
  /** The client's name → the upstream's. */
  wire(name: string): string;
  /** The upstream's name → the client's; a name nobody offered comes back as it is. */
  original(name: string): string;
}

/** The tool names of a request on both sides; encode and decode must agree on them. */
export function namesFor(request: MessagesRequest, longest: number): ToolNames {
  return toolNames(
    portableTools(request).map((tool) => tool.name),
    longest,
  );
}

/**
 * Names upstreams accept for `offered`. MCP tools (`mcp__server__tool`) are longer than the 64 characters of OpenAI
 * (cline/cline#11885): those are cut and end in a hash of the whole. A name's short form depends on nothing but the name,
 * unless two of `offered` fell together.
 * @param longest characters that a name may have there
 */
export function toolNames(offered: readonly string[], longest: number): ToolNames {
  const isValid = (name: string) => name.length <= longest && VALID.test(name);
  const shorten = (name: string, salt: string) =>
    salt === '' && isValid(name) ? name : hashed(name, salt, longest);
  const toWire = new Map<string, string>();
  const toOriginal = new Map<string, string>();
  const inOrder = [...offered.filter((name) => isValid(name)), ...offered.filter((name) => !isValid(name))];
  for (const name of inOrder) {
    if (toWire.has(name)) continue;
    let short = shorten(name, '');
    for (let round = 1; toOriginal.has(short); round++) short = shorten(name, String(round));
    toWire.set(name, short);
    toOriginal.set(short, name);
  }
  return {
    wire: (name) => toWire.get(name) ?? shorten(name, ''),
    original: (name) => toOriginal.get(name) ?? meantBy(name, offered) ?? name,
  };
}

function hashed(name: string, salt: string, longest: number): string {
  const hash = shortHash(`${name}${salt}`);
  const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_');
  return `${clean.slice(0, longest - hash.length - 1)}_${hash}`;
}

/**
 * The tool of `offered` that a model means by `name`: models write `read` or `functions.Read` for `Read`. Taken for it when
 * there is exactly one such tool; undefined otherwise, also for the right name.
 */
function meantBy(name: string, offered: readonly string[]): string | undefined {
  if (offered.includes(name)) return undefined;
  const bare = name.replace(/^functions?[.:]/, '').toLowerCase();
  const alike = new Set(offered.filter((other) => other.toLowerCase() === bare));
  return alike.size === 1 ? [...alike][0] : undefined;
}
