import { type Block, isBlock, type ThinkingBlock } from '../../../core/messages.ts';
import { mark, readMark } from '../../../core/provenance.ts';
import { shortHash } from '../../../core/short-hash.ts';
import type { Target } from '../../../core/upstream.ts';

/**
 * What a thinking block is closed with that `target` signed itself: its signature within our mark, and which model it
 * belongs to, because it means nothing to another one.
 */
export function sealFor({ provider, model }: Target, signature: string): string {
  return mark({ provider, payload: `${shortHash(model)}:${signature}` });
}

/**
 * A thinking block as the server that wrote it gets it back; undefined for one that another model wrote. In the middle of
 * its tool calls a model needs its thoughts, and some refuse to go on without (DeepSeek, or Claude behind a gateway).
 */
export function ownThinking(block: Block, { provider, model }: Target): ThinkingBlock | undefined {
  if (!isBlock(block, 'thinking') || typeof block.thinking !== 'string' || block.thinking === '') return;
  const from = readMark(block.signature);
  if (from?.provider !== provider) return;
  const { payload } = from;
  if (payload === undefined) return { type: 'thinking', thinking: block.thinking, signature: '' };
  const owner = `${shortHash(model)}:`;
  if (!payload.startsWith(owner)) return;
  return { type: 'thinking', thinking: block.thinking, signature: payload.slice(owner.length) };
}
