import type { MessagesRequest } from '../../../core/messages.ts';
import { replaceModel } from '../../../core/scan.ts';
import type { Dialect, Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { writeJson } from '../../../core/write-json.ts';
import { explain } from '../../errors/explain.ts';
import { encodeCompatible, encodeCount } from './compatible.ts';
import { decodeNative } from './decode.ts';
import { explainNative } from './explain.ts';
import { mayThink } from './mid-turn.ts';
import { nativeHeaders } from './native-headers.ts';
import { decodeCompatible } from './normalise.ts';
import { mayBeRefused, portable } from './portable.ts';
import { VERSION } from './version.ts';

/** Anthropic Messages: byte for byte where Anthropic itself answers, the API's core in strict grammar everywhere else. */
export const anthropic: Dialect = {
  name: 'anthropic',
  path: '/messages',
  headers: VERSION,
  encode: (inbound, target) => (target.native ? encodeNative : encodeCompatible)(inbound, target),
  count: {
    path: '/messages/count_tokens',
    encode: (inbound, target) => (target.native ? encodeNative : encodeCount)(inbound, target),
  },
  decode: (target) => (target.native ? decodeNative() : decodeCompatible(target)),
  explain: (status, headers, body, { native }) => (native ? explainNative : explain)(status, headers, body),
};

/** The client's own bytes, but for a history that Anthropic would refuse and a model that is mapped. */
function encodeNative(inbound: Inbound, target: Target): Encoded {
  const headers = nativeHeaders(inbound.headers);
  const withThinking = target.quirks.thinkingHistory !== false;
  if (!withThinking || target.quirks.pairedHistory === true || mayBeRefused(historyOf(inbound))) {
    const mended = mend(inbound, withThinking);
    if (mended !== null) return { body: writeJson({ ...mayThink(mended), model: target.model }), headers };
  }
  const isAsked = target.model === inbound.model;
  return {
    body: isAsked ? inbound.bytes : replaceModel(inbound.bytes, inbound.modelSpan, target.model),
    headers,
  };
}

/** The bytes of what was said: system prompt and tools are longer at first, and nobody else writes them. */
function historyOf({ bytes, messagesSpan }: Inbound): Uint8Array {
  return messagesSpan === undefined ? bytes : bytes.subarray(...messagesSpan);
}

/** Null when there is nothing to mend, or what is there has not the shape of a request: Anthropic says what is wrong with it. */
function mend(inbound: Inbound, withThinking: boolean): MessagesRequest | null {
  try {
    const { request } = inbound;
    const mended = portable(request, withThinking);
    return mended === request ? null : mended;
  } catch {
    return null;
  }
}
