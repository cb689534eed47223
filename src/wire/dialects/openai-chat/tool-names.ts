import { shortHash } from '../../../core/short-hash.ts';
import { meantBy } from '../../answer/offered.ts';

/** OpenAI's rule for function names; most others copy it. */
const VALID = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_LENGTH = 64;

/** The names of a request's tools on both sides. */
export interface ToolNames {
  /** The client's name → the upstream's. */
  wire(name: string): string;
  /** The upstream's name → the client's; a name nobody offered comes back as it is. */
  original(name: string): string;
}

/**
 * Names upstreams accept for `offered`. MCP tools (`mcp__server__tool`) are longer than the 64 characters of OpenAI
 * (cline/cline#11885): those are cut and end in a hash of the whole. A name's short form depends on nothing but the name,
 * unless two of `offered` fell together.
 */
export function toolNames(offered: readonly string[]): ToolNames {
  const toWire = new Map<string, string>();
  const toOriginal = new Map<string, string>();
  const inOrder = [
    ...offered.filter((name) => VALID.test(name)),
    ...offered.filter((name) => !VALID.test(name)),
  ];
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

function shorten(name: string, salt: string): string {
  if (salt === '' && VALID.test(name)) return name;
  const hash = shortHash(`${name}${salt}`);
  const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_');
  return `${clean.slice(0, MAX_LENGTH - hash.length - 1)}_${hash}`;
}
