import type { Logger } from '@logtape/logtape';
import type { Journal } from '../core/runtime.ts';

/** Tells the log what a user wants to know while it happens: who took over, and why; everything else at `debug`. */
export function logJournal(log: Logger): Journal {
  return {
    attempt({ requestId, upstream, model, number, startedAt, endedAt, failure }) {
      const took = endedAt - startedAt;
      const how = failure === undefined ? 'answered' : `${failure.kind}: ${failure.message}`;
      log.debug(`${requestId} attempt ${number}: ${upstream} (${model}) ${how}, ${took} ms`);
    },
    serving(requestId, upstream, because) {
      if (because === null) log.debug(`${requestId} served by ${upstream}`);
      else log.info(`${requestId} served by ${upstream}, because ${because}`);
    },
    request({ requestId, upstream, attempts, outcome, because }) {
      if (outcome === 'failed') {
        const why = because === null ? '' : `: ${because}`;
        log.warning(
          `${requestId} failed after ${attempts} attempts${upstream === null ? '' : ` (${upstream})`}${why}`,
        );
      } else log.debug(`${requestId} ${outcome} after ${attempts} attempts`);
    },
  };
}
