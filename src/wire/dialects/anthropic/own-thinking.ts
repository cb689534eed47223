import { type Block, isBlock, type ThinkingBlock } from '../../../core/messages.ts';
import type { Target } from '../../../core/upstream.ts';
import { readSeal } from '../../history/seal.ts';
import { isBlank } from '../../history/text.ts';

/**
 * A thinking block as the server that wrote it gets it back; undefined for one that another model wrote. In the middle of
 * its tool calls a model needs its thoughts, and some refuse to go on without (DeepSeek, or Claude behind a gateway).
 */
export function ownThinking(block: Block, target: Target): ThinkingBlock | undefined {
  if (!isBlock(block, 'thinking') || isBlank(block.thinking)) return;
  const seal = readSeal(block.signature, target, 'signature');
  return seal === null
    ? undefined
    : { type: 'thinking', thinking: block.thinking, signature: seal.payload ?? '' };
}
