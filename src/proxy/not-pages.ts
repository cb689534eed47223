import { AttemptError } from '../core/failure.ts';
import type { Transducer } from '../core/transducer.ts';
import type { Packet } from '../core/upstream.ts';

/**
 * Lets packets through, but for a page for people in the place of an answer: then it is not the API that answers there, but
 * a login of the network, a challenge, or somebody else's server.
 * @throws AttemptError
 */
export function notPages(): Transducer<Packet, Packet> {
  let isFirst = true;
  return {
    push(packet) {
      if (isFirst && packet.name === '' && packet.data.trimStart().startsWith('<')) {
        throw new AttemptError({ kind: 'misdirected', message: 'the answer was an HTML page' });
      }
      isFirst = false;
      return [packet];
    },
    end: () => [],
  };
}
