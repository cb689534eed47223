import { isObject, parseJson } from '../../../core/json.ts';
import { type Block, isBlock, type JsonObject, type ToolUseBlock } from '../../../core/messages.ts';
import { isMadeOf } from '../../../core/provenance.ts';
import type { Target } from '../../../core/upstream.ts';
import { readSeal } from '../../history/seal.ts';
import { detailKey } from './reasoning-details.ts';

/**
 * The `reasoning_details` that `target` gets back with a message of its own: those of the same provider and model.
 * @param ids what the calls of the conversation are named upstream
 */
export function ownDetails(
  blocks: readonly Block[],
  ids: ReadonlyMap<ToolUseBlock, string>,
  target: Target,
): { reasoning_details?: JsonObject[] } {
  if (target.quirks.reasoningDetails !== true) return {};
  const details = new Map<string, JsonObject>();
  for (const block of blocks) {
    const detail = detailOf(block, target);
    if (detail === undefined) continue;
    const key = detailKey(detail);
    details.set(key, { ...details.get(key), ...detail, ...nameOfCall(detail, blocks, ids) });
  }
  return details.size === 0 ? {} : { reasoning_details: [...details.values()] };
}

/** A thought that belongs to a call has its id, and that may have been changed on the way to the client. */
function nameOfCall(
  { id }: JsonObject,
  blocks: readonly Block[],
  ids: ReadonlyMap<ToolUseBlock, string>,
): { id?: string } {
  if (typeof id !== 'string') return {};
  const call = blocks.find((block) => isBlock(block, 'tool_use') && isMadeOf(block.id, id));
  const name = call !== undefined && isBlock(call, 'tool_use') ? ids.get(call) : undefined;
  return name === undefined ? {} : { id: name };
}

function detailOf(block: Block, target: Target): JsonObject | undefined {
  if (isBlock(block, 'redacted_thinking')) return unpacked(block.data, target);
  if (!isBlock(block, 'thinking')) return undefined;
  const detail = unpacked(block.signature, target);
  if (detail === undefined) return undefined;
  return { ...detail, [detail.type === 'reasoning.summary' ? 'summary' : 'text']: block.thinking };
}

function unpacked(signature: string | undefined, target: Target): JsonObject | undefined {
  const payload = readSeal(signature, target, 'details')?.payload;
  const detail = payload === undefined ? undefined : parseJson(Buffer.from(payload, 'base64').toString());
  return isObject(detail) ? (detail as JsonObject) : undefined;
}
