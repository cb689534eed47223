/** The house keeps its own rules, and the rules are not blind: each has to find what is wrong with a bad sample. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES } from './house/rules.ts';
import { SAMPLES } from './house/samples.ts';
import { importsOf, type Source, source } from './house/source.ts';

const ROOT = join(import.meta.dir, '..');

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== 'fixtures') yield* filesUnder(path);
    else if (/\.(?:ts|tsx|mjs|js|sh)$/.test(path) && !path.includes('.gen.')) yield path;
  }
}

const FILES: Source[] = ['src', 'tests', 'scripts']
  .flatMap((folder) => [...filesUnder(folder)])
  .map((path) => source(path, readFileSync(join(ROOT, path), 'utf8')));

describe('the house', () => {
  test('is looked at', () => {
    const paths = FILES.map(({ path }) => path);
    expect(paths).toContain('src/core/frame.ts');
    expect(paths).toContain('scripts/dev.mjs');
    expect(paths).toContain('tests/house.test.ts');
    const frame = FILES.find(({ path }) => path === 'src/core/transducer.ts');
    expect(frame?.code).toContain('export interface Transducer');
  });

  test.each(RULES)('$name', ({ breaches }) => {
    expect(FILES.flatMap(breaches)).toEqual([]);
  });
});

describe('the rules', () => {
  for (const rule of RULES) {
    const samples = SAMPLES.find((candidate) => rule.name.startsWith(candidate.rule));
    const find = ({ path, text }: { path: string; text: string }) => rule.breaches(source(path, text));

    test(`can see: ${rule.name}`, () => {
      expect(samples).toBeDefined();
      expect(samples?.bad.filter((sample) => find(sample).length === 0)).toEqual([]);
    });

    test(`see no ghosts: ${rule.name}`, () => {
      expect(samples?.good.flatMap(find)).toEqual([]);
    });
  }
});

describe('the view of a source', () => {
  const view = (text: string) => source('src/core/sample.ts', text);

  test('code has neither comments nor the insides of literals', () => {
    const { code } = view(`a('b' /* c */, "d\\"e", \`f\${g}h\`, /i['\`]/g); // j`);
    expect(code.replaceAll(' ', '')).toBe(`a('',"",\`\${g}\`,//g);`);
  });

  test('a template inside a template, with braces', () => {
    const { code } = view(`x(\`a\${{ b: \`c\${d}e\` }.b}f\`, y);`);
    expect(code.replaceAll(' ', '')).toBe(`x(\`\${{b:\`\${d}\`}.b}\`,y);`);
  });

  test('a division is not a regular expression', () => {
    const { code } = view("const a = b / c; const d = (e) / f; g('h');");
    expect(code).toBe("const a = b / c; const d = (e) / f; g(' ');");
  });

  test('comments are kept apart, in place', () => {
    const { comments, text } = view("a(); // one 'two'\n/* three */ b('// four');");
    expect(comments.trim().replace(/\s+/g, ' ')).toBe("// one 'two' /* three */");
    expect(comments.indexOf('three')).toBe(text.indexOf('three'));
  });

  test('every way to import', () => {
    const text =
      "import a from './a.ts';\nimport './b.ts';\nexport { c } from \"./c.ts\";\nawait import('./d.ts');\nArray.from('e');";
    expect(importsOf(view(text)).map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
      '1 ./a.ts',
      '2 ./b.ts',
      '3 ./c.ts',
      '4 ./d.ts',
    ]);
  });
});
