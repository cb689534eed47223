/** The version of the API that every request names. Source: the versioning page of its reference. */
export const VERSION = { 'anthropic-version': '2023-06-01' } as const;
