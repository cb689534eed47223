/** A status that fails over, or a class of them. */
export type Trigger = number | '4xx' | '5xx';

/** What triggers look like, in words. */
export const TRIGGER_WORDS = 'a status from 400 to 599, "4xx" or "5xx"';

/** Whether a status of Anthropic fails over. */
export function matchTriggers(triggers: readonly Trigger[]): (status: number) => boolean {
  const statuses = new Set(triggers.filter((trigger) => typeof trigger === 'number'));
  const classes = new Set(
    triggers.filter((trigger) => typeof trigger === 'string').map((trigger) => Number(trigger[0])),
  );
  return (status) => statuses.has(status) || classes.has(Math.floor(status / 100));
}
