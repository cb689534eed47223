import { isLoopback } from '../core/loopback.ts';
import type { Chain, Dialect, Upstream } from '../core/upstream.ts';
import type { DialectName } from '../providers/provider.ts';
import { describesChain, draftFile } from './chain.ts';
import { type Draft, isReferenceIn } from './draft.ts';
import { type Answers, type Drafts, draftEmergency, draftStanding, type LeftOut } from './environment.ts';
import { readFailover } from './failover.ts';
import { type FileSources, findFile } from './find-file.ts';
import { type Built, fingerprintOf } from './fingerprint.ts';
import type { LoadedFile } from './load.ts';
import { presetVariables } from './preset-values.ts';
import type { Problem } from './problem.ts';
import { variable } from './references.ts';
import { type ListenFlags, readServer } from './server.ts';
import type { ServerSettings, Settings } from './settings.ts';
import { buildUpstream } from './upstream.ts';

/** Everything the configuration is made from; nothing else is looked at. */
export interface ConfigSources extends FileSources, ListenFlags {
  answers: Answers;
  dialects: Record<DialectName, Dialect>;
}

/** Why an upstream is in the chain. */
export interface Why {
  name: string;
  provider: string;
  /** Its address as it may be shown: without the path where that could hold a secret. */
  address: string;
  why: string;
}

/** A configuration that can be run. */
export interface Configuration {
  settings: Settings;
  chain: Chain;
  /** One for each upstream of the chain, in its order. */
  why: readonly Why[];
  leftOut: readonly LeftOut[];
  /** Lines for the user that need no action. */
  notices: readonly string[];
  /** Lines for the user that may need action. */
  warnings: readonly string[];
  /** What tells it from any other but those that do the same, for whoever has this key, too. */
  fingerprint(key: string): string;
}

/** A configuration, or every problem that keeps it from being one. */
export type Configured =
  | { ok: true; configuration: Configuration }
  | {
      ok: false;
      problems: readonly Problem[];
      /** Where it would listen, as far as it can be told in spite of the problems. */
      server?: ServerSettings;
    };

/** Makes the configuration from flags, environment and file: emergency, file or standing mode. */
export async function configure(sources: ConfigSources): Promise<Configured> {
  const provider = variable(sources.env, 'PROVIDER');
  return provider === undefined ? configureFromFile(sources) : configureEmergency(provider, sources);
}

async function configureEmergency(provider: string, sources: ConfigSources): Promise<Configured> {
  const named = sources.configFlag !== undefined ? '--config' : 'CCPROXY_CONFIG';
  if (sources.configFlag !== undefined || variable(sources.env, 'CCPROXY_CONFIG') !== undefined) {
    const what = `PROVIDER and ${named} both say where the chain comes from`;
    return {
      ok: false,
      problems: [{ key: named, what, found: 'both', allowed: `PROVIDER or ${named}, not both` }],
    };
  }
  const ignored = await findFile(sources);
  const notices =
    ignored !== null && 'file' in ignored ? [`PROVIDER is set: ${ignored.file} is ignored`] : [];
  return assemble('emergency', draftEmergency(provider), null, notices, sources);
}

async function configureFromFile(sources: ConfigSources): Promise<Configured> {
  const found = await findFile(sources);
  if (found === null) return assembleStanding(null, sources);
  if ('what' in found) return { ok: false, problems: [found] };
  sources.uses?.({ file: found.file, path: found.path, discovered: found.discovered });
  // Parsers and the schema are large, and nothing that an emergency has to wait for.
  const { loadFile, withoutConsequences } = await import('./load.ts');
  const { loaded, problems } = await loadFile(found, sources);
  if (loaded === null) return { ok: false, problems };
  const result = describesChain(loaded)
    ? assemble('file', draftFile(loaded), loaded, [], sources)
    : await assembleStanding(loaded, sources);
  if (problems.length === 0) return result;
  const others = result.ok ? [] : result.problems;
  const server = result.ok ? result.configuration.settings.server : result.server;
  return { ok: false, problems: withoutConsequences(problems, others), ...(server && { server }) };
}

async function assembleStanding(file: LoadedFile | null, sources: ConfigSources): Promise<Configured> {
  return assemble('standing', await draftStanding(sources.env, sources.answers), file, [], sources);
}

function assemble(
  mode: Settings['mode'],
  { drafts, leftOut, problems: draftProblems, unknown = [] }: Drafts,
  file: LoadedFile | null,
  notices: string[],
  sources: ConfigSources,
): Configured {
  const problems = [...draftProblems];
  const server = readServer(file, sources.env, sources, problems);
  const failover = readFailover(file, problems);
  const warnings: string[] = [];
  const made: Built[] = [];
  const why: Why[] = [];
  const out = [...leftOut];
  const discovered = file?.found.discovered ?? false;
  for (const [index, draft] of drafts.entries()) {
    const built = buildUpstream(draft, { ...sources, discovered, isFirst: index === 0 });
    warnings.push(...built.warnings);
    if (built.upstream !== null) {
      made.push({ draft, upstream: built.upstream });
      if (isUnnamed(draft, built.upstream)) warnings.push(unnamed(draft));
      why.push({
        name: draft.name,
        provider: draft.provider.name,
        address: showAddress(draft, built.upstream.base),
        why: draft.why,
      });
    } else if (mode === 'standing' && !draft.provider.native) {
      // Nobody asked for this one by name: a stray variable of the shell must not keep the others from serving.
      out.push({ name: draft.name, why: built.problems.map(inWords).join('; ') });
      warnings.push(`${draft.name} is left out: ${built.problems.map(inWords).join('; ')}`);
    } else {
      problems.push(...built.problems);
    }
  }
  for (const draft of unknown) {
    const judged = { ...sources, env: {}, discovered: false, isFirst: false };
    problems.push(...buildUpstream(draft, judged).problems);
  }
  if (problems.length > 0) return { ok: false, problems, server };
  const chain = made.map(({ upstream }) => upstream);
  warnings.push(...selfReferences(chain, server), ...uselessSettings(mode, chain, server, file));
  const settings: Settings = { mode, configPath: file?.found.path ?? null, server, failover };
  const fingerprint = fingerprintOf(settings, made);
  return { ok: true, configuration: { settings, chain, why, leftOut: out, notices, warnings, fingerprint } };
}

/** A path that was written with a reference may hold a key. */
function showAddress(draft: Draft, base: string): string {
  return isReferenceIn(draft, 'base_url') ? `${new URL(base).protocol}//…` : base;
}

/** Whether a server that is not Anthropic's is asked for Claude's own models, which few have. */
function isUnnamed({ provider }: Draft, upstream: Upstream): boolean {
  return (
    provider.dialect === 'openai-chat' && provider.models === null && upstream.model('claude') === 'claude'
  );
}

function unnamed({ name, provider }: Draft): string {
  const variable = presetVariables(provider).model;
  return `${name} is asked for Claude's model names; set ${variable} to one that it has`;
}

function inWords({ key, what, found }: Problem): string {
  return `${key ?? ''} ${what}${found === undefined ? '' : ` (${found})`}`.trim();
}

function selfReferences(chain: Chain, server: ServerSettings): string[] {
  return chain
    .filter(({ base }) => {
      const { hostname, port } = new URL(base);
      return isLoopback(hostname) && Number(port) === server.port && server.port !== 0;
    })
    .map(
      ({ name }) => `${name}: its address is ccproxy's own (port ${server.port}): requests would come back`,
    );
}

function uselessSettings(
  mode: Settings['mode'],
  chain: Chain,
  server: ServerSettings,
  file: LoadedFile | null,
): string[] {
  const warnings: string[] = [];
  if (chain.length === 1 && mode !== 'emergency')
    warnings.push('there is only one upstream: nothing can fail over');
  if (file?.found.discovered && !isLoopback(server.host)) {
    warnings.push(
      `${file.found.file} was found, not named, and listens on ${server.host} for other machines`,
    );
  }
  return warnings;
}
