/** What is known of a Claude model by its name. */
export interface ClaudeModel {
  /** Major and minor: 4.8 of `claude-opus-4-8`, 5 of `claude-sonnet-5`. */
  version: number;
}

const NEW = /claude-(?:opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[-.](\d{1,2})(?!\d))?/i;
const OLD = /claude-(\d)(?:[-.](\d{1,2})(?!\d))?-(?:opus|sonnet|haiku)/i;

/**
 * The Claude model that `name` names, as clouds and gateways write it: `claude-opus-4-8`, `anthropic/claude-opus-4.8`,
 * `claude-opus-4-8@20260528`, `us.anthropic.claude-opus-4-8-v1:0`, `claude-3-7-sonnet-20250219`. Null for all others.
 */
export function claudeNamed(name: string): ClaudeModel | null {
  const match = NEW.exec(name) ?? OLD.exec(name);
  if (match === null) return null;
  return { version: Number(`${match[1]}.${match[2] ?? 0}`) };
}

/** From 4.6 on a model thinks as much as it finds right; later ones refuse a budget. Source: the extended thinking page. */
export function thinksByItself({ version }: ClaudeModel): boolean {
  return version >= 4.6;
}

/** From 4.6 on a conversation must end with the user. Source: the migration page of the API reference. */
export function refusesPrefill({ version }: ClaudeModel): boolean {
  return version >= 4.6;
}
