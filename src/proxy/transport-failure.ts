import { AttemptError, type Failure, type FailureKind } from '../core/failure.ts';

/** What fetch throws on Bun 1.4 when there was no answer, by error code: its kind, and words. */
const BY_CODE = new Map<string, readonly [kind: FailureKind, words: string]>([
  ['ECONNREFUSED', ['refused', 'the connection was refused']],
  ['ConnectionRefused', ['refused', 'the connection was refused']],
  ['ECONNRESET', ['refused', 'the connection was reset']],
  ['ConnectionClosed', ['refused', 'the connection was closed']],
  ['EPIPE', ['refused', 'the connection was closed']],
  ['EPROTO', ['refused', 'the TLS handshake failed']],
  ['ENETUNREACH', ['unreachable', 'the network is unreachable']],
  ['ENETDOWN', ['unreachable', 'the network is down']],
  ['EHOSTUNREACH', ['unreachable', 'the host is unreachable']],
  ['EHOSTDOWN', ['unreachable', 'the host is down']],
  ['EADDRNOTAVAIL', ['unreachable', 'there is no address to connect from']],
  ['ETIMEDOUT', ['unreachable', 'the connection timed out']],
  ['ENOTFOUND', ['unreachable', 'the host name is unknown']],
  ['EAI_AGAIN', ['unreachable', 'the host name could not be resolved']],
  ['ERR_PROXY_TUNNEL', ['unreachable', 'the outbound proxy opened no tunnel']],
  ['Malformed_HTTP_Response', ['misdirected', 'the answer was not HTTP']],
  ['InvalidHTTPResponse', ['misdirected', 'the answer was not HTTP']],
  ['ZlibError', ['garbled', 'the answer could not be decompressed']],
  ['BrotliDecompressionError', ['garbled', 'the answer could not be decompressed']],
  ['ZstdDecompressionError', ['garbled', 'the answer could not be decompressed']],
]);

/** Resolvers' other words, where there is no name, or nobody to ask. Codes of c-ares and getaddrinfo, as Node.js has them. */
const RESOLVER =
  /^(?:EAI_[A-Z]+|E(?:NODATA|SERVFAIL|FORMERR|NOTIMP|REFUSED|BADRESP|BADNAME|TIMEOUT)|DNS[\w]*)$/;

/** OpenSSL's words for a certificate that does not show who is there. */
const TLS_IDENTITY =
  /^(?:ERR_TLS_CERT_\w+|CERT_\w+|CRL_\w+|UNABLE_TO_\w+|ERROR_IN_(?:CERT|CRL)_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|AKID_\w+|KEYUSAGE_NO_CERTSIGN)$/;

/** The failure behind whatever was thrown before an answer's headers came. */
export function transportFailure(error: unknown): Failure {
  if (error instanceof AttemptError) return error.failure;
  const code = codeOf(error);
  const known = BY_CODE.get(code);
  if (known !== undefined) return { kind: known[0], message: known[1] };
  if (TLS_IDENTITY.test(code))
    return { kind: 'untrusted', message: `its certificate is not trusted (${code})` };
  if (RESOLVER.test(code)) {
    return { kind: 'unreachable', message: `the host name could not be resolved (${code})` };
  }
  // Nothing is known about the network, so it is not blamed.
  return { kind: 'refused', message: `no connection${code === '' ? '' : ` (${code})`}` };
}

/** The failure behind whatever was thrown while the answer's body was read. */
export function bodyFailure(error: unknown): Failure {
  if (error instanceof AttemptError) return error.failure;
  const code = codeOf(error);
  if (code === '' && (error instanceof SyntaxError || error instanceof TypeError)) {
    return { kind: 'garbled', message: 'the stream was malformed' };
  }
  const [kind, message] = BY_CODE.get(code) ?? [];
  // It was an HTTP server up to here.
  if (kind === 'garbled' || kind === 'misdirected') return { kind: 'garbled', message: message ?? '' };
  return { kind: 'cut', message: 'the connection broke before the answer ended' };
}

/** The error's `code` where it is a word; numeric codes (DOMException) say nothing here. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}
