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

/** A whole reply as a response; its length is that of the bytes sent. */
export function responseOf({ status, headers, body }: WholeReply): Response {
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}
