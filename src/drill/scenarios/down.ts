import type { Scene } from '../scene.ts';
import type { Reply } from '../script.ts';

/** Out of order: 503, or where the user's `triggers` leave that to the client, an error in the place of an answer. */
export function down({ primary, stage }: Scene): Reply {
  const { triggers } = stage.configuration.settings.failover;
  const movesOn = !primary.upstream.native || triggers(503);
  return movesOn ? { fault: { kind: 'status', status: 503 } } : { fault: { kind: 'error-with-200' } };
}
