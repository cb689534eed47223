/** How long a local server may take to show that it is there. */
const LOCAL_MS = 300;

/**
 * What is at that address, found out within a moment: nothing, something, or a website. On a port as common as 8080 that is
 * not seldom somebody's own, and conversations are none of its business.
 */
export async function answers(hostname: string, port: number): Promise<boolean | 'website'> {
  if (!(await accepts(hostname, port))) return false;
  return (await isWebsite(hostname, port)) ? 'website' : true;
}

function accepts(hostname: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LOCAL_MS);
    const settle = (there: boolean) => {
      clearTimeout(timer);
      resolve(there);
    };
    const socket = {
      open(connection: { end(): unknown }) {
        connection.end();
        settle(true);
      },
      data() {},
      error: () => settle(false),
    };
    Bun.connect({ hostname, port, socket }).catch(() => settle(false));
  });
}

/** A page for people where a model server has its list of models. Who is too busy to say is none. */
async function isWebsite(hostname: string, port: number): Promise<boolean> {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  try {
    const signal = AbortSignal.timeout(LOCAL_MS);
    const response = await fetch(`http://${host}:${port}/v1/models`, {
      signal,
      redirect: 'manual',
      proxy: false,
    });
    await response.body?.cancel();
    return response.headers.get('content-type')?.includes('text/html') === true;
  } catch {
    return false;
  }
}
