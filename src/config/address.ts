import { isLoopback } from '../core/loopback.ts';
import type { DialectName } from '../providers/provider.ts';

/** A base URL, understood. */
export interface Address {
  /** Up to and including the version, without a slash at the end. */
  base: string;
  /** The dialect that the path names, where it was given as a full endpoint. */
  dialect?: DialectName;
  /** Set when the credential would travel unencrypted to another machine. */
  warning?: string;
}

/** Why a base URL cannot be used; holds nothing of the URL that could be secret. */
export interface BadAddress {
  what: string;
  found: string;
  allowed: string;
  hint?: string;
}

/** Endpoint paths that people paste, longest first, and what they say about the dialect. */
const ENDPOINTS: readonly { path: string[]; dialect: DialectName | 'openai-responses' }[] = [
  { path: ['messages', 'count_tokens'], dialect: 'anthropic' },
  { path: ['chat', 'completions'], dialect: 'openai-chat' },
  { path: ['messages'], dialect: 'anthropic' },
  { path: ['responses'], dialect: 'openai-responses' },
];

/** Where vendors have it, and what Claude Code is given as its base: the version stands behind it. */
const MESSAGES_API = 'anthropic';

/** `v1`, `v4`, `v1beta`, `v1.1`. */
const VERSION = /^v\d+(?:\.\d+)?(?:alpha|beta)?\d*$/i;

const WORDS = 'a URL such as "https://host", "https://host/v1" or the full endpoint';

/**
 * Understands a base URL in every form: with or without the version, with slashes at the end, or as the full endpoint.
 * A version that is missing is added, except after a full endpoint, whose address is taken at its word: `/v1`, or that of
 * `usual`, the provider's own base, where the path is the same but for that.
 */
export function parseAddress(text: string, usual: string | null = null): Address | BadAddress {
  const trimmed = text.trim();
  if (!/^https?:\/\//i.test(trimmed)) return withoutHttp(trimmed);
  const url = URL.parse(trimmed);
  if (url === null || url.hostname === '')
    return { what: 'not a URL', found: 'something else', allowed: WORDS };
  if (url.username !== '' || url.password !== '') {
    return {
      what: 'holds a credential',
      found: 'a user name or password before the host',
      allowed: WORDS,
      hint: 'put the key in api_key',
    };
  }
  if (url.search !== '' || trimmed.includes('?')) {
    return {
      what: 'has a query string',
      found: 'a ? in the URL',
      allowed: WORDS,
      hint: 'a query would be lost: requests bring their own',
    };
  }
  if (url.hash !== '' || trimmed.includes('#')) {
    return { what: 'has a fragment', found: 'a # in the URL', allowed: WORDS };
  }
  const segments = segmentsOf(url);
  const endpoint = ENDPOINTS.find(({ path }) => endsWith(segments, path));
  if (endpoint?.dialect === 'openai-responses') {
    return {
      what: 'the Responses API is not available in this version',
      found: 'a path that ends in /responses',
      allowed: 'paths that end in /chat/completions or /messages, or the base URL alone',
    };
  }
  const kept = withoutDoubled(endpoint ? segments.slice(0, -endpoint.path.length) : segments);
  const isVersioned = kept.some((segment) => VERSION.test(segment)) && !endsWith(kept, [MESSAGES_API]);
  if (endpoint === undefined && !isVersioned) kept.push(versionOf(kept, usual));
  const path = kept.map((segment) => `/${segment}`).join('');
  return {
    base: `${url.protocol}//${url.host}${path}`,
    ...(endpoint?.dialect && { dialect: endpoint.dialect }),
    ...(url.protocol === 'http:' &&
      !isLoopback(url.hostname) && {
        warning: 'its address is plain http: keys and conversations travel unencrypted',
      }),
  };
}

/** Whether a base is that of a Messages API beside another API: `…/anthropic/v1`. */
export function isMessagesBase(base: string): boolean {
  const segments = segmentsOf(new URL(base));
  return endsWith(VERSION.test(segments.at(-1) ?? '') ? segments.slice(0, -1) : segments, [MESSAGES_API]);
}

function segmentsOf(url: URL): string[] {
  return url.pathname.split('/').filter((segment) => segment !== '');
}

function versionOf(path: readonly string[], usual: string | null): string {
  const segments = usual === null ? [] : segmentsOf(new URL(usual));
  const version = segments.at(-1) ?? '';
  const isUsual = VERSION.test(version) && path.join('/') === segments.slice(0, -1).join('/');
  return isUsual ? version : 'v1';
}

function withoutHttp(text: string): BadAddress {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return {
      what: 'not http or https',
      found: `the scheme ${text.slice(0, text.indexOf(':'))}`,
      allowed: WORDS,
    };
  }
  const bare = /^[a-z0-9.-]+(?::\d+)?(?:\/[\w./-]*)?$/i.test(text) ? text : null;
  if (bare === null) return { what: 'not a URL', found: 'something else', allowed: WORDS };
  const scheme = isLoopback(bare.replace(/[:/].*$/, '')) ? 'http' : 'https';
  return {
    what: 'has no scheme',
    found: 'no http:// or https://',
    allowed: WORDS,
    hint: `put ${scheme}:// before it`,
  };
}

function endsWith(segments: readonly string[], end: readonly string[]): boolean {
  const tail = segments.slice(-end.length);
  return tail.length === end.length && tail.every((segment, index) => segment.toLowerCase() === end[index]);
}

/** `/v1/v1` is what two tools that both add the version make of one. */
function withoutDoubled(segments: readonly string[]): string[] {
  return segments.filter((segment, index) => !VERSION.test(segment) || segment !== segments[index - 1]);
}
