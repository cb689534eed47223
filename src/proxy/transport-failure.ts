import { AttemptError, type Failure } from '../core/failure.ts';

/** What fetch throws on Bun 1.4 when there was no answer, by error code → words. */
const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ConnectionRefused: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ConnectionClosed: 'the connection was closed',
  EPIPE: 'the connection was closed',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'the host is unreachable',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be resolved',
  ETIMEDOUT: 'the connection timed out',
  EPROTO: 'the TLS handshake failed',
};

/** Codes that mean something answered, but not an HTTP server of the kind expected. */
const GARBLED: Record<string, string> = {
  Malformed_HTTP_Response: 'the answer was not HTTP',
  ZlibError: 'the answer could not be decompressed',
  BrotliDecompressionError: 'the answer could not be decompressed',
  ZstdDecompressionError: 'the answer could not be decompressed',
};

/** The failure behind whatever was thrown before an answer's headers came. */
export function transportFailure(error: unknown): Failure {
  if (error instanceof AttemptError) return error.failure;
  const code = codeOf(error);
  const garbled = GARBLED[code];
  if (garbled !== undefined) return { kind: 'garbled', message: garbled };
  return {
    kind: 'unreachable',
    message: UNREACHABLE[code] ?? `no connection${code === '' ? '' : ` (${code})`}`,
  };
}

/** The failure behind whatever was thrown while the answer's body was read. */
export function bodyFailure(error: unknown): Failure {
  if (error instanceof AttemptError) return error.failure;
  if (error instanceof SyntaxError || error instanceof TypeError) {
    const code = codeOf(error);
    if (code === '') return { kind: 'garbled', message: 'the stream was malformed' };
  }
  const garbled = GARBLED[codeOf(error)];
  if (garbled !== undefined) return { kind: 'garbled', message: garbled };
  return { kind: 'cut', message: 'the connection broke before the answer ended' };
}

/** The error's `code` where it is a word; numeric codes (DOMException) say nothing here. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}
