/** The schema of `ccproxy drill --json`, as it is published for whoever reads that. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { DrillReportSchema } from '../../src/drill/report.ts';

const PUBLISHED = join(import.meta.dir, '..', '..', 'docs', 'drill.schema.json');

test('docs/drill.schema.json is the schema that the report keeps', async () => {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...DrillReportSchema };
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (process.env.CCPROXY_UPDATE_FIXTURES === '1') await Bun.write(PUBLISHED, text);
  expect(await Bun.file(PUBLISHED).text()).toBe(text);
});
