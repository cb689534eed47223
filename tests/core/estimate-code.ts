/** Programs and their like, by language, in words of our own. */
const TYPESCRIPT = `import { readFile } from 'node:fs/promises';
import type { Invoice, LineItem } from './invoice.ts';

/** What is owed, in cents; never below zero. */
export function totalOf(items: readonly LineItem[], discount = 0): number {
  const sum = items.reduce((total, { price, quantity }) => total + price * quantity, 0);
  return Math.max(0, Math.round(sum * (1 - discount)));
}

export class InvoiceReader {
  private readonly cache = new Map<string, Promise<Invoice>>();

  constructor(private readonly folder: string) {}

  async read(id: string): Promise<Invoice> {
    const known = this.cache.get(id);
    if (known !== undefined) return known;
    const reading = readFile(\`\${this.folder}/\${id}.json\`, 'utf8').then((text) => JSON.parse(text) as Invoice);
    this.cache.set(id, reading);
    return reading.catch((error: unknown) => {
      this.cache.delete(id);
      throw new Error(\`invoice \${id} cannot be read\`, { cause: error });
    });
  }
}
`;

const DIFF = `diff --git a/src/invoice/total.ts b/src/invoice/total.ts
index 3f2a91c..b07de44 100644
--- a/src/invoice/total.ts
+++ b/src/invoice/total.ts
@@ -12,9 +12,11 @@ export interface LineItem {
 }
 
 /** What is owed, in cents. */
-export function total(items: LineItem[], discount: number) {
-  let sum = 0;
-  for (const item of items) sum += item.price * item.quantity;
-  return sum * (1 - discount);
+export function totalOf(items: readonly LineItem[], discount = 0): number {
+  const sum = items.reduce((all, { price, quantity }) => all + price * quantity, 0);
+  // Nobody is paid for buying.
+  return Math.max(0, Math.round(sum * (1 - discount)));
 }
@@ -40,3 +42,5 @@ export function parse(text: string): Invoice {
   if (value.items === undefined) throw new TypeError('items are missing');
-  return value;
+  const { items, customer, currency = 'EUR' } = value;
+  return { items, customer, currency, total: totalOf(items) };
 }
`;

const MINIFIED = `(()=>{"use strict";var e={42:(e,t,n)=>{n.d(t,{A:()=>u,Z:()=>s});var r=n(7),o=n(113);function i(e,t){for(var n=0;n<t.length;n++){var
r=t[n];r.enumerable=r.enumerable||!1,r.configurable=!0,"value"in r&&(r.writable=!0),Object.defineProperty(e,r.key,r)}}const a=e=>null==e?void 0:e.id,
s=(e,t)=>e.map((e=>({...e,k:t&&t(e)||0}))).filter((({k:e})=>e>0)).sort(((e,t)=>t.k-e.k)),u=function(){function e(t){!function(e,t){if(!(e instanceof t))
throw new TypeError("Cannot call a class as a function")}(this,e),this.q=[],this.b=t||1e3,this._h=!1}return i(e,[{key:"push",value:function(e){return
this.q.length>=this.b?(this._h=!0,!1):(this.q.push(e),!0)}},{key:"take",value:function(){var e=this.q.shift();return void 0===e?null:(0,r.jsx)("li",{
className:"row",children:(0,o.fmt)(e,{t:0,w:12,s:"#f0f"})},a(e))}}]),e}()},7:(e,t)=>{var n=Symbol.for("x.el");t.jsx=function(e,t,r){var o={},i=null;for(
var a in void 0!==r&&(i=""+r),t)"key"!==a&&(o[a]=t[a]);return{$$typeof:n,type:e,key:i,props:o}}}},t={};function n(r){var o=t[r];if(void 0!==o)return
o.exports;var i=t[r]={exports:{}};return e[r](i,i.exports,n),i.exports}n.d=(e,t)=>{for(var r in t)n.o(t,r)&&!n.o(e,r)&&Object.defineProperty(e,r,{
enumerable:!0,get:t[r]})},n.o=(e,t)=>Object.prototype.hasOwnProperty.call(e,t);var r=n(42);console.log(new r.A(8).take())})();`;

export const CODE: Record<string, string> = {
  TypeScript: TYPESCRIPT,
  'TypeScript with line numbers': TYPESCRIPT.split('\n')
    .map((line, at) => `${String(at + 1).padStart(6)}\t${line}`)
    .join('\n'),
  'TypeScript as a JSON string': JSON.stringify(TYPESCRIPT),
  'minified JavaScript': MINIFIED,
  'a diff': DIFF,
  Python: `from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Tokens that come back over time."""

    capacity: float
    refill_per_second: float
    tokens: float = field(init=False)
    updated_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    def take(self, now: float, amount: float = 1.0) -> bool:
        elapsed = max(0.0, now - self.updated_at)
        self.tokens = min(self.capacity, self.tokens + elapsed * self.refill_per_second)
        self.updated_at = now
        if self.tokens < amount:
            return False
        self.tokens -= amount
        return True


async def drain(queue: asyncio.Queue[str], bucket: Bucket) -> list[str]:
    loop = asyncio.get_running_loop()
    done: list[str] = []
    while not queue.empty():
        if not bucket.take(loop.time()):
            await asyncio.sleep(0.05)
            continue
        done.append(await queue.get())
    return done
`,
  Rust: `use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Closed { failures: u32 },
    Open { until: u64 },
    HalfOpen,
}

pub struct Registry<T: Send + 'static> {
    inner: Arc<Mutex<HashMap<String, (State, T)>>>,
}

impl<T: Send + 'static> Registry<T> {
    pub fn report(&self, name: &str, now: u64, ok: bool) -> Option<State> {
        let mut guard = self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (state, _) = guard.get_mut(name)?;
        *state = match (&state, ok) {
            (_, true) => State::Closed { failures: 0 },
            (State::Closed { failures }, false) if *failures < 4 => State::Closed { failures: failures + 1 },
            (_, false) => State::Open { until: now + 30_000 },
        };
        Some(state.clone())
    }
}
`,
  Go: `package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

var ErrNotFound = errors.New("store: not found")

type Customer struct {
	ID    int64  \`json:"id" db:"id"\`
	Name  string \`json:"name" db:"name"\`
	Email string \`json:"email,omitempty" db:"email"\`
}

func (s *Store) FindCustomer(ctx context.Context, id int64) (*Customer, error) {
	row := s.db.QueryRowContext(ctx, "SELECT id, name, email FROM customers WHERE id = $1", id)
	var c Customer
	if err := row.Scan(&c.ID, &c.Name, &c.Email); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("customer %d: %w", id, ErrNotFound)
		}
		return nil, err
	}
	return &c, nil
}
`,
  C: `#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RING_SIZE (1u << 12)
#define MASK (RING_SIZE - 1)

typedef struct ring {
    uint8_t *buf;
    size_t head, tail;
} ring_t;

static inline size_t ring_used(const ring_t *r) { return (r->head - r->tail) & MASK; }

int ring_push(ring_t *r, const void *src, size_t len)
{
    if (len > RING_SIZE - 1 - ring_used(r))
        return -1; /* full */
    for (size_t i = 0; i < len; i++)
        r->buf[(r->head + i) & MASK] = ((const uint8_t *)src)[i];
    r->head = (r->head + len) & MASK;
    return 0;
}
`,
  Java: `package org.example.billing;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

public final class InvoiceService implements BillingOperations {
    private static final Logger LOGGER = LoggerFactory.getLogger(InvoiceService.class);
    private final InvoiceRepository invoiceRepository;

    @Override
    public Optional<BigDecimal> calculateOutstandingBalance(final String customerIdentifier) {
        final List<Invoice> unpaidInvoices = invoiceRepository.findAllByCustomerIdentifier(customerIdentifier)
                .stream().filter(invoice -> !invoice.isPaid()).collect(Collectors.toUnmodifiableList());
        LOGGER.debug("Found {} unpaid invoices for customer {}", unpaidInvoices.size(), customerIdentifier);
        return unpaidInvoices.stream().map(Invoice::getTotalAmount).reduce(BigDecimal::add);
    }
}
`,
  SQL: `WITH monthly AS (
  SELECT c.region, date_trunc('month', i.created_at) AS month, SUM(i.amount_cents) AS revenue
  FROM invoices i
  INNER JOIN customers c ON c.id = i.customer_id AND c.deleted_at IS NULL
  WHERE i.status IN ('paid', 'settled') AND i.created_at >= '2023-01-01'
  GROUP BY 1, 2
)
SELECT region, month, revenue, LAG(revenue) OVER (PARTITION BY region ORDER BY month) AS previous
FROM monthly WHERE revenue > 100000 ORDER BY region, month DESC LIMIT 50;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_invoices_customer_month ON invoices (customer_id, created_at);
`,
  HTML: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Orders</title>
    <link rel="stylesheet" href="/assets/main.css?v=4" />
  </head>
  <body class="page page--orders">
    <ul id="orders" data-controller="list" aria-live="polite">
      <li class="order order--late"><a href="/orders/118">No. 118</a> <span class="badge">late</span></li>
      <li class="order"><a href="/orders/119">No. 119</a> <span class="badge">paid</span></li>
    </ul>
    <script type="module">document.querySelector('#orders')?.addEventListener('click', (event) => show(event));</script>
  </body>
</html>
`,
  CSS: `:root { --accent: #3b82f6; --gap: 0.75rem; }
.order { display: grid; grid-template-columns: 1fr auto; gap: var(--gap); padding: 12px 16px; border-bottom: 1px solid #e5e7eb; }
.order:hover > .badge { background-color: rgba(59, 130, 246, 0.15); transform: translateY(-1px); }
@media (max-width: 640px) { .order { grid-template-columns: 1fr; font-size: 14px; } }
`,
  shell: `#!/usr/bin/env bash
set -euo pipefail
for file in "$@"; do
  [[ -f "$file" ]] || { echo "no such file: $file" >&2; exit 1; }
  sum=$(sha256sum "$file" | cut -d' ' -f1)
  curl -fsS -X PUT -H "Authorization: Bearer \${TOKEN:?}" --data-binary @"$file" "https://files.example.org/v1/$sum" | jq -r '.id // empty'
done
find . -name '*.log' -mtime +7 -print0 | xargs -0 -r rm -f
git log --oneline --no-merges "$(git describe --tags --abbrev=0)..HEAD" | sed -e 's/^[0-9a-f]* //' | sort | uniq -c
`,
  YAML: `services:
  api:
    image: registry.example.org/api:2.4.1
    restart: unless-stopped
    environment:
      DATABASE_URL: postgres://app@db:5432/app
      LOG_LEVEL: info
    ports: ["8080:8080"]
    healthcheck:
      test: ["CMD", "wget", "-qO-", "http://localhost:8080/health"]
      interval: 10s
      retries: 3
    depends_on:
      - db
`,
};
