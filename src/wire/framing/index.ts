import type { Transducer } from '../../core/transducer.ts';
import type { Framing, Packet } from '../../core/upstream.ts';
import { sse } from './sse.ts';
import { whole } from './whole.ts';

/** What the content type says the body is; `unsaid` where it says nothing that helps. */
type Claim = 'events' | 'json' | 'page' | 'unsaid';

/**
 * The framing of a response body, chosen by the response's content type; null for a type that is neither text nor JSON
 * (images, Amazon's event stream), which nothing here can cut.
 *
 * Content types are often missing or wrong: `text/plain` or `text/html` over events, `text/event-stream` over a JSON error.
 * So what is returned looks at the first byte that is not white space, too: `{`, `[` and `<` never begin a line of an event stream,
 * and `:`, `d`, `e`, `i`, `r` (a comment, or one of the standard's fields) never begin JSON.
 */
export function framingFor(contentType: string | null): Framing | null {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/event-stream') return () => new Sniffer('events');
  if (/\bjson|\bndjson/.test(type)) return () => new Sniffer('json');
  if (/^text\/html$|\bxml$|\bxhtml\b/.test(type)) return () => new Sniffer('page');
  if (/^(image|audio|video|font|multipart)\/|^application\/vnd\.amazon\.eventstream$/.test(type)) return null;
  return () => new Sniffer('unsaid');
}

const EVENT_FIRSTS = new Set([...':deir'].map((first) => first.charCodeAt(0)));
const DOCUMENT_FIRSTS = new Set([...'{[<'].map((first) => first.charCodeAt(0)));
/** White space of JSON and of HTML, and the three bytes of a byte order mark. */
const SKIPPED = new Set([0x20, 0x09, 0x0a, 0x0c, 0x0d, 0xef, 0xbb, 0xbf]);

function decide(claim: Claim, first: number | undefined): Framing {
  if (first === undefined) return claim === 'events' ? sse : whole;
  if (DOCUMENT_FIRSTS.has(first)) return whole;
  if (claim === 'json' || claim === 'page') return EVENT_FIRSTS.has(first) ? sse : whole;
  return sse;
}

/** Holds back leading white space until the first telling byte, then is the framing that byte calls for. */
class Sniffer implements Transducer<Uint8Array, Packet> {
  private chosen: Transducer<Uint8Array, Packet> | undefined;
  private readonly waiting: Uint8Array[] = [];

  constructor(private readonly claim: Claim) {}

  push(chunk: Uint8Array): Iterable<Packet> {
    if (this.chosen) return this.chosen.push(chunk);
    this.waiting.push(chunk);
    const first = chunk.find((byte) => !SKIPPED.has(byte));
    return first === undefined ? [] : this.release(this.choose(first));
  }

  end(): Iterable<Packet> {
    if (this.chosen) return this.chosen.end();
    const chosen = this.choose(undefined);
    return [...this.release(chosen), ...chosen.end()];
  }

  private choose(first: number | undefined): Transducer<Uint8Array, Packet> {
    const chosen = decide(this.claim, first)();
    this.chosen = chosen;
    return chosen;
  }

  private release(to: Transducer<Uint8Array, Packet>): Packet[] {
    return this.waiting.flatMap((chunk) => [...to.push(chunk)]);
  }
}
