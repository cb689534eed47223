import { filled, isObject } from '../../../core/json.ts';
import type { ChatDelta } from './api.ts';

/**
 * Reasoning of a delta under the first of its names that says something: servers that send two of them send the same text
 * twice. `reasoning_content`: DeepSeek, xAI, Qwen, GLM, Kimi, llama.cpp · `reasoning`: Groq, OpenRouter, vLLM, Cerebras ·
 * `reasoning_details`: OpenRouter · a `content` of `thinking` parts: Mistral.
 */
export function reasoningOf(delta: ChatDelta): string {
  return (
    filled(delta.reasoning_content) ??
    filled(delta.reasoning) ??
    filled(delta.reasoning_text) ??
    filled(delta.thinking) ??
    filled(detailsOf(delta.reasoning_details)) ??
    thinkingParts(delta.content)
  );
}

/** Text of a delta: a string, or a list of parts of whatever type, whose text it is. */
export function textOf(delta: ChatDelta): string {
  const { content } = delta;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (isObject(part) ? (isThought(part) ? '' : plain(part.text)) : plain(part)))
    .join('');
}

function detailsOf(details: unknown): string {
  if (!Array.isArray(details)) return '';
  return details
    .map((detail) => (isObject(detail) ? (filled(detail.text) ?? filled(detail.summary) ?? '') : ''))
    .join('');
}

function thinkingParts(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content
    .filter((part) => isObject(part) && isThought(part))
    .map((part) => {
      const { thinking = part.text } = part;
      if (!Array.isArray(thinking)) return plain(thinking);
      return thinking.map((item) => (isObject(item) ? plain(item.text) : '')).join('');
    })
    .join('');
}

function isThought({ type }: Record<string, unknown>): boolean {
  return type === 'thinking' || type === 'reasoning';
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
