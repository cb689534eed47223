import { AttemptError, type FailureKind } from '../../core/failure.ts';

/** An attempt that ends here, and why. */
export function failure(kind: FailureKind, message: string): AttemptError {
  return new AttemptError({ kind, message });
}

/** The same for data of an answer that is not JSON. */
export function notJson(data: string): AttemptError {
  return failure('garbled', `the answer was ${data.startsWith('<') ? 'HTML' : 'something that is not JSON'}`);
}
