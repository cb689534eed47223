import { tell } from './print.ts';

/** A line that is typed unseen, where there is a terminal; otherwise everything that is piped in. */
export function hiddenInput(prompt: string): Promise<string> {
  return process.stdin.isTTY ? typed(prompt) : Bun.stdin.text();
}

const ENTER = ['\r', '\n', '\x04'];

function typed(prompt: string): Promise<string> {
  const { stdin } = process;
  process.stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve) => {
    let line = '';
    const done = () => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      tell('');
    };
    const take = (keys: string) => {
      for (const key of keys) {
        if (key === '\x03') {
          done();
          process.kill(process.pid, 'SIGINT');
          return;
        }
        if (ENTER.includes(key)) {
          done();
          resolve(line);
          return;
        }
        line = key === '\x7f' || key === '\b' ? line.slice(0, -1) : line + key;
      }
    };
    stdin.on('data', take);
  });
}
