/** Other proxies on the way to one upstream, each as it would be set up for failover: what they cost while nothing fails. */
import { claudeCodeRouter } from './failover/rivals/claude-code-router.ts';
import { portkey } from './failover/rivals/portkey.ts';
import type { Rival } from './failover/rivals/rival.ts';

/** Where a load goes. */
export interface LoadTarget {
  /** Without a path. */
  url: string;
  headers?: Readonly<Record<string, string>>;
}

/** A target that was started for a measurement, and its end. */
export interface StartedTarget extends LoadTarget {
  name: string;
  stop(): Promise<void>;
}

/** Longer than anything here takes. */
const PATIENCE_MS = 30_000;

/** Those that can be between a client and this upstream when it speaks this language. */
export async function startOthers(
  upstream: string,
  dialect: 'anthropic' | 'openai-chat',
): Promise<StartedTarget[]> {
  const rivals = dialect === 'anthropic' ? [claudeCodeRouter(), portkey] : [claudeCodeRouter('openai-chat')];
  const started: StartedTarget[] = [];
  for (const rival of rivals) started.push(await startOther(rival, upstream));
  return started;
}

async function startOther(rival: Rival, upstream: string): Promise<StartedTarget> {
  await rival.prepare();
  const { name, version } = rival;
  const running = await rival.start({ primary: upstream, backup: upstream, patienceMs: PATIENCE_MS });
  return {
    name: `${name} ${version}`,
    url: running.baseUrl,
    headers: running.headers,
    stop: () => running[Symbol.asyncDispose]().then(() => {}),
  };
}
