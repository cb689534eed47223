import { type Complaints, isAbsent } from './complaints.ts';
import { checkSource } from './sources.ts';

const ROLES = new Set<unknown>(['user', 'assistant', 'system']);

/**
 * Checks the conversation. Blocks of types that are not known here need no more than a type: they are put into words. What
 * the API refuses but no translation needs is no complaint: signatures, ids and inputs of calls, empty contents, any order.
 */
export function checkMessages(messages: unknown, all: Complaints): void {
  if (!all.isList(messages, 'messages')) return;
  if (messages.length === 0) all.say('messages', 'at least one message is required');
  for (let at = 0; at < messages.length && !all.isFull; at += 1)
    checkMessage(messages[at], `messages.${at}`, all);
}

/** Checks `system`: a text, or texts in blocks. */
export function checkSystem(system: unknown, all: Complaints): void {
  if (isAbsent(system) || typeof system === 'string') return;
  if (!Array.isArray(system)) {
    all.sayNot(system, 'system', 'a valid string or list');
    return;
  }
  for (let at = 0; at < system.length && !all.isFull; at += 1) {
    const block: unknown = system[at];
    const path = `system.${at}`;
    if (!all.isDictionary(block, path)) continue;
    if (block.type !== 'text') all.sayNot(block.type, `${path}.type`, "'text'");
    all.isString(block.text, `${path}.text`);
  }
}

function checkMessage(message: unknown, path: string, all: Complaints): void {
  if (!all.isDictionary(message, path)) return;
  const { role, content } = message;
  if (!ROLES.has(role)) all.sayNot(role, `${path}.role`, "'user' or 'assistant'");
  if (Array.isArray(content)) checkBlocks(content, `${path}.content`, all);
  else if (typeof content !== 'string') all.sayNot(content, `${path}.content`, 'a valid string or list');
}

function checkBlocks(blocks: readonly unknown[], path: string, all: Complaints): void {
  for (let at = 0; at < blocks.length && !all.isFull; at += 1) checkBlock(blocks[at], `${path}.${at}`, all);
}

function checkBlock(block: unknown, path: string, all: Complaints): void {
  if (!all.isDictionary(block, path) || !all.isString(block.type, `${path}.type`)) return;
  const { type } = block;
  switch (type) {
    case 'text':
      all.isString(block.text, `${path}.text.text`);
      return;
    case 'image':
    case 'document':
      checkSource(block.source, `${path}.${type}.source`, type, all, (blocks, inside) =>
        checkBlocks(blocks, inside, all),
      );
      return;
    case 'thinking':
      if (!isAbsent(block.thinking)) all.isString(block.thinking, `${path}.thinking.thinking`);
      return;
    case 'tool_use':
      checkCall(block, `${path}.tool_use`, all);
      return;
    case 'tool_result':
      checkResult(block, `${path}.tool_result`, all);
  }
}

/** A call whose id was lost on the way is given one. */
function checkCall({ id, name }: Record<string, unknown>, path: string, all: Complaints): void {
  all.isString(name, `${path}.name`);
  if (!isAbsent(id)) all.isString(id, `${path}.id`);
}

/** What a result without an id belongs to is not known. */
function checkResult(block: Record<string, unknown>, path: string, all: Complaints): void {
  const { tool_use_id: id, content, is_error: isError } = block;
  all.isString(id, `${path}.tool_use_id`);
  if (!isAbsent(isError)) all.isBoolean(isError, `${path}.is_error`);
  if (Array.isArray(content)) checkBlocks(content, `${path}.content`, all);
  else if (!isAbsent(content) && typeof content !== 'string')
    all.sayNot(content, `${path}.content`, 'a valid string or list');
}
