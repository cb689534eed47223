import manifest from '../../package.json' with { type: 'json' };

/** Put in by `scripts/dev/compile.mjs` when the program is compiled; not there when it runs from source. */
declare const CCPROXY_VERSION: string;
declare const CCPROXY_COMMIT: string;

/** Which ccproxy this is. */
export const buildInfo = {
  version: typeof CCPROXY_VERSION === 'string' ? CCPROXY_VERSION : manifest.version,
  commit: typeof CCPROXY_COMMIT === 'string' ? CCPROXY_COMMIT : 'source',
} as const;
