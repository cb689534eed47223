import type { Status, UpstreamStatus } from '../server/status.ts';
import { printable } from '../telemetry/log.ts';
import { table } from './print.ts';

/** `ccproxy status` for people: who serves, how each upstream stands, and why. */
export function describeStatus(status: Status, now: number): string {
  const { upstreams, serving, last_switch: last } = status;
  const rows = upstreams.map((upstream) => row(upstream, serving, now));
  return [
    `ccproxy ${status.version}, up ${span(now - Date.parse(status.started_at))}, ${status.listen.join(' and ')}`,
    `mode: ${status.mode}${status.config.path === null ? '' : ` (${status.config.path})`}`,
    `serving: ${serving ?? 'nothing yet'}`,
    '',
    table([['', 'UPSTREAM', 'STATE', 'OK', 'FAILED', 'FIRST CONTENT', 'NOTE'], ...rows]),
    ...(last === null
      ? []
      : ['', printable(`last switch: ${last.at} ${last.from} → ${last.to}: ${last.reason}`)]),
  ].join('\n');
}

function row(upstream: UpstreamStatus, serving: string | null, now: number): string[] {
  const { name, state, counts, latency, reason, until } = upstream;
  const p50 = latency.first_content_ms?.p50;
  const again = until === null ? '' : `, again in ${span(Date.parse(until) - now)}`;
  return [
    name === serving ? '*' : '',
    name,
    state,
    String(counts.ok),
    String(counts.failed),
    p50 === undefined ? '–' : `${p50} ms`,
    printable(`${reason}${again}`),
  ];
}

/** A length of time in its two largest units. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}
