import { describe, expect, test } from 'bun:test';
import { collect } from '../../src/core/collect.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { encoded, REQUEST, runText, sseOf, targetOf } from '../support/openai-chat.ts';

const SIGNATURE = 'ccp1:acme';
const thinking = (text: string) => ({ type: 'thinking', thinking: text, signature: SIGNATURE });
const text = (value: string) => ({ type: 'text', text: value });

describe('thinking in tags', () => {
  const CASES: [name: string, answer: string, content: object[]][] = [
    ['before the text', '<think>Hm, so.</think>\n\nYes.', [thinking('Hm, so.'), text('\n\nYes.')]],
    ['after white space', '\n<think>\nHm.</think>Yes.', [thinking('\nHm.'), text('Yes.')]],
    ['with an angle bracket inside', '<think>a < b</think>Yes.', [thinking('a < b'), text('Yes.')]],
    ['that is empty', '<think></think>Yes.', [text('Yes.')]],
    ['named later', 'The tag <think>x</think> is old.', [text('The tag <think>x</think> is old.')]],
    ['named again', '<think>a</think>b<think>c</think>', [thinking('a'), text('b<think>c</think>')]],
    ['that is another tag', '<thin>Yes.', [text('<thin>Yes.')]],
    ['that never began', '<th', [text('<th')]],
    ['that never came, after white space', ' \n <b>Yes.', [text(' \n <b>Yes.')]],
  ];

  test.each(CASES)('%s, in pieces of every size', (_name, answer, content) => {
    for (const size of [1, 2, 3, 5, 8, 100]) {
      const deltas = answer.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const chunks = deltas.map((piece) => ({ choices: [{ delta: { content: piece } }] }));
      const end = { choices: [{ delta: {}, finish_reason: 'stop' }] };
      const run = runText(sseOf([...chunks, end]), targetOf({ quirks: { thinkTags: true } }));
      expect(run.failure).toBeUndefined();
      assertGrammar(run.frames);
      expect(collect(run.frames).content).toEqual(content as never);
    }
  });

  test('that is never closed is thinking to its end', () => {
    const chunks = ['<think>Hm, ', 'so</thi'].map((content) => ({ choices: [{ delta: { content } }] }));
    const target = targetOf({ quirks: { thinkTags: true } });
    const limited = runText(
      sseOf([...chunks, { choices: [{ delta: {}, finish_reason: 'length' }] }]),
      target,
    );
    expect(collect(limited.frames)).toMatchObject({
      content: [thinking('Hm, so</thi')],
      stop_reason: 'max_tokens',
    });
    const stopped = runText(sseOf([...chunks, { choices: [{ delta: {}, finish_reason: 'stop' }] }]), target);
    expect(stopped.failure?.message).toBe('the answer had thinking alone');
  });

  test('is text where the upstream is not known for it', () => {
    const chunk = { choices: [{ delta: { content: '<think>a</think>b' }, finish_reason: 'stop' }] };
    expect(collect(runText(sseOf([chunk])).frames).content).toEqual([text('<think>a</think>b')]);
  });
});

describe('thinking that is on by default', () => {
  const quirks = { thinkingOff: () => ({ enable_thinking: false }) };

  test.each([
    [{ type: 'disabled' }, false],
    [undefined, false],
    [{ type: 'adaptive' }, undefined],
  ])('for thinking %p', (wanted, sent) => {
    const request = wanted === undefined ? REQUEST : { ...REQUEST, thinking: wanted };
    expect(encoded(request, { quirks }).body.enable_thinking).toBe(sent);
  });
});
