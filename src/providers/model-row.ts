import { EFFORTS, type ModelFacts, type Price, type ThinkingControl } from '../core/model-facts.ts';

/**
 * A model in the snapshot: `[context, input, output, price, flags, control]`, in tokens and in US$ per million tokens; 0 is
 * not known. The price is `[input, output, cache read, cache write]`, with null for what is not known, or 0. Flags are
 * letters, see `FLAGS`. The control of its thinking is words: `toggle`, efforts, `none`, `budget` or `budget:LEAST-MOST`;
 * null is not known. What is not known at the end is left out.
 */
export type Row = readonly [
  context: number,
  input: number,
  output: number,
  price: readonly (number | null)[] | 0,
  flags: string,
  control?: string,
];

/** What a letter says where it stands; what it says where it does not is the opposite. */
const FLAGS = {
  v: 'sees images',
  p: 'reads PDFs',
  t: 'calls tools',
  r: 'thinks',
  f: 'refuses sampling parameters',
  a: 'alpha',
  b: 'beta',
  d: 'deprecated',
} as const;

const STATUSES = { a: 'alpha', b: 'beta', d: 'deprecated' } as const;

/** Facts as a row; what the configuration says is no part of it. */
export function packRow(facts: ModelFacts): Row {
  const { context = 0, input = 0, output = 0, price, control, status } = facts;
  const has: Record<keyof typeof FLAGS, boolean> = {
    v: facts.vision === true,
    p: facts.pdf === true,
    t: facts.tools === true,
    r: facts.reasoning === true,
    f: facts.temperature === false,
    a: status === 'alpha',
    b: status === 'beta',
    d: status === 'deprecated',
  };
  const flags = Object.entries(has).flatMap(([letter, is]) => (is ? [letter] : []));
  const row = [context, input, output, price === undefined ? 0 : packPrice(price), flags.join('')] as const;
  return control === undefined ? row : [...row, packControl(control)];
}

/** A row as facts. */
export function unpackRow([context, input, output, price, flags, control]: Row): ModelFacts {
  const status = Object.entries(STATUSES).find(([letter]) => flags.includes(letter))?.[1];
  return {
    ...(context > 0 && { context }),
    ...(input > 0 && { input }),
    ...(output > 0 && { output }),
    ...(price !== 0 && { price: unpackPrice(price) }),
    vision: flags.includes('v'),
    pdf: flags.includes('p'),
    tools: flags.includes('t'),
    reasoning: flags.includes('r'),
    ...(control !== undefined && { control: unpackControl(control) }),
    ...(flags.includes('f') && { temperature: false }),
    ...(status !== undefined && { status }),
  };
}

function packPrice({ input, output, cacheRead, cacheWrite }: Price): (number | null)[] {
  if (cacheWrite !== undefined) return [input, output, cacheRead ?? null, cacheWrite];
  return cacheRead === undefined ? [input, output] : [input, output, cacheRead];
}

function unpackPrice([input, output, cacheRead, cacheWrite]: readonly (number | null)[]): Price {
  return {
    input: input ?? 0,
    output: output ?? 0,
    ...(cacheRead != null && { cacheRead }),
    ...(cacheWrite != null && { cacheWrite }),
  };
}

function packControl({ toggle, efforts, none, budget }: ThinkingControl): string {
  const bounds = [budget?.least ?? '', budget?.most ?? ''].join('-');
  const words = [
    ...(toggle ? ['toggle'] : []),
    ...(none ? ['none'] : []),
    ...efforts,
    ...(budget === undefined ? [] : [bounds === '-' ? 'budget' : `budget:${bounds}`]),
  ];
  return words.join(' ');
}

function unpackControl(text: string): ThinkingControl {
  const words = text.split(' ');
  const budget = words.find((word) => word.startsWith('budget'));
  const [least, most] = (budget?.slice('budget:'.length) ?? '').split('-').map(Number);
  return {
    toggle: words.includes('toggle'),
    efforts: EFFORTS.filter((effort) => words.includes(effort)),
    none: words.includes('none'),
    ...(budget !== undefined && { budget: { ...(least && { least }), ...(most && { most }) } }),
  };
}
