import type { Logger } from '@logtape/logtape';
import type { Journal } from '../core/runtime.ts';
import { breakerNews } from './breaker-news.ts';

/** Tells the log what a user wants to know while it happens: who took over, who is out, and why; everything else at `debug`. */
export function logJournal(log: Logger): Journal {
  // Most of it is never read: its lines are not even put together then.
  const isDebug = log.isEnabledFor('debug');
  const news = breakerNews();
  let servedBy: string | null = null;
  return {
    attempt(record) {
      const { requestId, upstream, model, number, startedAt, endedAt, failure } = record;
      const back = failure === undefined ? news.answered(record) : [];
      for (const who of back) log.info(LINE, { line: `${who} is back` });
      if (!isDebug) return;
      const took = endedAt - startedAt;
      const how = failure === undefined ? 'answered' : `${failure.kind}: ${failure.message}`;
      log.debug(LINE, { line: `${requestId} attempt ${number}: ${upstream} (${model}) ${how}, ${took} ms` });
    },
    serving(requestId, upstream, because) {
      // Who serves is news when it changes; one line for every request of an outage would fill the user's terminal.
      const isNews = upstream !== (servedBy ?? (because === null ? upstream : null));
      servedBy = upstream;
      const why = because === null ? '' : `, because ${because}`;
      if (isNews) log.info(LINE, { line: `now served by ${upstream}${why}` });
      else if (isDebug) log.debug(LINE, { line: `${requestId} served by ${upstream}${why}` });
    },
    request({ requestId, upstream, attempts, outcome, because }) {
      if (outcome === 'failed') {
        const who = upstream === null ? '' : ` (${upstream})`;
        const why = because === null ? '' : `: ${because}`;
        log.warning(LINE, { line: `${requestId} failed after ${counted(attempts)}${who}${why}` });
      } else if (isDebug) log.debug(LINE, { line: `${requestId} ${outcome} after ${counted(attempts)}` });
    },
    probe({ upstream, method, tookMs, failure }) {
      if (!isDebug) return;
      const how = failure === undefined ? 'answered' : `${failure.kind}: ${failure.message}`;
      log.debug(LINE, { line: `probe of ${upstream} (${method}): ${how}, ${tookMs} ms` });
    },
    breaker(record) {
      const { line, isNews } = news.tell(record);
      if (isNews) log.info(LINE, { line });
      else if (isDebug) log.debug(LINE, { line });
    },
  };
}

/** What is logged is a value, never the template: braces in an upstream's words would be taken for placeholders. */
const LINE = '{line}';

function counted(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}
