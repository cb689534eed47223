/** Who is asked, in which order. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Standing, select } from '../../src/core/select.ts';
import { backup } from '../support/relay.ts';

const RANKS: Record<string, Standing['rank']> = {
  '': 'well',
  '~': 'returning',
  '?': 'doubtful',
  x: 'cut-off',
};

/** A chain in words: `a` is well, `a~` returning, `a?` doubtful, `ax` cut off; `!` bars it, whatever its rank. */
function standingsOf(chain: string): Standing[] {
  return chain
    .split(' ')
    .filter(Boolean)
    .map((word) => ({
      upstream: backup({ name: word.slice(0, 1) }),
      barred: word.endsWith('!') ? 'no credential' : null,
      rank: RANKS[word.slice(1).replace('!', '')] ?? 'well',
    }));
}

const names = (standings: readonly Standing[], preferred: string | null, serving: string | null) =>
  select(standings, { preferred, serving }).map(({ name }) => name);

describe('the order', () => {
  const ROWS: [chain: string, wishes: string, order: string, because: string][] = [
    ['', '', '', 'nobody is there'],
    ['a b c', '', 'a b c', 'it is the chain'],
    ['a! b c', '', 'b c', 'barred is barred'],
    ['a! b! c!', 'prefers a', '', 'also when all are'],
    ['a? b c', '', 'b c a', 'the doubtful come last'],
    ['a? b? c', '', 'c a b', 'in the order of the chain'],
    ['ax b c', '', 'b c a', 'who cannot be reached comes last'],
    ['ax b? c', '', 'c b a', 'behind the doubtful'],
    ['a? b! c?', '', 'a c', 'a doubtful one is better than none'],
    ['ax bx', '', 'a b', 'and so is one that cannot be reached'],
    ['a?! b', '', 'b', 'doubtful and barred is barred'],

    ['a~ b c', '', 'b a c', 'one that returns stands behind the first that is well'],
    ['a~ b~ c d', '', 'c a b d', 'several keep their order'],
    ['a b~ c', '', 'a b c', 'behind it already'],
    ['a~ b~', '', 'a b', 'nobody is well'],
    ['a~ b?', '', 'a b', 'a doubtful one is not well'],
    ['a~ b!', '', 'a', 'nor one that is barred'],
    ['a~ bx', '', 'a b', 'nor one that cannot be reached'],
    ['a~ b? c', '', 'c a b', 'all together'],

    ['a b c', 'serves c', 'c a b', 'a conversation stays where it is'],
    ['a b c', 'serves a', 'a b c', 'it is there already'],
    ['a b c~', 'serves c', 'a b c', 'but not with one that has failed'],
    ['a b c?', 'serves c', 'a b c', 'nor with a doubtful one'],
    ['a b cx', 'serves c', 'a b c', 'nor with one that cannot be reached'],
    ['a b c!', 'serves c', 'a b', 'nor with one that is barred'],
    ['a~ b c', 'serves c', 'c b a', 'the others keep theirs'],
    ['a b c', 'serves z', 'a b c', 'it left the chain'],

    ['a b c', 'prefers b', 'b a c', 'the user wants it so'],
    ['a b~ c', 'prefers b', 'b a c', 'also while it returns'],
    ['a~ b c', 'prefers a', 'a b c', 'the same'],
    ['a b? c', 'prefers b', 'a c b', 'not while it is doubtful'],
    ['a bx c', 'prefers b', 'a c b', 'nor when it cannot be reached'],
    ['a b! c', 'prefers b', 'a c', 'nor when it is barred'],
    ['a b c', 'prefers z', 'a b c', 'it left the chain'],
    ['a b c', 'prefers b serves c', 'b c a', 'the wish comes before the conversation'],
    ['a b c', 'prefers c serves c', 'c a b', 'both want the same'],
    ['a b? c', 'prefers b serves c', 'c a b', 'the one cannot have it'],
  ];
  test.each(ROWS)('of "%s" (%s): "%s", because %s', (chain, wishes, order) => {
    const preferred = /prefers (\w)/.exec(wishes)?.[1] ?? null;
    const serving = /serves (\w)/.exec(wishes)?.[1] ?? null;
    expect(names(standingsOf(chain), preferred, serving).join(' ')).toBe(order);
  });
});

describe('whatever the chain', () => {
  const rank = fc.constantFrom(...Object.values(RANKS));
  const chain = fc.array(fc.tuple(rank, fc.boolean()), { maxLength: 8 }).map((rows) =>
    rows.map(
      ([rank, isBarred], at): Standing => ({
        upstream: backup({ name: `u${at}` }),
        barred: isBarred ? 'no' : null,
        rank,
      }),
    ),
  );
  const wish = fc.option(fc.nat(8).map((at) => `u${at}`));

  test('all that are able and nobody else, the wished for first, the doubtful and the cut off last', () => {
    fc.assert(
      fc.property(chain, wish, wish, (standings, preferred, serving) => {
        const order = select(standings, { preferred, serving });
        const able = standings.filter(({ barred }) => barred === null);
        expect(new Set(order)).toEqual(new Set(able.map(({ upstream }) => upstream)));
        expect(order).toHaveLength(able.length);

        const of = (name: string | null) => able.find(({ upstream }) => upstream.name === name);
        const ranks = order.map(({ name }) => of(name)?.rank ?? 'well');
        const usable = ranks.filter((rank) => rank === 'well' || rank === 'returning').length;
        const reachable = ranks.filter((rank) => rank !== 'cut-off').length;
        expect(ranks.slice(usable, reachable).every((rank) => rank === 'doubtful')).toBe(true);
        expect(ranks.slice(reachable).every((rank) => rank === 'cut-off')).toBe(true);

        const wished = of(preferred);
        const isGranted = wished?.rank === 'well' || wished?.rank === 'returning';
        const served = of(serving);
        if (isGranted) expect(order[0]?.name).toBe(preferred ?? '');
        else if (served?.rank === 'well') expect(order[0]?.name).toBe(serving ?? '');
        else if (ranks.includes('well')) expect(ranks[0]).toBe('well');
      }),
      { numRuns: 3000 },
    );
  });

  test('without wishes, those of one rank keep the order of the chain', () => {
    fc.assert(
      fc.property(chain, rank, (standings, rank) => {
        const order = names(standings, null, null);
        const alike = standings.filter((one) => one.rank === rank && one.barred === null);
        const expected = alike.map(({ upstream }) => upstream.name);
        expect(order.filter((name) => expected.includes(name))).toEqual(expected);
      }),
    );
  });
});
