import { replaceModel } from '../../../core/scan.ts';
import type { Dialect, Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { decodeNative } from './decode.ts';
import { explain } from './explain.ts';
import { nativeHeaders } from './native-headers.ts';

/** Anthropic Messages: byte for byte where Anthropic itself answers, by the letter of the API everywhere else. */
export const anthropic: Dialect = {
  name: 'anthropic',
  path: '/messages',
  encode: (inbound, target) => encodeNative(inbound, target),
  decode: () => decodeNative(),
  explain,
};

function encodeNative(inbound: Inbound, target: Target): Encoded {
  const body =
    target.model === inbound.model ? inbound.bytes : replaceModel(inbound.bytes, inbound.modelSpan, target.model);
  return { body, headers: nativeHeaders(inbound.headers) };
}
