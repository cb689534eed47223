import type { JsonObject } from '../../core/messages.ts';
import type { Answer } from '../answers.ts';

/** What an answer needs beside its content: who it is and what it was asked as. */
export interface Wording {
  /** Unique in the upstream; letters and digits. The voice adds its own prefix. */
  id: string;
  /** The model of the request. */
  model: string;
}

/** An error as a scenario names it; every voice has its own shape for it. */
export interface Complaint {
  /** The Messages API's name for it: `overloaded_error`, `rate_limit_error`, … */
  type: string;
  message: string;
}

/** A wire language as a provider speaks it: the other side of a dialect. Pure. */
export interface Voice {
  readonly name: 'anthropic' | 'openai-chat';
  /** The events of a streamed answer, each with its blank line. */
  events(answer: Answer, wording: Wording): string[];
  /** The same answer as one JSON body. */
  whole(answer: Answer, wording: Wording): JsonObject;
  /** An error inside a stream. */
  errorEvent(complaint: Complaint): string;
  /** An error as a body. */
  errorBody(complaint: Complaint, wording: Wording): JsonObject;
  /** What keeps a silent stream alive without saying anything. */
  readonly ping: string;
  /** Headers every answer of such a provider carries. */
  headers(wording: Wording): Record<string, string>;
}

/** The id of the `index`-th tool call of the answer `wording` names. */
export function callId(prefix: string, wording: Wording, index: number): string {
  return `${prefix}${wording.id}x${index}`;
}
