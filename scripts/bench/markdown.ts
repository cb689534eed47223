/** Numbers and tables as the reports write them. */

export const ms = (value: number) => `${value.toFixed(2)} ms`;
export const whole = (value: number) => Math.round(value).toLocaleString('en-US');

/** The first column is words, the others are numbers. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

/** A number that the project holds itself to. */
export interface Bound {
  what: string;
  measured: number;
  unit: string;
  /** The bound, and which way it binds. */
  most?: number;
  least?: number;
}

function isKept({ measured, most, least }: Bound): boolean {
  return (most === undefined || measured <= most) && (least === undefined || measured >= least);
}

/** @param before the same numbers of another build */
export function boundsTable(bounds: readonly Bound[], before?: readonly Bound[]): string {
  const amount = (value: number, unit: string) =>
    `${value >= 1000 ? whole(value) : value.toFixed(unit === '' ? 0 : 2)} ${unit}`.trimEnd();
  const rows = bounds.map((bound, index) => [
    bound.what,
    ...(before === undefined ? [] : [amount(before[index]?.measured ?? Number.NaN, bound.unit)]),
    amount(bound.measured, bound.unit),
    bound.most === undefined
      ? `≥ ${amount(bound.least ?? 0, bound.unit)}`
      : `≤ ${amount(bound.most, bound.unit)}`,
    isKept(bound) ? 'yes' : '**no**',
  ]);
  const measured = before === undefined ? ['measured'] : ['before', 'measured'];
  return table(['what', ...measured, 'to hold', 'held'], rows);
}
