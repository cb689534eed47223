/** What a running ccproxy says about its upstreams. */

interface Shown {
  upstreams: { name: string; state: string }[];
}

/** The state of each upstream by its name, from `GET /status`. */
export async function statesOf(url: string): Promise<Record<string, string>> {
  const response = await fetch(`${url}/status`, { proxy: false, keepalive: false });
  const { upstreams } = (await response.json()) as Shown;
  return Object.fromEntries(upstreams.map(({ name, state }) => [name, state]));
}
