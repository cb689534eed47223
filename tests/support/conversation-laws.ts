import { conversationComplaints } from './anthropic-conversation.ts';
import { complaints as compatibleComplaints } from './anthropic-validator.ts';
import { blocksOf, exchangesOf, listOf } from './exchanges.ts';
import { complaints as chatComplaints, OPENAI, type Strictness } from './openai-validator.ts';

/** How an upstream speaks, and what it can read. */
export interface Member {
  dialect: 'native' | 'compatible' | 'chat';
  eyes: boolean;
  /** Whether it reads PDFs. */
  files?: boolean;
  /** chat: whether it wants its reasoning back. */
  reasoning?: boolean;
  /** chat: what it takes for ids; default: what OpenAI does. */
  ids?: Strictness;
  /** compatible: whether it has Claude's newer models, which think as much as they find right. */
  claude?: boolean;
}

/** What the client asked and what went to one upstream for it, both as they were on the wire. */
export interface Meeting {
  member: Member;
  client: string;
  body: string;
  headers: readonly (readonly [name: string, value: string])[];
}

/** Thinking that somebody wrote: what closes it, and the words. */
export interface Thought {
  thinking: string;
  /** Undefined where it was not signed. */
  signature?: string;
}

/** What Anthropic signed: the signatures of visible thinking, the data of the other. */
export type Signed = ReadonlySet<string>;

type Loose = Record<string, unknown>;

/** Everything that is wrong with what one upstream got; empty when the conversation survived the way to it. */
export function breaches(meeting: Meeting, signatures: Signed, own: readonly Thought[] = []): string[] {
  return [
    ...refusals(meeting),
    ...leaks(meeting, signatures),
    ...wrongExchanges(meeting),
    ...wrongMedia(meeting),
    ...wrongHistory(meeting, signatures),
    ...wrongThoughts(meeting, own),
  ];
}

/** Everything that a strict server of its kind would refuse. */
function refusals({ member, body }: Meeting): string[] {
  const parsed: unknown = JSON.parse(body);
  switch (member.dialect) {
    case 'native':
      return conversationComplaints(parsed);
    case 'compatible':
      return compatibleComplaints(member.claude === true ? withoutAdaptive(parsed) : parsed);
    case 'chat':
      return chatComplaints(parsed, { ...(member.ids ?? OPENAI), reasoning: member.reasoning === true });
  }
}

function withoutAdaptive(body: unknown): unknown {
  const { thinking, ...rest } = body as Loose;
  return JSON.stringify(thinking) === '{"type":"adaptive"}' ? rest : body;
}

/** What is Anthropic's or the client's business alone, and reached another. */
function leaks({ member, body, headers }: Meeting, signatures: Signed): string[] {
  if (member.dialect === 'native') return body.includes('"ccp1:') ? ['our own mark'] : [];
  const secrets = [...signatures, 'x-anthropic-billing-header', 'ccp1:', 'sk-test'];
  const said = [body, ...headers.map((pair) => pair.join(': '))].join('\n');
  const keys = /"(cache_control|defer_loading)":/.exec(body);
  const own = headers.filter(([name]) => /^(?:anthropic-beta|x-claude-|x-stainless-|x-app)/i.test(name));
  return [
    ...secrets.filter((secret) => said.includes(secret)),
    ...(keys === null ? [] : [String(keys[1])]),
    ...own.map(([name]) => name),
  ];
}

/** Where calls and results are not, one by one, those that the client has. */
function wrongExchanges({ client, body }: Meeting): string[] {
  const [wanted, got] = [exchangesOf(JSON.parse(client)), exchangesOf(JSON.parse(body))];
  if (wanted.length !== got.length) return [`${got.length} exchanges instead of ${wanted.length}`];
  return wanted.flatMap((exchange, at) => {
    const { tool, input, result, failed } = got[at] ?? exchange;
    const isSame =
      tool === exchange.tool &&
      JSON.stringify(input) === JSON.stringify(exchange.input) &&
      result?.includes(exchange.result ?? '') === true &&
      (!exchange.failed || failed);
    return isSame ? [] : [`${JSON.stringify(got[at])} instead of ${JSON.stringify(exchange)}`];
  });
}

const NO_EYES = '[image omitted: model has no vision]';

/** Images and PDFs that are not what this upstream can take: themselves, or a word about them; never text. */
function wrongMedia({ member, client, body }: Meeting): string[] {
  if (member.dialect === 'native') return [];
  const given = blocksOf(JSON.parse(client));
  const got = blocksOf(JSON.parse(body));
  const texts = got.flatMap(({ type, text }) => (type === 'text' ? [String(text)] : []));
  const found: string[] = [];
  const images = given.filter(({ type }) => type === 'image').map(({ source }) => dataOf(source));
  const seen = got.flatMap((block) => images.filter((data) => isImageOf(block, data)).slice(0, 1));
  if (seen.join() !== (member.eyes ? images.join() : ''))
    found.push(`${seen.length} of ${images.length} images`);
  if (images.some((data) => texts.some((text) => text.includes(data)))) found.push('an image as text');
  const notes = texts.join('\n').split(NO_EYES).length - 1;
  if (notes !== (member.eyes ? 0 : images.length)) found.push(`${notes} notes about images`);
  for (const { source } of given.filter(({ type }) => type === 'document')) {
    const data = dataOf(source);
    const arrived = got.filter(({ file, source: own }) => JSON.stringify([file, own]).includes(data)).length;
    if (arrived !== (member.files === true ? 1 : 0)) found.push(`a document arrived ${arrived} times`);
    if (member.files !== true && !texts.some((text) => text.includes('document omitted')))
      found.push('a document vanished');
  }
  return found;
}

/**
 * Where Anthropic got not what the client has: its own thinking byte for byte and nobody else's, all other words as they
 * are. Where the client has nothing that another wrote, its very bytes.
 */
function wrongHistory({ member, client, body }: Meeting, signatures: Signed): string[] {
  if (member.dialect !== 'native') return [];
  const asked = JSON.parse(client) as { messages: Loose[] };
  let isForeign = false;
  const messages = asked.messages.map((message) => {
    if (!Array.isArray(message.content)) return message;
    const content = (message.content as Loose[]).flatMap((block) => {
      const kept = nativeBlock(block, signatures);
      isForeign ||= kept !== block;
      return kept === null ? [] : [kept];
    });
    return { ...message, content };
  });
  const wanted = isForeign ? JSON.stringify({ ...asked, messages }) : client;
  return wanted === body ? [] : [firstDifference(wanted, body)];
}

/** The same block where Anthropic wrote it or takes it as it is; null where it must not see it. */
function nativeBlock(block: Loose, signatures: Signed): Loose | null {
  if (block.type === 'thinking') return signatures.has(String(block.signature)) ? block : null;
  if (block.type === 'redacted_thinking') return signatures.has(String(block.data)) ? block : null;
  if (block.type === 'text' && block.text === '') return null;
  if (block.type !== 'tool_use' || typeof block.input !== 'string') return block;
  return { ...block, input: JSON.parse(block.input) as unknown };
}

/** Thoughts that a backup got, beside those that it wrote and the client still has, each in its form. */
function wrongThoughts({ member, client, body }: Meeting, own: readonly Thought[]): string[] {
  if (member.dialect === 'native') return [];
  const kept = thoughtsIn(client).map(({ thinking }) => thinking);
  const given = own.filter(({ thinking }) => kept.includes(thinking));
  const isChat = member.dialect === 'chat';
  const wanted = isChat
    ? given.flatMap(({ thinking }) => (member.reasoning === true ? [thinking] : []))
    : given.map(({ thinking, signature = '' }) => JSON.stringify({ type: 'thinking', thinking, signature }));
  const got = isChat ? reasoningIn(body) : thoughtsIn(body).map((block) => JSON.stringify(block));
  return wanted.join() === got.join() ? [] : [`thinking ${got} instead of ${wanted}`];
}

function thoughtsIn(body: string): Loose[] {
  return blocksOf(JSON.parse(body)).filter(({ type }) => type === 'thinking');
}

/** A space stands where a server insists on thoughts and there are none. */
function reasoningIn(body: string): string[] {
  const { messages } = JSON.parse(body) as { messages: Loose[] };
  return messages.flatMap(({ reasoning_content: words }) =>
    words === undefined || words === ' ' ? [] : [String(words)],
  );
}

/**
 * Whether `later` begins with all that `earlier` said, as a prompt cache counts it: null when the client itself began
 * otherwise, so that nothing can be said.
 */
export function keepsBeginning(earlier: Meeting, later: Meeting): boolean | null {
  if (!startsAlike(clientView(earlier.client), clientView(later.client))) return null;
  if (earlier.member.dialect === 'native')
    return startsAlike(clientView(earlier.body), clientView(later.body));
  return cacheable(later.body).startsWith(cacheable(earlier.body));
}

interface View {
  head: string;
  messages: string[];
}

/** A conversation without cache marks, which move, and with one spelling of plain text. */
function clientView(body: string): View {
  const { system, tools, messages } = JSON.parse(
    JSON.stringify(JSON.parse(body), (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
  ) as { system: unknown; tools: unknown; messages: Loose[] };
  const spelt = messages.map(({ role, content }) => JSON.stringify({ role, content: listOf(content) }));
  return { head: JSON.stringify([system, tools]), messages: spelt };
}

function startsAlike(earlier: View, later: View): boolean {
  return (
    earlier.head === later.head && earlier.messages.every((message, at) => message === later.messages[at])
  );
}

/** The bytes of a body up to the end of its messages, without what is no part of the prompt. */
function cacheable(body: string): string {
  const open = body.replace(/\](?:,"stream":(?:true|false))?\}$/, '');
  return open.replace(/"(?:thinking":\{[^}]*\}|max_tokens":\d+),/g, '');
}

function dataOf(source: unknown): string {
  return String((source as Loose).data);
}

function isImageOf(block: Loose, data: string): boolean {
  if (block.type === 'image') return dataOf(block.source) === data;
  return block.type === 'image_url' && String((block.image_url as Loose).url).endsWith(`;base64,${data}`);
}

function firstDifference(wanted: string, got: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === got[at]) at += 1;
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 120);
  return `from ${at}: …${around(got)}… instead of …${around(wanted)}…`;
}
