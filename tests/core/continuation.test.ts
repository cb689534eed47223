/** A second answer inside the first: the whole is one message in strict grammar, whatever the two are made of. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { anchorOf } from '../../src/core/anchor.ts';
import { collect } from '../../src/core/collect.ts';
import { type Composer, compose } from '../../src/core/compose.ts';
import { continuation, Misfit } from '../../src/core/continuation.ts';
import { follow } from '../../src/core/follow.ts';
import { type Frame, frameOf } from '../../src/core/frame.ts';
import { isBlock } from '../../src/core/messages.ts';
import { seam } from '../../src/core/seam.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';

type Writing = (composer: Composer) => Frame[];

const id = { id: 'msg_1', model: 'claude-opus-4-8', signature: 'c2lnbmVk' };
const begin = (write: Writing) => write(compose(id));
const whole = (...parts: Writing[]): Frame[] => {
  const composer = compose({ ...id, id: 'msg_2' });
  return parts.flatMap((part) => part(composer));
};
const says =
  (...words: string[]): Writing =>
  (composer) => [...words.flatMap((word) => composer.text(word)), ...composer.close()];
const thinks: Writing = (composer) => [...composer.thinking('hm'), ...composer.close()];
const callsTool: Writing = (composer) => [
  ...composer.toolUse('toolu_1abcdefgh', 'Read'),
  ...composer.toolInput('{}'),
];
const ends =
  (reason: 'end_turn' | 'tool_use' | 'max_tokens' = 'end_turn'): Writing =>
  (composer) =>
    composer.finish(reason, { output_tokens: 7 });

/** `first` as it was cut, gone on with by `second`. */
function join(first: readonly Frame[], second: readonly Frame[], said: string[] = []): Frame[] {
  const told = follow();
  for (const frame of first) told.see(frame);
  const isText = told.open?.type === 'text';
  const isEmpty = isText && told.open?.filled === false;
  const so = { blocks: said, anchor: anchorOf(said.at(-1) ?? ''), isOpen: isText && !isEmpty };
  const glue = continuation({ told, seam: said.length === 0 ? null : seam(so), isEmpty });
  return [...first, ...second.flatMap((frame) => [...glue.push(frame)])];
}

const SAID = 'One sentence, and';
const cutText = begin((composer) => composer.text(SAID));

describe('from a text', () => {
  test.each<[string, Writing[], string[]]>([
    ['the rest', [says(SAID, ' a second.'), ends()], [`text ${SAID} a second.`]],
    ['the rest in small pieces', [says(...`${SAID} a second.`), ends()], [`text ${SAID} a second.`]],
    ['thoughts before the rest', [thinks, says(`${SAID} a second.`), ends()], [`text ${SAID} a second.`]],
    ['nothing more', [says(SAID), ends()], [`text ${SAID}`]],
    [
      'thoughts behind the rest',
      [says(`${SAID} more.`), thinks, says('And so.'), ends()],
      [`text ${SAID} more.`, 'thinking hm', 'text And so.'],
    ],
    [
      'a call behind the rest',
      [says(`${SAID} more.`), callsTool, ends('tool_use')],
      [`text ${SAID} more.`, 'tool_use Read'],
    ],
    [
      'a call behind the anchor',
      [says(SAID), callsTool, ends('tool_use')],
      [`text ${SAID}`, 'tool_use Read'],
    ],
    [
      'thoughts and a call behind the anchor',
      [says(SAID), thinks, callsTool, ends('tool_use')],
      [`text ${SAID}`, 'tool_use Read'],
    ],
    [
      'the anchor and the rest in two blocks',
      [says(SAID), says(' a second.'), ends()],
      [`text ${SAID} a second.`],
    ],
    [
      'the anchor and what follows a sentence in two blocks',
      [says(SAID), thinks, says(', it is said, a second.'), ends()],
      [`text ${SAID}, it is said, a second.`],
    ],
    ['the end by length', [says(`${SAID} a`), ends('max_tokens')], [`text ${SAID} a`]],
  ])('%s', (_, second, blocks) => {
    const frames = join(cutText, whole(...second), [SAID]);
    assertGrammar(frames);
    const message = collect(frames);
    expect(message.content.map(wordsOf)).toEqual(blocks);
    expect(message.usage.output_tokens).toBe(7 + 1);
  });

  test.each<[string, Writing[], string]>([
    ['nothing', [ends('max_tokens')], 'it says nothing'],
    ['thoughts alone', [thinks, ends('max_tokens')], 'it says nothing'],
    ['white space', [says(' \n'), ends('max_tokens')], 'it says nothing'],
    ['a call', [callsTool, ends('tool_use')], 'it says nothing of the rest'],
    [
      'an introduction and a call',
      [says('Sure.'), callsTool, ends('tool_use')],
      'it begins with an introduction',
    ],
    [
      'the anchor, and a block that cannot follow',
      [says(SAID), says('Nobody knows why.'), ends()],
      'it begins anew in the middle of a sentence',
    ],
    [
      'the anchor, thoughts, and a block that would grow together',
      [says(SAID), thinks, says('the'), callsTool, ends('tool_use')],
      'it would grow together with the word before it',
    ],
    [
      'the anchor, and a block with a mark',
      [says(SAID), says('</last_words> a second.'), ends()],
      'it has marks in it',
    ],
  ])('%s is no continuation', (_, second, why) => {
    expect(() => join(cutText, whole(...second), [SAID])).toThrow(new Misfit(why));
  });

  test('its white space alone belongs to what was said', () => {
    const frames = join(
      begin((composer) => composer.text(`${SAID} \n`)),
      whole(says(SAID, '\n', '\nMore.'), ends()),
      [`${SAID} \n`],
    );
    expect(collect(frames).content.map(wordsOf)).toEqual([`text ${SAID} \n\nMore.`]);
  });

  test.each<[string, Writing[], string[]]>([
    ['another', [says('That is all.'), says('Nobody knows why.'), ends()], ['Nobody knows why.']],
    ['a short one', [says('That is all.'), thinks, says('No'), says('w.'), ends()], ['No\n\nw.']],
    ['a blank one', [says('That is all.'), says('\n'), ends()], []],
    [
      'a long one, in pieces',
      [says('That is all.'), says('a'.repeat(30), 'b'.repeat(30)), ends()],
      [`${'a'.repeat(30)}${'b'.repeat(30)}`],
    ],
  ])('behind a sentence that was repeated, %s block is a block of its own', (_, second, blocks) => {
    const said = 'That is all.';
    for (const first of [
      begin((composer) => composer.text(said)),
      begin((composer) => [...composer.text(said), ...composer.close()]),
    ]) {
      const frames = join(first, whole(...second), [said]);
      assertGrammar(frames);
      expect(collect(frames).content.map(wordsOf)).toEqual([said, ...blocks].map((text) => `text ${text}`));
    }
  });

  test('two blocks that were held back together are not one word', () => {
    const said = 'One sentence.';
    const frames = join(
      begin((composer) => [...composer.text(said), ...composer.close()]),
      whole(says('It is'), says('so.'), ends()),
      [said],
    );
    assertGrammar(frames);
    expect(collect(frames).content.map(wordsOf)).toEqual([`text ${said}`, 'text It is\n\nso.']);
  });
});

function wordsOf(block: { type: string }): string {
  const { text, thinking, name } = block as Record<string, unknown>;
  return `${block.type} ${text ?? thinking ?? name ?? ''}`;
}

test('pings go on once it has said something, not before: the client is kept awake by signs that count', () => {
  const second = whole(says(SAID, ' more'), ends());
  const ping = frameOf({ type: 'ping' });
  const frames = join(
    cutText,
    second.flatMap((frame) => [frame, ping]),
    [SAID],
  ).slice(cutText.length);
  const names = frames.map(({ name }) => name);
  expect(names[0]).toBe('content_block_delta');
  expect(names).toContain('ping');
});

test('any beginning, any cut, any answer that goes on: one message, with every word of both', () => {
  // A continuation that begins with such a word is taken for a remark about the interruption.
  const REMARK = /^(?:ok|okay|sure|sorry)$/;
  const word = fc
    .stringMatching(/^[a-z]{1,8}$/)
    .filter((letters) => !REMARK.test(letters))
    .map((letters) => `${letters} `);
  const block = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('text' as const),
        words: fc.array(word, { minLength: 1, maxLength: 8 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('thinking' as const), words: fc.constant(['hm']) }),
    },
  );
  const property = fc.property(
    fc.array(block, { minLength: 1, maxLength: 4 }),
    fc.nat(),
    fc.boolean(),
    (blocks, at, isAgain) => {
      const write = (composer: Composer) =>
        blocks.flatMap(({ type, words }) => [
          ...words.flatMap((each) => composer[type](each)),
          ...composer.close(),
        ]);
      const all = begin(write);
      const first = all.slice(0, 1 + (at % all.length));
      const message = collect(first);
      const texts = message.content.flatMap((each) =>
        isBlock(each, 'text') && each.text.trim() !== '' ? [each.text] : [],
      );
      fc.pre(blocks.some(({ type }) => type === 'text'));
      const saidWords = texts.join('');
      const allWords = blocks.flatMap(({ type, words }) => (type === 'text' ? words : [])).join('');
      const anchor = anchorOf(texts.at(-1) ?? '');
      // Where the last words stand in the text twice, they may be either.
      fc.pre(anchor === '' || saidWords.split(anchor).length === 2);
      const rest = allWords.slice(saidWords.length);
      const said = isAgain || texts.length === 0 ? allWords : `${anchor} ${rest}`;
      const frames = join(first, whole(thinks, says(...said), ends()), texts);
      assertGrammar(frames);
      const got = collect(frames)
        .content.flatMap((each) => (isBlock(each, 'text') ? [each.text] : []))
        .join('');
      expect(got.trim()).toBe(allWords.trim());
    },
  );
  fc.assert(property, { numRuns: 500 });
});
