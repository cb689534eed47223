/** A program on a system where no process can become another: says what it was started with, by itself or in its place. */
import { allowManyRequests } from '../../src/cli/many-requests.ts';

Object.assign(process, { execve: undefined });
const ended = await allowManyRequests();
if (ended !== null) process.exit(ended);
process.stdout.write(`${process.env.BUN_CONFIG_MAX_HTTP_REQUESTS} ${process.argv.slice(2).join(' ')}`);
process.exit(7);
