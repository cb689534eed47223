/** The file descriptor of this process that a path stands for, as the shell's `<(…)` does; null for a path like any other. */
export function descriptorOf(path: string): number | null {
  if (path === '/dev/stdin') return 0;
  const number = /^\/(?:dev|proc\/[^/]+)\/fd\/(\d+)$/.exec(path)?.[1];
  return number === undefined ? null : Number(number);
}
