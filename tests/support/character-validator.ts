/** Strict JSON parsers, and databases behind them, refuse NUL and halves of pairs in any string. */
export function checkCharacters(value: unknown, complain: (text: string) => void): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) complain(`broken text ${JSON.stringify(value)}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) checkCharacters(part, complain);
  }
}
