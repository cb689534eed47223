import { PROVIDERS } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { parseAddress } from './address.ts';
import type { Draft } from './draft.ts';
import { presetKey, presetVariables } from './preset-values.ts';
import type { Problem } from './problem.ts';
import { findProvider } from './provider-names.ts';
import { type Environment, variable } from './references.ts';

/** What is there: something that accepts connections, a website, or nothing. Whoever makes it bounds it: to less than a second. */
export type Answers = (host: string, port: number) => Promise<boolean | 'website'>;

/** A preset or upstream that is not in the chain, and why. */
export interface LeftOut {
  name: string;
  why: string;
}

/** The drafts of a chain in their order, and what did not come into it. */
export interface Drafts {
  drafts: Draft[];
  leftOut: LeftOut[];
  problems: Problem[];
  /** Tables of providers that are not known, for what is wrong with them otherwise. */
  unknown?: Draft[];
}

/** Emergency mode: the presets that `PROVIDER` names, in that order and in any case. */
export function draftEmergency(value: string): Drafts {
  const named = { key: 'PROVIDER' };
  const names = value
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const drafts: Draft[] = [];
  const problems: Problem[] = [];
  for (const name of names) {
    const shown = /^[\w.-]{1,30}$/.test(name) ? JSON.stringify(name) : 'another word';
    const provider = findProvider(name, shown);
    if ('what' in provider) {
      problems.push({ ...named, ...provider });
    } else if (drafts.some((draft) => draft.name === provider.name)) {
      problems.push({
        ...named,
        what: 'names a provider twice',
        found: shown,
        allowed: 'each provider once',
      });
    } else {
      drafts.push(draftPreset(provider, 'PROVIDER names it'));
    }
  }
  if (names.length === 0) {
    const allowed = PROVIDERS.map((provider) => provider.name).join(', ');
    problems.push({ ...named, what: 'names no provider', found: 'no name', allowed });
  }
  return { drafts, leftOut: [], problems };
}

/**
 * Standing mode: Anthropic with the client's own credential, then every preset whose key (without a default address:
 * whose address) is in the environment, then the local servers that answer.
 */
export async function draftStanding(env: Environment, answers: Answers): Promise<Drafts> {
  const remote = PROVIDERS.filter((provider) => !provider.local).map((provider) =>
    judgeRemote(provider, env),
  );
  const local = await Promise.all(
    PROVIDERS.filter((provider) => provider.local).map((provider) => judgeLocal(provider, env, answers)),
  );
  const judged = [...remote, ...local];
  return {
    drafts: judged.filter((one) => one.in).map(({ provider, why }) => draftPreset(provider, why)),
    leftOut: judged.filter((one) => !one.in).map(({ provider, why }) => ({ name: provider.name, why })),
    problems: [],
  };
}

/** A draft of a preset that no table of a file describes. */
export function draftPreset(
  provider: Provider,
  why: string,
  named = { key: presetVariables(provider).apiKey },
): Draft {
  return { name: provider.name, provider, table: {}, document: null, named, why };
}

interface Judgement {
  provider: Provider;
  in: boolean;
  why: string;
}

function judgeRemote(provider: Provider, env: Environment): Judgement {
  const { apiKey, baseUrl } = presetVariables(provider);
  if (provider.credential === 'client') {
    const own = presetKey(provider, env) === undefined ? '' : `, or ${apiKey} where the client has none`;
    return { provider, in: true, why: `the client's own credential${own}` };
  }
  const hasKey = presetKey(provider, env) !== undefined;
  // A server that may need no key is known by its address.
  const hasAddress = provider.credential === 'optional' && variable(env, baseUrl) !== undefined;
  if (provider.base === null) return { provider, in: hasAddress, why: isSet(baseUrl, hasAddress) };
  if (hasAddress && !hasKey) return { provider, in: true, why: isSet(baseUrl, true) };
  return { provider, in: hasKey, why: isSet(apiKey, hasKey) };
}

function isSet(name: string, is: boolean): string {
  return `${name} is ${is ? 'set' : 'not set'}`;
}

async function judgeLocal(provider: Provider, env: Environment, answers: Answers): Promise<Judgement> {
  const { baseUrl } = presetVariables(provider);
  const address = parseAddress(variable(env, baseUrl) ?? provider.base ?? '');
  if ('what' in address) return { provider, in: false, why: `${baseUrl}: ${address.what}` };
  const { protocol, hostname, port } = new URL(address.base);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const there = await answers(hostname.replace(/^\[|\]$/g, ''), number).catch(() => false);
  const who = there === 'website' ? 'a website answers' : there ? 'answers' : 'nothing answers';
  return { provider, in: there === true, why: `${who} on ${hostname}:${number}` };
}
