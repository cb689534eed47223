import type { Status, UpstreamStatus } from '../server/status.ts';
import { printable } from '../telemetry/log.ts';
import { span } from '../telemetry/span.ts';
import { table } from './print.ts';

/** `ccproxy status` for people: who serves, how each upstream stands, and why. */
export function describeStatus(status: Status, now: number): string {
  const { upstreams, serving, preferred, config, last_switch: last } = status;
  const rows = upstreams.map((upstream) => row(upstream, serving, now));
  return [
    `ccproxy ${status.version}, up ${span(now - Date.parse(status.started_at))}, ${status.listen.join(' and ')}`,
    `mode: ${status.mode}${config.path === null ? '' : ` (${config.path})`}`,
    ...(config.error === null ? [] : [`the file as it is now is not in use: ${lineOf(config.error)}`]),
    `serving: ${serving ?? 'nothing yet'}`,
    ...(preferred === null ? [] : [`preferred: ${preferred} (to undo it: ccproxy use auto)`]),
    ...(status.offline ? ['offline: this machine reaches no remote upstream'] : []),
    '',
    table([
      ['', 'UPSTREAM', 'STATE', 'OK', 'FAILED', 'FIRST CONTENT', 'LAST PROBE', 'TESTED', 'NOTE'],
      ...rows,
    ]),
    ...(last === null
      ? []
      : ['', printable(`last switch: ${last.at} ${last.from} → ${last.to}: ${last.reason}`)]),
  ].join('\n');
}

function row(upstream: UpstreamStatus, serving: string | null, now: number): string[] {
  const { name, state, counts, latency, reason, until, last_tested: tested } = upstream;
  const p50 = latency.first_content_ms?.p50;
  const again = until === null ? [] : [`again in ${span(Date.parse(until) - now)}`];
  return [
    name === serving ? '*' : '',
    name,
    state,
    String(counts.ok),
    String(counts.failed),
    p50 === undefined ? '–' : `${p50} ms`,
    probe(upstream, now),
    tested === null ? '–' : `${span(now - Date.parse(tested))} ago`,
    printable([...(reason === '' ? [] : [reason]), ...again].join(', ')),
  ];
}

function probe({ last_probe: last }: UpstreamStatus, now: number): string {
  if (last === null) return '–';
  return `${last.ok ? `${last.ms} ms` : 'failed'}, ${span(now - Date.parse(last.at))} ago`;
}

/** Problems of a configuration stand on a line each. */
function lineOf(text: string): string {
  return printable(text.trim().replace(/\s*\n\s*/g, '; '));
}
