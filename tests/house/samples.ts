/** For every rule, by its name's first words: samples that break it, and samples that only look as if they did. */
export interface Sample {
  path: string;
  text: string;
}

export interface Samples {
  rule: string;
  bad: Sample[];
  good: Sample[];
}

const at =
  (path: string) =>
  (text: string): Sample => ({ path, text });

const core = at('src/core/sample.ts');
const proxy = at('src/proxy/sample.ts');
const test = at('tests/core/sample.test.ts');

export const SAMPLES: Samples[] = [
  {
    rule: 'a file imports its own room',
    bad: [
      core("import { x } from '../wire/sse.ts';"),
      core("import type { x } from '../config/schema.ts';"),
      core("export { x } from '../cli/print.ts';"),
      core("const x = await import('../server/app.ts');"),
      core("import '../main.ts';"),
      core("import {\n  a,\n  b,\n} from\n  '../auth/header.ts';"),
      proxy("import { list } from '../providers/index.ts';"),
      at('src/providers/groq.ts')('import { relay } from "../proxy/relay.ts";'),
      at('src/wire/dialects/gemini/decode.ts')("import { x } from '../../../store/memory.ts';"),
      at('src/server/app.ts')("import { x } from '../drill/faults.ts';"),
      at('src/cli/serve.ts')("import { x } from '../main.ts';"),
      at('src/config/find-file.ts')("import manifest from '../../package.json' with { type: 'json' };"),
      at('src/attic/sample.ts')('export const x = 1;'),
    ],
    good: [
      core("import { x } from './frame.ts';"),
      core("// import { x } from '../wire/sse.ts';\nconst y = \"import x from '../wire/sse.ts'\";"),
      proxy("import { x } from '../core/frame.ts';\nimport { y } from '../wire/framing/index.ts';"),
      at('src/wire/dialects/gemini/decode.ts')("import { x } from '../../../core/frame.ts';"),
      at('src/main.ts')("import { x } from './cli/serve.ts';"),
      at('src/cli/build-info.ts')("import manifest from '../../package.json' with { type: 'json' };"),
      test("import { x } from '../../src/cli/print.ts';"),
    ],
  },
  {
    rule: 'core imports nothing',
    bad: [
      core("import { readFile } from 'node:fs/promises';"),
      core("import 'bun:sqlite';"),
      core('Bun.gc(true);'),
    ],
    good: [core("const text = 'Bun.serve'; // process.exit"), proxy("import { t } from 'elysia';")],
  },
  {
    rule: 'no file is longer',
    bad: [core('x();\n'.repeat(401))],
    good: [core('x();\n'.repeat(400))],
  },
  {
    rule: 'nothing is untyped',
    bad: [
      core('let x: any = 1;'),
      core('const x = y as any;'),
      core('const x = ok ? (y as any) : z;'),
      core('type A = Record<string, any>;'),
      core('type A = any;'),
      core('type A = string | any;'),
      core('function f(x: string, ...rest: any[]) {}'),
      core('const f = (): any => 1;'),
      core('type F = () => any;'),
      core(`const x = \`\${y as any}\`;`),
      core('function f<T extends any>() {}'),
      core('// @ts-ignore\nx();'),
      core('/* @ts-nocheck */'),
      at('scripts/sample.ts')('const x: any = 1;'),
    ],
    good: [
      core('// any of them\nconst any = 1;'),
      core("const x = { any: 1 }; const y = 'as any'; const z = /: any/;"),
      core('await Promise.any([a]); const many: string = company;'),
      core("const x = '@ts-ignore';"),
      core('function f(any: string, anyone: anything) {}'),
    ],
  },
  {
    rule: 'no module-level let',
    bad: [
      core('let count = 0;'),
      core('export let count = 0;'),
      core('var x;'),
      core('function f() {}\nlet y: string;'),
      core(`const a = \`\${b}\`;\nlet {\n x } = y;`),
    ],
    good: [
      core('function f() { let count = 0; for (let i = 0; i < 3; i += 1) {} }'),
      core('class A { x() { var y; } }'),
      core("// let x\nconst s = 'let x = 1';"),
      core(`const t = \`let \${{ a: 1 }.a} let x\`;`),
      at('scripts/sample.mjs')('let x = 1;'),
    ],
  },
  {
    rule: 'no console',
    bad: [core("console.log('x');"), proxy('globalThis.console.error(x);'), proxy('const out = console;')],
    good: [
      at('src/cli/print.ts')("console.log('x');"),
      at('src/main.ts')("console.error('x');"),
      core("const x = 'console.log'; // console.log\nthis.console = 1;"),
      test('console.log(1);'),
    ],
  },
  {
    rule: 'no ambient clock',
    bad: [
      'Date.now()',
      'new Date()',
      'new Date',
      'Date()',
      'performance.now()',
      'Math.random()',
      'crypto.randomUUID()',
      'crypto.getRandomValues(x)',
      'setTimeout(f, 1)',
      'globalThis.setTimeout(f, 1)',
      'setInterval(f, 1)',
      'await Bun.sleep(1)',
      'AbortSignal.timeout(1)',
      'process.env.X',
      'Bun.env.X',
      'process.hrtime()',
      `\`\${Date.now()}\``,
      'f(now = Date.now)',
    ].map((code) => at('src/config/sample.ts')(`${code};`)),
    good: [
      proxy('new Date(clock.now()); new Date( at ).toISOString(); clock.setTimeout(f, 1); Date.parse(x);'),
      proxy("// Date.now()\nconst x = 'Math.random()'; const y = /setTimeout(x)/;"),
      at('src/server/app.ts')('setTimeout(f, Date.now());'),
      at('src/cli/run.ts')('process.env.X;'),
      test('Date.now();'),
    ],
  },
  {
    rule: 'every test runs',
    bad: [
      test("test.skip('x', f);"),
      test("describe.only('x', f);"),
      test("it.todo('x');"),
      test("test.each([1, 2]).only('x', f);"),
      test("test.concurrent.skip('x', f);"),
      test("xit('x', f);"),
    ],
    good: [test("test('it.skip', f); // test.only\nlist.only; options.skip(1); test.each([1])('x', f);")],
  },
  {
    rule: 'a name says',
    bad: [
      at('src/core/utils.ts')(''),
      at('src/proxy/types.ts')(''),
      at('tests/helpers/x.ts')(''),
      at('src/wire/common.ts')(''),
    ],
    good: [at('src/core/messages.ts')(''), at('src/providers/openai-types-of-plan.ts')('')],
  },
  {
    rule: 'no barrels',
    bad: [
      core("export * from './a.ts';"),
      core("export { a } from './a.ts';\nexport type { B } from './b.ts';"),
      core("/** All of it. */\nimport './c.ts';\nexport { a } from './a.ts';"),
    ],
    good: [
      core("import { a } from './a.ts';\nexport const all = [a];"),
      core("export { a } from './a.ts';\nexport function b() {}"),
      core("import type { A } from './a.ts';\nexport interface B extends A {}"),
    ],
  },
];
