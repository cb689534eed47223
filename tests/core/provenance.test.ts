import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Block } from '../../src/core/messages.ts';
import {
  isForeign,
  isForeignServerTool,
  isValidToolId,
  mark,
  readMark,
  serverToolIds,
  toolIds,
  validToolId,
} from '../../src/core/provenance.ts';

describe('marks', () => {
  test('are read as they were written', () => {
    expect(readMark(mark({ provider: 'acme' }))).toEqual({ provider: 'acme' });
    expect(readMark(mark({ provider: 'acme', payload: 'a:b/c=' }))).toEqual({
      provider: 'acme',
      payload: 'a:b/c=',
    });
    expect(readMark(mark({ provider: 'odd:name' }))).toEqual({ provider: 'odd_name' });
  });

  test.each([[''], [undefined], ['EqoBCkgIBxABGAI='], ['ccp2:acme']])('%p is no mark', (signature) => {
    expect(readMark(signature)).toBeNull();
  });
});

describe('calls that a server ran itself', () => {
  const [first, second] = [serverToolIds('msg_1'), serverToolIds('msg_2')];
  const ids = [first(), first(), second()];

  test('have ids of the form of the API, each another', () => {
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^srvtoolu_[a-zA-Z0-9_]+$/);
  });

  test('are known by them', () => {
    const id = ids[0] ?? '';
    expect(isForeignServerTool({ type: 'server_tool_use', id, name: 'web_search', input: {} })).toBe(true);
    expect(isForeignServerTool({ type: 'web_search_tool_result', tool_use_id: id, content: [] })).toBe(true);
    expect(isForeignServerTool({ type: 'server_tool_use', id: 'srvtoolu_01ccp1Abc', name: 'x' })).toBe(false);
    expect(isForeignServerTool({ type: 'text', text: id })).toBe(false);
    expect(isForeignServerTool({ type: 'tool_use', id, name: 'Read', input: {} })).toBe(false);
  });
});

describe('blocks that must not go to Anthropic', () => {
  const CASES: [name: string, block: object, foreign: boolean][] = [
    ['thinking without a signature', { type: 'thinking', thinking: 'x' }, true],
    ['thinking with an empty signature', { type: 'thinking', thinking: 'x', signature: '' }, true],
    ['thinking with a mark', { type: 'thinking', thinking: 'x', signature: 'ccp1:acme' }, true],
    [
      'thinking with a mark and a payload',
      { type: 'thinking', thinking: 'x', signature: 'ccp1:acme:abc' },
      true,
    ],
    ['signed thinking', { type: 'thinking', thinking: 'x', signature: 'EqoB' }, false],
    ['signed thinking that is not shown', { type: 'thinking', thinking: '', signature: 'EqoB' }, false],
    ['redacted thinking', { type: 'redacted_thinking', data: 'EqoB' }, false],
    ['redacted thinking with a mark', { type: 'redacted_thinking', data: 'ccp1:acme:abc' }, true],
    ['text', { type: 'text', text: 'ccp1:acme' }, false],
  ];

  test.each(CASES)('%s', (_name, block, foreign) => {
    expect(isForeign(block as Block)).toBe(foreign);
  });
});

describe('tool ids', () => {
  test.each([
    ['call_eee11723464a4b9eb8cee71d'],
    ['chatcmpl-tool-9f149c74c42f265b'],
    ['tk85n1k4m'],
    ['toolu_vrtx_01Ab9Zt5Qw'],
    ['7027d986-3c59-a37a-9a5f-50713e01c8a6'],
  ])('%s is kept: it is not going to come again', (id) => {
    expect(toolIds('msg_a')(id)).toBe(id);
  });

  test.each([
    ['functions.Read:0'],
    ['call_0'],
    ['0'],
    ['Read_0'],
    ['read_file_12'],
    ['call|x'],
    ['toolu_1'],
    ['call_function1'],
  ])('%s becomes another one in every answer', (id) => {
    const [first, second] = [toolIds('msg_a')(id), toolIds('msg_b')(id)];
    expect(isValidToolId(first)).toBe(true);
    expect(first).not.toBe(second);
    expect(toolIds('msg_a')(id)).toBe(first);
  });

  test('are made of the answer where the upstream sends none', () => {
    const name = toolIds('msg_abc');
    expect([name(undefined), name('')]).toEqual(['toolu_abc_0', 'toolu_abc_1']);
  });

  test('are valid and never the same, whatever the upstream sends', () => {
    const id = fc.oneof(fc.string(), fc.constantFrom('call_0', 'a1b2c3d4e5', '', 'x'.repeat(80)));
    fc.assert(
      fc.property(fc.array(id, { maxLength: 20 }), (ids) => {
        const name = toolIds('msg_abc');
        const names = ids.map((each) => name(each));
        return names.every(isValidToolId) && new Set(names).size === names.length;
      }),
    );
  });

  test('made valid stay different and do not change a second time', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [first, second] = [validToolId(a), validToolId(b)];
        return isValidToolId(first) && validToolId(first) === first && (a === b || first !== second);
      }),
    );
  });
});
