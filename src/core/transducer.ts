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
    *push(item) {
      for (const middle of first.push(item)) yield* second.push(middle);
    },
    *end() {
      for (const middle of first.end()) yield* second.push(middle);
      yield* second.end();
    },
  };
}

/** Everything that comes out of `transducer` for the whole of `items`. */
export function drain<In, Out>(transducer: Transducer<In, Out>, items: Iterable<In>): Out[] {
  const out: Out[] = [];
  for (const item of items) out.push(...transducer.push(item));
  out.push(...transducer.end());
  return out;
}
