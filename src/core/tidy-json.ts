/**
 * `json` without white space between its tokens, and with no more escapes than there must be. The rest is as it was: the order
 * of members and the spelling of numbers are a model's, those others a serializer's on the way.
 * @param json valid JSON (RFC 8259)
 */
export function tidyJson(json: string): string {
  const out: string[] = [];
  let at = 0;
  for (let quote = json.indexOf('"'); quote !== -1; quote = json.indexOf('"', at)) {
    out.push(withoutSpace(json.slice(at, quote)));
    at = stringEnd(json, quote);
    const string = json.slice(quote, at);
    out.push(string.includes('\\') ? JSON.stringify(JSON.parse(string)) : string);
  }
  out.push(withoutSpace(json.slice(at)));
  return out.join('');
}

function withoutSpace(tokens: string): string {
  return tokens.replaceAll(/[ \n\r\t]+/g, '');
}

/** Behind the closing quote of the string that opens at `from`: one that an even number of backslashes stands before. */
function stringEnd(json: string, from: number): number {
  for (let at = from; ; ) {
    at = json.indexOf('"', at + 1);
    let before = at - 1;
    while (json[before] === '\\') before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
}
