/**
 * A pure, incremental step from a sequence of `In` to a sequence of `Out`. It holds whatever it has to remember between
 * two items; it does no I/O and reads no clock.
 */
export interface Transducer<In, Out> {
  push(item: In): Iterable<Out>;
  /** Called once, after the last item. Not called when the source failed. */
  end(): Iterable<Out>;
}

/** `first`, then `second`: one transducer from the first's input to the second's output. */
export function pipe<A, B, C>(first: Transducer<A, B>, second: Transducer<B, C>): Transducer<A, C> {
  return {
    push: (item) => through(first.push(item), second),
    end() {
      const rest = first.end();
      return Array.isArray(rest) && rest.length === 0 ? second.end() : ended(rest, second);
    },
  };
}

/** One at a time: what comes before something that throws must have come out. Of one alone, or none, no generator is made. */
function through<B, C>(items: Iterable<B>, second: Transducer<B, C>): Iterable<C> {
  if (!Array.isArray(items) || items.length > 1) return each(items, second);
  return items.length === 0 ? [] : second.push(items[0] as B);
}

function* each<B, C>(items: Iterable<B>, second: Transducer<B, C>): Generator<C, void> {
  for (const item of items) yield* second.push(item);
}

function* ended<B, C>(rest: Iterable<B>, second: Transducer<B, C>): Generator<C, void> {
  yield* through(rest, second);
  yield* second.end();
}

/** Everything that comes out of `transducer` for the whole of `items`. */
export function drain<In, Out>(transducer: Transducer<In, Out>, items: Iterable<In>): Out[] {
  const out: Out[] = [];
  for (const item of items) out.push(...transducer.push(item));
  out.push(...transducer.end());
  return out;
}
