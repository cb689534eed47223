/** The rules of the house. Each gives, for one file, the places that break it. */
import { basename, dirname, join } from 'node:path/posix';
import { importsOf, lineAt, type Source } from './source.ts';

export interface Rule {
  name: string;
  breaches(file: Source): string[];
}

/** Lowest first. A file imports its own room and the floors below it; `main.ts` stands on the roof. */
const FLOORS = [
  ['core'],
  ['wire', 'auth', 'store', 'telemetry'],
  ['providers', 'proxy'],
  ['config'],
  ['server'],
  ['drill'],
  ['cli'],
  ['main.ts'],
];

const LONGEST_FILE = 400;

function roomOf(path: string): string | undefined {
  const [top, room] = path.split('/');
  return top === 'src' ? room : undefined;
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

function isBelow(floor: string, file: Source): boolean {
  const room = roomOf(file.path);
  return room !== undefined && floorOf(room) < floorOf(floor);
}

/** Each match of `pattern` in the code (or in the comments) as `path:line: words`. */
function places(file: Source, pattern: RegExp, words: string, view: 'code' | 'comments' = 'code'): string[] {
  return [...file[view].matchAll(pattern)].map(
    (match) => `${file.path}:${lineAt(file, match.index)}: ${words} (${match[0].trim()})`,
  );
}

/** Why `file` must not import `target`, a path from the root; undefined when it may. */
function whyNot(file: Source, target: string): string | undefined {
  const from = roomOf(file.path) ?? '';
  const to = roomOf(target);
  if (to === undefined) return from === 'cli' ? undefined : 'lies outside src';
  if (to === from) return undefined;
  if (floorOf(to) === -1) return `is in no known room`;
  if (floorOf(to) === floorOf(from)) return `is across the floor from ${from}`;
  return floorOf(to) > floorOf(from) ? `is above ${from}` : undefined;
}

const floors: Rule = {
  name: 'a file imports its own room and lower floors only',
  breaches(file) {
    const room = roomOf(file.path);
    if (room === undefined) return [];
    if (floorOf(room) === -1) return [`${file.path}: ${room} is not a room of the house`];
    return importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .flatMap(({ specifier, line }) => {
        const reason = whyNot(file, join(dirname(file.path), specifier));
        return reason ? [`${file.path}:${line}: ${specifier} ${reason}`] : [];
      });
  },
};

const pureCore: Rule = {
  name: 'core imports nothing but core and does not know Bun',
  breaches(file) {
    if (roomOf(file.path) !== 'core') return [];
    const packages = importsOf(file)
      .filter(({ specifier }) => !specifier.startsWith('.'))
      .map(({ specifier, line }) => `${file.path}:${line}: imports ${specifier}`);
    return [...packages, ...places(file, /(?<![.\w$])(?:Bun|process)\./g, 'is not pure')];
  },
};

const length: Rule = {
  name: `no file is longer than ${LONGEST_FILE} lines`,
  breaches({ path, text }) {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > LONGEST_FILE ? [`${path}: ${lines} lines`] : [];
  },
};

const untyped: Rule = {
  name: 'nothing is untyped: no any, no @ts-ignore, no @ts-nocheck',
  breaches(file) {
    const afterCast = /(?<![.\w$])(?:as|satisfies)\s+any\b/g;
    const inType =
      /(?:[:|&<,(=[]|=>|(?<![.\w$])(?:extends|keyof|is|readonly|new))\s*any\b(?!\s*[(:]|\s*\?:|[\w$])/g;
    return [
      ...places(file, afterCast, 'any'),
      ...places(file, inType, 'any'),
      ...places(file, /@ts-(?:ignore|nocheck)\b/g, 'the type checker is silenced', 'comments'),
    ];
  },
};

/** The code with everything inside brackets blank: what is left stands at the module's own level. */
function moduleLevel(code: string): string {
  let depth = 0;
  return Array.from(code, (char) => {
    if ('{(['.includes(char)) depth += 1;
    if ('})]'.includes(char)) depth -= 1;
    return depth === 0 || char === '\n' ? char : ' ';
  }).join('');
}

const moduleState: Rule = {
  name: 'no module-level let or var in src',
  breaches(file) {
    if (!file.path.startsWith('src/')) return [];
    return places(
      { ...file, code: moduleLevel(file.code) },
      /(?<![.\w$])(?:let|var)\s+(?=[\w$({[ ])/g,
      'state of a module',
    );
  },
};

const consoles: Rule = {
  name: 'no console outside src/cli and main.ts',
  breaches(file) {
    const room = roomOf(file.path);
    if (room === undefined || room === 'cli' || room === 'main.ts') return [];
    return places(file, /(?:(?<![.\w$])|(?<=globalThis\.))console\b/g, 'talks past the log');
  },
};

const AMBIENT = [
  /\bDate\.now\b/g,
  /\bnew\s+Date\b(?!\s*\(\s*[^\s)])/g,
  /(?<![.\w$])(?<!new\s+)Date\s*\(\s*\)/g,
  /\bperformance\.(?:now|timeOrigin)\b/g,
  /\bprocess\.(?:env|hrtime|uptime)\b/g,
  /\bMath\.random\b/g,
  /\bAbortSignal\.timeout\b/g,
  /\bBun\.(?:sleep|sleepSync|nanoseconds|env|randomUUIDv\d)\b/g,
  /(?:(?<![.\w$])|(?<=globalThis\.)|(?<=crypto\.))(?:randomUUID|getRandomValues|randomBytes|randomInt)\b/g,
  /(?:(?<![.\w$])|(?<=globalThis\.))(?:setTimeout|setInterval|setImmediate)\b/g,
];

const ambient: Rule = {
  name: 'no ambient clock, randomness, timer or environment below server',
  breaches(file) {
    if (!isBelow('server', file)) return [];
    return AMBIENT.flatMap((pattern) => places(file, pattern, 'has to be passed in'));
  },
};

const wholeSuite: Rule = {
  name: 'every test runs: no skip, only or todo',
  breaches(file) {
    if (!file.path.startsWith('tests/')) return [];
    const modified = /(?<![.\w$])(?:test|it|describe)(?:\.\w+|\([^()]*\))*\.(?:skip|only|todo)\b/g;
    return places(file, /(?<![.\w$])(?:xtest|xit|xdescribe)\b/g, 'skipped').concat(
      places(file, modified, 'not all run'),
    );
  },
};

const VAGUE = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'types', 'misc', 'shared', 'lib']);

const names: Rule = {
  name: 'a name says what is inside: no utils, helpers, common or types',
  breaches({ path }) {
    const parts = [...dirname(path).split('/'), basename(path).replace(/\..*$/, '')];
    return parts.filter((part) => VAGUE.has(part)).map((part) => `${path}: ${part}`);
  },
};

const barrels: Rule = {
  name: 'no barrels: a file has something of its own',
  breaches(file) {
    const star = places(file, /(?<![.\w$])export\s*\*/g, 're-exports everything');
    const statement =
      /(?<![.\w$])(?:import|export)\b[^;'"()=]*?(?:from\s*)?(?:'[^']*'|"[^"]*")\s*(?:with\s*\{[^}]*\}\s*)?;?/g;
    const own = file.code.replace(statement, '').trim();
    const reExports = /(?<![.\w$])export\s+(?:type\s+)?\{[^}]*\}\s*from\b/.test(file.code);
    return reExports && own === '' ? [...star, `${file.path}: nothing but re-exports`] : star;
  },
};

export const RULES: Rule[] = [
  floors,
  pureCore,
  length,
  untyped,
  moduleState,
  consoles,
  ambient,
  wholeSuite,
  names,
  barrels,
];
