/**
 * nginx as a pipe to one address, with what a stream needs and nothing else: the web server that everybody knows, beside
 * what is measured. Whatever version the system has; its package need not be installed.
 */
import { type Running, start } from './processes.ts';

/** The program, or null where this machine has none. */
export function nginxProgram(named: string | undefined): string | null {
  return named ?? Bun.which('nginx', { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin` });
}

/** `nginx/1.22.1`. */
export function nginxVersion(program: string): string {
  const { stderr } = Bun.spawnSync([program, '-v'], { stdout: 'ignore', stderr: 'pipe' });
  return /nginx\/[\d.]+/.exec(stderr.toString())?.[0] ?? 'nginx';
}

/** One worker, as the others are one process. Everything that it writes lies in the folder that it is started in. */
export function startNginx(program: string, upstream: string): Promise<Running> {
  return start(
    () => [program, '-p', '.', '-e', 'stderr', '-c', 'nginx.conf'],
    {},
    (port) => ({ 'nginx.conf': configuration(port, new URL(upstream).host) }),
  );
}

function configuration(port: number, upstream: string): string {
  // Its worker becomes another user, who could not write there.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `
    ${user}
    daemon off;
    pid nginx.pid;
    worker_processes 1;
    events { worker_connections 1024; }
    http {
      access_log off;
      client_max_body_size 0;
      client_body_buffer_size 1m;
      client_body_temp_path client_body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      keepalive_requests 1000000;
      upstream source {
        server ${upstream};
        keepalive 32;
        keepalive_requests 1000000;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://source;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
        }
      }
    }`;
}
