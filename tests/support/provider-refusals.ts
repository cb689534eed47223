import type { Row } from './refusals.ts';
import { GROQ, OPENAI } from './refusals-of-clouds.ts';
import { GATEWAYS } from './refusals-of-gateways.ts';
import { LOCAL } from './refusals-of-servers.ts';
import { OTHERS } from './refusals-of-vendors.ts';

/** Refusals as each provider gives them. */
export const PROVIDER_REFUSALS: readonly Row[] = [...OPENAI, ...GROQ, ...GATEWAYS, ...OTHERS, ...LOCAL].map(
  ([who, status, body, kind, headers = {}]) => [who, status, body, kind, headers],
);
