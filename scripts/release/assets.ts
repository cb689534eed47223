/** The files of a release: their names, which never change, and their date, which the commit decides. */

/** A kind of machine that there is a program for, as `targets.json` lists them. */
export interface Target {
  /** `<os>-<arch>` in Go's words, `-musl` for Alpine. */
  name: string;
  /** What Bun calls it. */
  target: string;
  /** The npm package with the Bun that runs there. */
  runtime: string;
}

/** What a release has for one target. */
export interface Assets {
  /** What the program is called in its archive, and by the user. */
  program: string;
  raw: string;
  packed: string;
}

export function assetsOf(target: string): Assets {
  const isWindows = target.startsWith('windows-');
  const suffix = isWindows ? '.exe' : '';
  return {
    program: `ccproxy${suffix}`,
    raw: `ccproxy-${target}${suffix}`,
    packed: `ccproxy-${target}${isWindows ? '.zip' : '.tar.gz'}`,
  };
}

/** The name under which `npm pack` leaves the package `name`. */
export function tarballOf(name: string, version: string): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}

/** Where no date is known: the first that a zip archive can hold, in seconds since 1970. */
const NO_DATE = Date.UTC(1980, 0) / 1000;

/** The date of packed files, whole seconds since 1970, from `SOURCE_DATE_EPOCH` or the commit. */
export function modifiedAt(seconds: string | undefined): number {
  const given = Number(seconds || Number.NaN);
  return Number.isSafeInteger(given) && given >= NO_DATE ? given : NO_DATE;
}
