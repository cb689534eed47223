/** Where a client of this machine reaches what listens on `host`. */
export function baseUrl(host: string, port: number): string {
  return `http://${clientHost(host)}:${port}`;
}

/** The name of this machine under which `host` is reached: `localhost`, unless only another address is listened on. */
function clientHost(host: string): string {
  if (/^(?:localhost|127\.0\.0\.1|::1|0\.0\.0\.0|::)$/i.test(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
