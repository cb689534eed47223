import type { ApiErrorType } from '../core/messages.ts';
import { errorReply, type WholeReply } from '../proxy/conclude.ts';

/** An error of ccproxy's own, on its way to the client. */
export class ErrorAnswer extends Error {
  constructor(
    readonly status: number,
    readonly type: ApiErrorType,
    message: string,
    readonly headers: Record<string, string>,
  ) {
    super(message);
  }

  reply(requestId: string): WholeReply {
    return errorReply(this.status, this.type, this.message, requestId, this.headers);
  }
}

/** An error to throw: status, the API's error type, what to tell the client. */
export function fault(
  status: number,
  type: ApiErrorType,
  message: string,
  headers: Record<string, string> = {},
): ErrorAnswer {
  return new ErrorAnswer(status, type, message, headers);
}

/** The reply for whatever a handler threw; nothing of an unexpected error's text goes out. */
export function replyFor(error: unknown, requestId: string): WholeReply {
  if (error instanceof ErrorAnswer) return error.reply(requestId);
  return errorReply(500, 'api_error', 'ccproxy: internal error', requestId);
}

/** A whole reply as a response; its length is that of the bytes sent. */
export function responseOf({ status, headers, body }: WholeReply): Response {
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}
