/** A conversation survives: the real client, ten turns, an upstream that changes at every turn and inside of turns. */
import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLAUDE_VERSIONS } from '../support/claude.ts';
import { breaches, keepsBeginning, type Member } from '../support/conversation-laws.ts';
import { exchangesOf } from '../support/exchanges.ts';
import type { Heard, Play } from '../support/played.ts';
import { type Company, type CompanyOptions, type Name, startCompany } from './company.ts';
import { FILES, OWN_THOUGHTS, RESULTS, SIGNATURES, type Turn, tenTurns } from './ten-turns.ts';

const LIMIT_MS = 120_000;
const ARGS = ['--allowedTools', 'Bash', 'Read', '--max-turns', '9'];

interface Eyes {
  who: string;
  chat: CompanyOptions['chat'];
  members: Record<Name, Member>;
}

const EYES: Eyes[] = [
  {
    who: 'the chat backup sees',
    chat: 'openai',
    members: {
      anthropic: { dialect: 'native', eyes: true },
      chat: { dialect: 'chat', eyes: true, files: true },
      compatible: { dialect: 'compatible', eyes: false },
    },
  },
  {
    who: 'the compatible backup sees, and the chat backup wants its thoughts back',
    chat: 'deepseek',
    members: {
      anthropic: { dialect: 'native', eyes: true },
      chat: { dialect: 'chat', eyes: false, reasoning: true },
      compatible: { dialect: 'compatible', eyes: true, claude: true },
    },
  },
];
const RUNS = CLAUDE_VERSIONS.flatMap((version) => EYES.map((eyes) => ({ version, ...eyes })));

test.each(RUNS)(
  'ten turns of $version, where $who, go on whoever answers',
  async ({ version, chat, members }) => {
    await using company = await startCompany({ version, args: ARGS, chat, members });
    const { cwd } = company.session;
    for (const { name, bytes } of Object.values(FILES)) await writeFile(join(cwd, name), bytes);
    const turns = tenTurns(cwd);
    const steps = turns.flatMap((turn) => turn.steps);
    const played = await company.follow(steps);

    const said: unknown[] = [];
    for (const turn of turns) said.push(await takeTurn(turn, company, played));
    expect(said).toEqual(turns.map((turn) => [0, lastWords(turn)]));
    const posts = company.asked();
    expect([played.done, posts.length]).toEqual([steps.length, steps.length]);
    const results = exchangesOf(JSON.parse(posts.at(-1) ?? '')).flatMap(
      ({ result }) => result?.split('\n') ?? [],
    );
    for (const token of RESULTS) expect(results.filter((line) => line === token)).toHaveLength(1);

    expect(played.heard.flatMap((one) => breachesOf(one, company))).toEqual([]);
    for (const name of Object.keys(members) as Name[]) expectOneBeginning(name, company, played);
  },
  LIMIT_MS,
);

/** What the client says at the end of a turn, and that the right upstreams were asked in it. */
async function takeTurn(turn: Turn, company: Company, played: Play<Name>): Promise<unknown[]> {
  const { prompt, prefers, closed } = turn;
  const before = played.heard.length;
  if (closed === true) await company.upstreams.anthropic.play('refuse');
  if (prefers !== undefined) await company.admin('use', { upstream: prefers });
  const { exitCode, report, stdout } = await company.session.say(prompt);
  const askedNow = new Set(played.heard.slice(before).map(({ upstream }) => upstream));
  if (prefers !== undefined) expect([...askedNow]).toEqual([prefers]);
  if (closed === true) expect(askedNow.has('anthropic')).toBe(false);
  if (closed === true) await company.upstreams.anthropic.play(played.lines('anthropic'));
  if (prefers !== undefined) await company.admin('use', { upstream: 'auto' });
  // What a limit or a closed port has left behind: the next turn begins at Anthropic, however soon it comes.
  await company.admin('reset', {});
  return [exitCode, report?.result ?? stdout];
}

function lastWords({ steps }: Turn): string {
  const block = steps.at(-1)?.says.blocks.at(-1);
  return block?.type === 'text' ? block.text : '';
}

function breachesOf(heard: Heard<Name>, company: Company): string[] {
  return breaches(company.meeting(heard), SIGNATURES, OWN_THOUGHTS[heard.upstream]).map(
    (breach) => `${heard.upstream}, request ${heard.step}: ${breach}`,
  );
}

/** Every request begins with the one before it at the same upstream, one turn or several turns ago. */
function expectOneBeginning(name: Name, company: Company, { heard }: Play<Name>): void {
  const meetings = heard.filter(({ upstream }) => upstream === name).map((one) => company.meeting(one));
  const kept = meetings.slice(1).map((later, at) => {
    const earlier = meetings[at];
    return earlier !== undefined && keepsBeginning(earlier, later);
  });
  expect(kept.length).toBeGreaterThan(5);
  expect(kept).toEqual(kept.map(() => true));
}
