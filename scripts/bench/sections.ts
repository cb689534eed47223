/** A report in which one section can be written anew while the others stay. */

/** Where the section of this title begins and ends in a report; null when it is not there. */
function spanOf(report: string, title: string): readonly [from: number, to: number] | null {
  const from = report.indexOf(`\n## ${title}\n`);
  if (from === -1) return null;
  const next = report.indexOf('\n## ', from + 1);
  return [from, next === -1 ? report.length : next];
}

/** The section of this title, its heading included; empty where the file or the section is not there. */
export async function readSection(path: string, title: string): Promise<string> {
  const file = Bun.file(path);
  const report = (await file.exists()) ? await file.text() : '';
  const span = spanOf(report, title);
  return span === null ? '' : report.slice(...span).trim();
}

/** Puts `section` in the place of the one of this title, or at the end. */
export async function replaceSection(path: string, title: string, section: string): Promise<void> {
  const file = Bun.file(path);
  const report = (await file.exists()) ? await file.text() : '';
  const [from, to] = spanOf(report, title) ?? [report.length, report.length];
  await Bun.write(path, `${report.slice(0, from).trimEnd()}\n\n${section.trim()}\n${report.slice(to)}`);
}
