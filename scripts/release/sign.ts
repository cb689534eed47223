/** `bun scripts/release/sign.ts FILE`: signs a compiled program for macOS ad hoc, in place. Exits 1 when it cannot. */
import { basename } from 'node:path';
import { NotSignable, signed } from './code-signature.ts';

const [file = ''] = process.argv.slice(2);
try {
  await Bun.write(file, signed(await Bun.file(file).bytes(), basename(file)));
} catch (error) {
  if (!(error instanceof NotSignable)) throw error;
  console.error(`${basename(file)} cannot be signed: ${error.message}`);
  process.exit(1);
}
