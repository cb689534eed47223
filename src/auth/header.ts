import type { Auth } from '../core/upstream.ts';

/**
 * Sends ccproxy's own key: as a Bearer token in `authorization`, as it is in any other header. Without a key nothing is
 * added (a local server needs none).
 */
export function headerAuth(key: string | undefined, headerName: string): Auth {
  return (headers) => {
    if (key !== undefined)
      headers.set(headerName, headerName.toLowerCase() === 'authorization' ? `Bearer ${key}` : key);
    return headers;
  };
}
