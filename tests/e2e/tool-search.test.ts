/** Tools that the newer client has Anthropic load when they are needed, in a conversation that backups take over. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/messages.ts';
import { type AnswerBlock, answer, text } from '../../src/drill/answers.ts';
import { NEWEST } from '../support/claude.ts';
import { breaches, type Member } from '../support/conversation-laws.ts';
import { blocksOf, exchangesOf } from '../support/exchanges.ts';
import { type Name, startCompany } from './company.ts';

const LIMIT_MS = 90_000;
const ARGS = ['--allowedTools', 'Read', 'NotebookEdit', 'ToolSearch', '--max-turns', '9'];
const MEMBERS: Record<Name, Member> = {
  anthropic: { dialect: 'native', eyes: true },
  chat: { dialect: 'chat', eyes: true, files: true },
  compatible: { dialect: 'compatible', eyes: false },
};
const SIGNATURES = ['searched', 'was back'].map((when) =>
  Buffer.from(`what Anthropic signed when it ${when}`).toString('base64'),
);

test(
  'a tool that Anthropic has loaded is used by backups, and one that a backup has loaded by Anthropic',
  async () => {
    await using company = await startCompany({
      version: NEWEST,
      args: ARGS,
      chat: 'openai',
      members: MEMBERS,
    });
    const path = join(company.session.cwd, 'book.ipynb');
    await Bun.write(path, NOTEBOOK);
    const played = await company.follow([
      { by: 'anthropic', says: answer([thinking(0), load('NotebookEdit')]) },
      { by: 'chat', says: answer([call('Read', { file_path: path })]) },
      { by: 'compatible', says: answer([edit(path, 'print(2)')]) },
      { by: 'anthropic', says: answer([thinking(1), load('WebFetch')]) },
      { by: 'anthropic', says: text('The cell is changed.') },
      { by: 'chat', says: answer([load('CronList')]) },
      { by: 'compatible', says: answer([call('Read', { file_path: path })]) },
      { by: 'chat', says: answer([edit(path, 'print(3)')]) },
      { by: 'anthropic', says: text('And changed again.') },
    ]);
    for (const [prompt, last] of [
      ['Change the cell.', 'The cell is changed.'],
      ['And once more.', 'And changed again.'],
    ] as const) {
      const { exitCode, report } = await company.session.say(prompt);
      expect([exitCode, report?.result]).toEqual([0, last]);
    }
    expect(await Bun.file(path).text()).toContain('print(3)');
    expect([played.done, company.asked().length]).toEqual([9, 9]);

    const found = played.heard.flatMap((one) =>
      breaches(company.meeting(one), new Set(SIGNATURES)).map(
        (breach) => `${one.upstream}, request ${one.step}: ${breach}`,
      ),
    );
    expect(found).toEqual([]);
    expect(
      exchangesOf(JSON.parse(company.asked().at(-1) ?? '')).map(({ tool, failed }) => [tool, failed]),
    ).toEqual([
      ['ToolSearch', false],
      ['Read', false],
      ['NotebookEdit', false],
      ['ToolSearch', false],
      ['ToolSearch', false],
      ['Read', false],
      ['NotebookEdit', false],
    ]);

    for (const { upstream, step, request } of played.heard.filter((one) => one.step > 0)) {
      const body = JSON.parse(request.text()) as Body;
      const references = blocksOf(body).filter(({ type }) => type === 'tool_reference');
      const loaded =
        step > 5
          ? ['NotebookEdit', 'WebFetch', 'CronList']
          : step > 3
            ? ['NotebookEdit', 'WebFetch']
            : ['NotebookEdit'];
      const isNative = upstream === 'anthropic';
      expect(references.map(({ tool_name }) => tool_name)).toEqual(isNative ? loaded : []);
      const offered = namesOf(body);
      for (const name of loaded) {
        expect(offered).toContain(name);
        if (!isNative) expect(request.text()).toContain(`[tool available: ${name}]`);
      }
    }
  },
  LIMIT_MS,
);

interface Body {
  messages: unknown;
  tools: { name?: string; function?: { name: string } }[];
}

function namesOf({ tools }: Body): (string | undefined)[] {
  return tools.map((tool) => tool.name ?? tool.function?.name);
}

const NOTEBOOK = JSON.stringify({
  cells: [
    { cell_type: 'code', id: 'c1', metadata: {}, source: ['print(1)'], outputs: [], execution_count: null },
  ],
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
});

function call(name: string, input: JsonObject): AnswerBlock {
  return { type: 'tool_use', name, input };
}

function load(name: string): AnswerBlock {
  return call('ToolSearch', { query: `select:${name}`, max_results: 5 });
}

function edit(path: string, source: string): AnswerBlock {
  return call('NotebookEdit', { notebook_path: path, cell_id: 'c1', new_source: source });
}

function thinking(at: number): AnswerBlock {
  return { type: 'thinking', thinking: '', signature: SIGNATURES[at] ?? '' };
}
