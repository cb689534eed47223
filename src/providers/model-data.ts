import type { ModelFacts } from '../core/model-facts.ts';
import { type Row, unpackRow } from './model-row.ts';
import { MODELS } from './models.gen.ts';
import { VENDORS, type Vendor } from './vendors.ts';

/**
 * Where the facts of a preset's models are taken from: one vendor's part of the snapshot, or `any` for servers of which
 * nobody knows what they serve and how.
 */
export type ModelSource = Vendor | 'any';

/**
 * What is known of a model by its name, as its users write it: in any case, with or without the prefix of its maker
 * (`openai/gpt-5`), with a date at its end (`gpt-5-2025-08-07`, `claude-haiku-4-5@20251001`), with a choice among those who
 * serve it (`:free`, `:nitro`). A name that the source has is taken at its word first. Undefined where there is any doubt.
 *
 * Of a server of its own (`any`), a model's name says what the model itself is, and nothing of how it is set up: only
 * whether it sees, and that only where all who serve a model of that name agree.
 */
export function factsOf(source: ModelSource, model: string): ModelFacts | undefined {
  const name = model.trim().toLowerCase().replace(LONG_CONTEXT, '');
  if (source !== 'any') return factsAt(source, name);
  const seeing = new Set(
    VENDORS.flatMap((vendor) => meantBy(name, vendor)).map((row) => unpackRow(row).vision),
  );
  const [vision, ...others] = seeing;
  return vision === undefined || others.length > 0 ? undefined : { vision };
}

/** With which the client asks for the long context of a model. */
const LONG_CONTEXT = /\[1m\]$/;
/** A choice among those who serve a model (openrouter.ai/docs, model variants). */
const VARIANT = /:(?:free|nitro|floor|online|exacto)$/;
const DATE = /[-@](?:20\d{6}|20\d{2}-\d{2}-\d{2}|default)$/;

interface Name {
  /** `openai/` of `openai/gpt-5`; empty where there is none. */
  maker: string;
  /** The rest, without its date. */
  model: string;
}

function nameIn(lower: string): Name {
  const at = lower.lastIndexOf('/') + 1;
  return { maker: lower.slice(0, at), model: lower.slice(at).replace(DATE, '') };
}

/** A vendor's models, parsed when the first of them is asked for. */
interface Table {
  /** By name in lower case. */
  exact: ReadonlyMap<string, Row>;
  /** By name without maker and date. */
  loose: ReadonlyMap<string, readonly { name: string; maker: string; row: Row }[]>;
}

const TABLES = new Map<Vendor, Table>();

function tableOf(vendor: Vendor): Table {
  const known = TABLES.get(vendor);
  if (known !== undefined) return known;
  const rows = Object.entries(JSON.parse(MODELS[vendor]) as Record<string, Row>).map(([id, row]) => {
    const name = id.toLowerCase();
    return { name, ...nameIn(name), row };
  });
  const table: Table = {
    exact: new Map(rows.map(({ name, row }) => [name, row])),
    loose: Map.groupBy(rows, ({ model }) => model),
  };
  TABLES.set(vendor, table);
  return table;
}

function factsAt(vendor: Vendor, name: string): ModelFacts | undefined {
  const [row, ...others] = meantBy(name, vendor);
  const said = JSON.stringify(row);
  if (row === undefined || others.some((other) => JSON.stringify(other) !== said)) return undefined;
  const facts = unpackRow(row);
  if (!VARIANT.test(name) || tableOf(vendor).exact.has(name)) return facts;
  // Whoever serves it for another price, or for none, may have been chosen.
  const { price, ...unpriced } = facts;
  return unpriced;
}

/** The rows that a name may mean: one where it is taken at its word. */
function meantBy(name: string, vendor: Vendor): Row[] {
  const { exact, loose } = tableOf(vendor);
  const plain = name.replace(VARIANT, '');
  const own = exact.get(name) ?? exact.get(plain);
  if (own !== undefined) return [own];
  const { maker, model } = nameIn(plain);
  const alike = (loose.get(model) ?? []).filter(
    (one) => one.maker === maker || one.maker === '' || maker === '',
  );
  const undated = alike.filter((one) => one.name === `${one.maker}${model}`);
  return (undated.length > 0 ? undated : alike).map(({ row }) => row);
}
