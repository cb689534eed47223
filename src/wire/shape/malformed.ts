import { Complaints } from './complaints.ts';
import { checkMessages, checkSystem } from './messages.ts';
import { checkSettings } from './settings.ts';
import { checkTools } from './tools.ts';

/**
 * Why a body is no request that could be put into another language, in the words of the API; null when it is one. Whatever
 * can be repaired beyond doubt is no reason: empty and repeated things, any order, unknown types and fields, absent limits.
 * The words name places and what is allowed there, and nothing that the client wrote.
 */
export function malformed(body: unknown): string | null {
  const all = new Complaints();
  if (!all.isDictionary(body, 'body')) return all.text;
  checkMessages(body.messages, all);
  checkSystem(body.system, all);
  checkTools(body, all);
  checkSettings(body, all);
  return all.text;
}
