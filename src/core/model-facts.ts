/** How hard models can be told to think, weakest first, in the names of `reasoning_effort`. */
export const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

/** Those that every model has which can be told how hard to think. */
export const USUAL_EFFORTS: readonly Effort[] = ['low', 'medium', 'high'];

/** US$ per million tokens; absent where it is not known. */
export interface Price {
  input: number;
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
}

/** How the thinking of a model can be steered. */
export interface ThinkingControl {
  /** It can be turned on and off. */
  toggle: boolean;
  /** The efforts that it takes, weakest first; empty: none. */
  efforts: readonly Effort[];
  /** `none` is one of the efforts: no thinking. */
  none: boolean;
  /** It takes a budget in tokens; absent: it takes none. */
  budget?: { least?: number; most?: number };
}

/**
 * What is known beforehand of the model an upstream is asked for. What is absent is not known, and the careful reading of
 * that is the same everywhere: images and tools are sent, no request is too long for it, no answer is cut short for it, and
 * an effort is one of low, medium and high. A refusal is then taken at its word.
 */
export interface ModelFacts {
  /** Tokens of prompt and answer together; > 0. */
  context?: number;
  /** Tokens of the prompt alone, where they have a limit of their own; > 0. */
  input?: number;
  /** Tokens of the answer; > 0. */
  output?: number;
  price?: Price;
  /** Whether it sees images. */
  vision?: boolean;
  /** Whether it reads PDFs. */
  pdf?: boolean;
  /** Whether it calls tools. */
  tools?: boolean;
  /** Whether it thinks. */
  reasoning?: boolean;
  control?: ThinkingControl;
  /** False: it refuses sampling parameters. */
  temperature?: boolean;
  status?: 'alpha' | 'beta' | 'deprecated';
  /** What of this the configuration says, and not the data. */
  configured?: readonly ('context' | 'vision' | 'tools')[];
}

/** The efforts that a model takes, as far as that is known: the usual ones where it is not. */
export function effortsOf({ reasoning, control }: ModelFacts): readonly Effort[] {
  return reasoning === false ? [] : (control?.efforts ?? USUAL_EFFORTS);
}
