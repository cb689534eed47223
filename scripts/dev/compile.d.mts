/** What TypeScript knows of `compile.mjs`. */
export interface OtherMachine {
  target: string;
  runtime: string;
  program: string;
}

export function compile(bun: string, entry: string, outfile: string, cross?: OtherMachine): Promise<void>;
