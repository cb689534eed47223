import type { Runtime } from '../core/runtime.ts';
import type { Chain } from '../core/upstream.ts';
import type { Preference } from '../proxy/context.ts';
import type { CredentialNames } from '../proxy/credential-names.ts';
import { overall } from '../proxy/standing.ts';
import { printable } from '../telemetry/log.ts';
import { span } from '../telemetry/span.ts';
import { ownSubject } from './own-subject.ts';

/**
 * What the user should know before the first request of what an earlier process left: who is not asked, or asked first, though
 * nothing in the configuration says so. One line each, in the order of the chain; none for a start afresh.
 */
export function inherited(
  chain: Chain,
  { preferred }: Preference,
  credentials: CredentialNames,
  runtime: Runtime,
): string[] {
  const now = runtime.clock.now();
  return chain.flatMap((upstream) => {
    const { name } = upstream;
    const { name: state, until = now, reason } = overall(ownSubject(upstream, credentials), runtime);
    const why = reason === undefined ? '' : `: ${printable(reason)}`;
    const length = span(until - now);
    return [
      ...(state === 'isolated' ? [`${name} is isolated; to undo it: ccproxy reset ${name}`] : []),
      ...(state === 'cooldown' ? [`${name} is in cooldown for ${length}${why}`] : []),
      ...(state === 'blocked' ? [`${name} is blocked, tried again in ${length}${why}`] : []),
      ...(name === preferred ? [`${name} is preferred; to undo it: ccproxy use auto`] : []),
    ];
  });
}
