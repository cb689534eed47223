/** Where a continuation begins to be new: what is repeated goes, nothing is lost, and what does not fit is refused. */
import { describe, expect, test } from 'bun:test';
import { anchorOf } from '../../src/core/anchor.ts';
import { seam } from '../../src/core/seam.ts';
import { from, newIn } from '../support/continued.ts';

const LONG =
  'The bridge was built in three years. It stands on nine pillars, and each of them is as wide as a house. The river below it ';
/** Long enough that whoever looks at all of it for every character takes a minute. */
const numbers = Array.from({ length: 100_000 }, (_, at) => `${at}`).join(', ');
const CODE = 'Here is the function:\n\n```ts\nexport function half(value: number): number {\n  return va';

describe('what is new in', () => {
  test.each<[what: string, said: string | string[], next: string, rest: string]>([
    ['the anchor and the rest', 'One sentence, and a seco', 'One sentence, and a second one.', 'nd one.'],
    [
      'more than the anchor',
      LONG,
      `It stands on nine pillars, and each of them is as wide as a house. The river below it is deep.`,
      'is deep.',
    ],
    ['less than the anchor', LONG, 'The river below it is deep.', 'is deep.'],
    ['the last word and the rest', 'I saw the cat', 'cat sit there.', ' sit there.'],
    ['the last word, begun again', 'I saw the ca', 'cat sit there.', 't sit there.'],
    ['a last word of one letter', 'It may well be a', 'a dog that we heard.', ' dog that we heard.'],
    ['the whole again', LONG, `${LONG}is deep.`, 'is deep.'],
    ['very much, again', numbers, `${numbers} and no more.`, ' and no more.'],
    [
      'what begins as an introduction, again',
      `Sure, here it is: ${LONG}So, ${LONG}`,
      `Sure, here it is: ${LONG}So, ${LONG}is deep.`,
      'is deep.',
    ],
    ['two blocks again', ['First block.', 'Second bl'], 'First block.\n\nSecond block here.', 'ock here.'],
    ['two short blocks again', ['a ', 'b'], 'a b c', ' c'],
    ['the last block again', ['First block.', `${LONG}is`], `${LONG}is deep.`, ' deep.'],
    ['the rest alone, behind a space', 'I saw the ', 'cat.', 'cat.'],
    [
      'the rest alone, with its space',
      'I saw the',
      ' cat sit there, as it always does.',
      ' cat sit there, as it always does.',
    ],
    ['the rest alone, with a comma', 'I saw the cat', ', which sat there.', ', which sat there.'],
    ['the rest of a word', 'A seco', 'nd one.', 'nd one.'],
    ['the rest of a number', 'In 20', '26 it was so.', '26 it was so.'],
    ['the rest of a price', 'It costs 3.', '50 today.', '50 today.'],
    ['the end of a contraction', 'It isn', "'t so.", "'t so."],
    ['the end of a quotation', 'He said "yes', '" and went.', '" and went.'],
    ['the next line', 'First line', '\nSecond line', '\nSecond line'],
    ['the next item', '- one\n', '- two\n', '- two\n'],
    ['the next item of a list with numbers', '1. one\n', '2. two\n', '2. two\n'],
    ['a tag among others', '<p>One.</p>\n', '<p>Two.</p>\n', '<p>Two.</p>\n'],
    [
      'a line of a text that is broken in lines',
      'it is the\nend of the\nday, or so',
      'it is the\nend of the\nday, or so\nit is said',
      '\nit is said',
    ],
    ['the rest of a word that was there', 'A bridge. That bri', 'dge is long.', 'dge is long.'],
    ['a bracket behind one', '{\n  {\n  }\n', '  }\n}', '  }\n}'],
    ['the rest of code', CODE, 'lue / 2;\n}\n```', 'lue / 2;\n}\n```'],
    ['text that has no spaces', '橋は三年で', '建てられた。', '建てられた。'],
    ['an anchor without spaces', '橋は三年で', '橋は三年で建てられた。', '建てられた。'],
    ['a text of two letters, again', 'Ha', 'Hallo there.', 'llo there.'],
    ['a text of two letters, gone on with', 'Ha', 's anybody seen it?', 's anybody seen it?'],
    ['laughter', 'ha ha ha ha', 'ha ha ha ha ha!', ' ha!'],
    ['less laughter', 'ha ha ha ha', 'ha ha!', '!'],
    ['pairs of surrogates', 'It is a bridge 🌉', 'is a bridge 🌉🌊', '🌊'],
    ['other quotation marks', "It isn't what it is said to b", 'It isn’t what it is said to be.', 'e.'],
    ['a space where it was sent', 'First. ', 'First. Second.', 'Second.'],
    ['a space that was not sent', 'First.', 'First. Second.', ' Second.'],
    ['one of two line ends', 'First.\n', 'First.\n\nSecond.', '\nSecond.'],
    ['a space where a line ended, which may indent', 'First.\n\n', 'First. Second.', ' Second.'],
    ['an indent where a line ended', 'if x:\n', 'if x:    a()', '    a()'],
    ['an indent that was sent, without its line end', 'if x:\n    ', 'if x:    a()', 'a()'],
    ['a line end behind a space', 'First. ', 'First.\nSecond.', '\nSecond.'],
    ['an indent', 'if (a) {\n', 'if (a) {\n  b();', '  b();'],
    ['a part of an indent', 'if (a) {\n  ', 'if (a) {\n    b();', '  b();'],
    ['an introduction with the anchor', LONG, `Sure, here is the rest: ${LONG}is deep.`, 'is deep.'],
    ['dots before the anchor', LONG, `… The river below it, no: ${LONG.slice(-60)}is deep.`, 'is deep.'],
    ['the anchor alone', 'That is all.', 'That is all.', ''],
    ['the anchor and a line end', 'That is all.', 'That is all.\n', '\n'],
    ['nothing, behind a sentence', 'That is all.', '', ''],
    ['the rest alone, indented', 'def half(value):\n', '    return value / 2\n', '    return value / 2\n'],
    [
      'the rest alone, an item of an inner list',
      'steps:\n  - run: a\n',
      '  - run: b\n  - run: c\n  - run: d\n',
      '  - run: b\n  - run: c\n  - run: d\n',
    ],
    [
      'the rest alone, behind a blank line',
      'A list:\n',
      '\nThe first item of it.',
      '\nThe first item of it.',
    ],
    ['the rest of an indent', 'if x:\n  ', '  call(it, and, another)', '  call(it, and, another)'],
    [
      'the rest of a blank, in a line',
      'a ',
      '  // a remark that is aligned',
      '  // a remark that is aligned',
    ],
  ])('%s', (_, said, next, rest) => {
    expect(newIn(from(said), next)).toBe(rest);
  });
});

describe('with the marks that were shown, what is new in', () => {
  const anchor = anchorOf(LONG);
  test.each([
    ['the anchor between them', `<last_words>\n${anchor}\n</last_words>\n is deep.`],
    ['the anchor between them, in one line', `<last_words>${anchor}</last_words> is deep.`],
    ['the anchor before the closing one', `${anchor}\n</last_words>\n is deep.`],
    ['the anchor behind the opening one', `<last_words>${anchor} is deep.`],
    ['more than the anchor between them', `<last_words>\n${LONG}\n</last_words>\n is deep.`],
  ])('%s', (_, next) => {
    expect(newIn(from(LONG.trimEnd()), next)).toBe(' is deep.');
    expect(newIn(from(LONG), next)).toBe('is deep.');
  });

  test.each([
    ['a blank line', 'A list:', '<last_words>\nA list:\n</last_words>\n\n\n- one', '\n\n- one'],
    ['a blank line, in one', 'A list:', '<last_words>A list:</last_words>\n\n- one', '\n\n- one'],
    ['an indent', 'if x:\n', '<last_words>\nif x:\n</last_words>\n\n    a()', '    a()'],
    ['the rest of a word', 'One seco', '<last_words>\nOne seco\n</last_words>\nnd one.', null],
    ['a word without its space', 'One is', '<last_words>One is</last_words>forty-two.', null],
    ['a mark in the middle of the rest', 'One is', 'One is</last_words></last_words>', null],
    ['thoughts behind the anchor', 'One is', 'One is<think>What now?</think> two.', null],
    [
      'words about such marks',
      'The marks are <last_words> and <la',
      '<last_words>The marks are <last_words> and <la of them.',
      ' of them.',
    ],
    ['a tag behind the anchor', 'One is', 'One is<b>two</b>', '<b>two</b>'],
    ['what may become a mark, at the end', 'One is', 'One is<', '<'],
  ])('%s behind them', (_, said, next, rest) => {
    expect(newIn(from(said), next)).toBe(rest);
  });
});

describe('last words that are only spoken of are refused: ', () => {
  const anchor = anchorOf(LONG);
  test.each([
    ['in bold', `**${anchor}** is deep.`],
    ['in quotation marks', `"${anchor}" is deep.`],
    ['in a quotation', `> ${anchor}\n\nis deep.`],
    ['in a fence', `\`\`\`\n${anchor}\n\`\`\`\n is deep.`],
    ['in a fence with a language', `\`\`\`text\n${anchor}\n\`\`\`\n is deep.`],
    ['behind thoughts', `<think>ok.</think>${anchor} is deep.`],
    ['behind thoughts and an introduction', `<think>ok.</think>Sure: ${anchor} is deep.`],
    ['between marks behind an introduction', `Sure:\n<last_words>\n${anchor}\n</last_words>\n is deep.`],
    ['in bold behind an introduction', `Sure: **${anchor}** is deep.`],
    ['in bold, with what stands before them, behind an introduction', `Sure: **${LONG}** is deep.`],
    ['with a slip', `${anchor.slice(0, 40)}x${anchor.slice(41)} is deep.`],
    ['in capitals', `${anchor.toUpperCase()} is deep.`],
    ['twice', `${anchor}\n${anchor} is deep.`],
    ['as marks alone', '<last_words>'],
    ['as marks around something else', '<last_words>\nAnything else.\n</last_words>\n is deep.'],
    ['as the end of a mark', 'is deep. </last_words>'],
  ])('%s', (_, next) => {
    for (const gap of ['', ' ', '\n']) expect(newIn(from(LONG.trimEnd() + gap), next)).toBeNull();
  });

  test('behind words that may follow', () => {
    expect(newIn(from(LONG), `and so on. ${anchor} is deep.`)).toBeNull();
  });

  test.each([
    ['in bold', '**The answer is** two.'],
    ['in quotation marks', '"The answer is" two.'],
    ['in a fence', '```\nThe answer is\n```\ntwo.'],
  ])('%s, a short text', (_, next) => {
    for (const gap of ['', ' ', '\n']) expect(newIn(from(`The answer is${gap}`), next)).toBeNull();
    expect(newIn(from('Is'), next.replace('The answer is', 'Is'))).toBeNull();
  });
});

describe('where the text repeats itself', () => {
  const again = 'na na na na na na na na na na na na na na na na na na na na na na na na na na na na na na ';
  const row = '| ok | ok |\n';
  const rows = row.repeat(10);
  test.each([
    ['the anchor goes before all told again', again, `${anchorOf(again)} na na batman`, 'na na batman'],
    ['the anchor goes before more of it', rows, `${anchorOf(rows)}\n${row}| no |`, `${row}| no |`],
    [
      'and begins as it ends, the anchor goes before an answer that strays',
      `Again: one, and all that there is of it, from the top to the end. ${'x '.repeat(20)}Again: one, and all that there is of it, from the top to the end.`,
      'one, and all that there is of it, from the top to the end. Another.',
      ' Another.',
    ],
  ])('%s', (_, said, next, rest) => {
    expect(newIn(from(said), next)).toBe(rest);
  });

  test('the anchor goes before the text told again, as far as that is another one', () => {
    const so = { ...from('Again: one. Again: one.'), anchor: 'Again: one.' };
    expect(newIn(so, 'Again: one. And two.')).toBe(' And two.');
    expect(newIn(so, 'Again: one. Again: and two.')).toBe(' Again: and two.');
    expect(newIn(so, 'Again: one. Again: one')).toBe(' Again: one');
  });

  const head =
    'The address is written down in the long list of all the addresses that there are, and it is this: ';
  test.each([
    ['With ccproxy: in c', 'cproxy it is.'],
    ['192.168.1', '.1, as before.'],
    ['/usr/local', '/local/bin, as before.'],
    ['[0,0', ',0,1], as before.'],
    ['[[0,0],', '[0,0],[1,1]], as before.'],
    ['0.333', '333, as before.'],
    ['1,000', ',000, as before.'],
    ['| row | with | words |\n', '| row | with | words |\n| and | another | one |'],
    ['- an item of the list\n', '- an item of the list\n- another item'],
    ['y = 1;\n', 'y = 1;\nz = 2;'],
    ['  <div>\n  </div>\n', '</div>\n</div>\nand more of it'],
    ['[[0, 0, 0, 0], ', '[0, 0, 0, 0], [1, 1, 1, 1]]'],
  ])('nothing of it is lost: %j and %j', (said, next) => {
    expect(newIn(from(`${head}\n${said}`), next) ?? next).toBe(next);
  });

  test.each([
    ['  }\n', '  }\n}\nand more of it, and more'],
    ['if x:\n    ', '    return all that there is of it'],
  ])('and that is no repetition: %j and %j', (said, next) => {
    expect(newIn(from(`${head}\n${said}`), next)).toBe(next);
  });

  test.each([
    ['the anchor and more, or all told again', rows, `${rows}| no |`],
    ['a repetition, or a line more', 'a = 1\nb = 1\na = 1\n', 'b = 1\na = 1\nc = 2'],
    ['a repetition, or a number more', 'const a = [0, ', '0, 0, 1];'],
    ['a repetition, or a word more', 'It goes ha ha ', 'ha ha, and ends.'],
    ['the end of a row, or the next one', rows.trimEnd(), `ok | ok |\n${row}`],
    ['the anchor, or the next part', `${again.trim()} n`, 'a na na na na na na na na batman'],
    ['a repetition, or more of it, without spaces', '春は曙。やう', 'やう白くなりゆく山際。'],
  ])('%s is refused', (_, said, next) => {
    expect(newIn(from(said), next)).toBeNull();
  });
});

describe('behind a finished block, what is new in', () => {
  test.each([
    ['a block of its own', 'One block.', 'Another block.', 'Another block.'],
    ['the anchor and another block', 'One block.', 'One block.\n\nAnother block.', 'Another block.'],
    ['the anchor and an indented one', 'Code:', 'Code:\n\n    return 2', '    return 2'],
    ['a blank line and another block', 'One block.', '\n\nAnother block.', '\n\nAnother block.'],
    ['the anchor alone', 'One block.', 'One block.', ''],
    ['nothing', 'I will read that file', '', ''],
  ])('%s', (_, said, next, rest) => {
    expect(newIn(from(said, false), next)).toBe(rest);
  });

  test.each([
    ['an introduction', 'One block.', 'Sure, here is the rest of it.'],
    ['another answer', 'One block is enough.', 'One blow is enough.'],
    ['the beginning of the same', 'One block is enough.', 'One block is'],
  ])('%s is refused', (_, said, next) => {
    expect(newIn(from(said, false), next)).toBeNull();
  });
});

describe('refused is', () => {
  test.each([
    ['another answer', 'One sentence, and a seco', 'One sentence, and then a third one, which is long.'],
    ['another answer behind a sentence', 'I will read that file. ', 'I will look at that file first.'],
    ['a shorter answer', LONG, 'The bridge was built in three years.'],
    ['an introduction', 'I will read ', 'Sure, here is the rest: that file, and then the other one.'],
    ['an introduction behind a sentence', 'I will read. ', 'Certainly! And then I write.'],
    ['an apology', 'I will read ', "I'm sorry for the interruption. That file."],
    ['a fresh sentence', 'I will read the ', 'This is how the file is read.'],
    ['two words that grow together', 'I saw the cat', 'and the dog.'],
    ['a word that was there before', 'A bridge, or a', 'bridge.'],
    ['a capital behind a letter', 'I saw the cat', 'The dog was there.'],
    ['a number behind a word', 'I saw the cat', '2 times.'],
    ['a sentence without its space', 'I saw the cat.', 'It was there.'],
    ['code from its line on, which may be aligned', CODE, '  return value / 2;\n}\n```'],
    ['what may be a word of its own', 'I saw the', 'end of it, as it was.'],
    ['thoughts behind its first words', 'I saw the cat. ', 'And so it went on for long<think>Hm.</think>.'],
    ['a tag', 'I saw the cat. ', '<rest>It sat there.</rest>'],
    ['a remark in brackets', 'I saw the cat. ', '[continued] It sat there.'],
    ['a remark in round ones', 'I saw the cat. ', '(continuing) It sat there.'],
    ['an introduction in French', 'I saw the cat. ', 'Désolé pour la coupure. Voici la suite.'],
    ['an introduction in small letters', 'I saw the cat. ', 'apologies, here we go: it sat there.'],
    ['a refusal', 'The answer is ', 'sorry, but I can not help with that.'],
    ['a list begun again', '1. One\n2. Two\n', '1. First\n2. Second'],
    ['an item told again', '1. One\n2. Two\n', '2. Second\n3. Third'],
    [
      'an introduction that begins with the last letters',
      'I saw the cat. H',
      'Here is the rest of the message: it sat there.',
    ],
    ['an introduction that begins with the only letter', 'H', 'Here is the rest of the message: hello.'],
    ['an answer that begins with the last letter', 'I saw the cat. S', 'Some other answer than that.'],
    [
      'the rest of a word, which ends as the text does',
      '- a handle\n  - a hand',
      'le\n  - a handle\n  - nothing',
    ],
    ['the last words but for white space', 'It is:\n\nadd two', '   add\n   two numbers to it'],
    ['a word with an umlaut', 'Das Wörterbuch', 'für Übungen ist gut.'],
    ['a line end in a number', 'It is 3', 'It is 3\n\n4 of it.'],
    [
      'a quotation mark and the last words',
      'He said: " a house that is wide',
      '"a house that is wide" and more.',
    ],
    ['a paragraph in the middle of a sentence', LONG.trimEnd(), `${anchorOf(LONG)}\n\nis deep.`],
    ['a line in the middle of a sentence', LONG.trimEnd(), `${anchorOf(LONG)}\nis deep.`],
    ['a tool call in the middle of a list', 'The steps are:\n\n1.', ''],
    ['an item in the middle of a line', 'I saw the cat', '- and more'],
    ['a heading in the middle of a line', 'I saw the cat', '## More'],
    ['an item in the middle of a line, behind a space', 'I saw the cat ', '- and more'],
    ['a quotation behind a space', 'I saw the cat ', '"the cat" is where it ended.'],
    ['a quotation of the last words', 'I saw the cat', '"I saw the cat" is where it ended.'],
    ['nothing, in the middle of a sentence', 'I saw the', ''],
    ['white space alone, in the middle of a sentence', 'I saw the', ' \n '],
  ])('%s', (_, said, next) => {
    expect(newIn(from(said), next)).toBeNull();
  });

  test.each([
    ['at the beginning', ''],
    ['behind the last words', 'I will read'],
    ['behind a few words', 'that file'],
  ])('white space without end, before it is all there: %s', (_, before) => {
    const one = seam(from('I will read'));
    expect(one.push(before)).toBeNull();
    expect(one.push(' '.repeat(1_000))).toHaveProperty('misfit');
  });

  test('what says nothing of it for long, before it is all there', () => {
    const one = seam(from('I will read '));
    expect(one.push(`Sure. ${'word '.repeat(200)}`)).toHaveProperty('misfit');
  });
});

describe('it is decided', () => {
  test('with the first character behind the anchor, and no later', () => {
    const one = seam(from('One sentence, and a'));
    expect(one.push('One sentence, and a')).toBeNull();
    expect(one.push(' ')).toBeNull();
    expect(one.push('t')).toEqual({ skip: 19 });
  });

  test('with the first words of a rest that repeats nothing', () => {
    const one = seam(from('I saw the cat'));
    expect(one.push(', which sat')).toBeNull();
    expect(one.push(' there for an hour or two')).toEqual({ skip: 0 });
  });
});
