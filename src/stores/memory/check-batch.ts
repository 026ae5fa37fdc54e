import type { AttemptRow } from "../../model/attempt.js";
import type { Balance, CommitBatch, CommitResult } from "../../spec/store.js";
import { isInForce } from "./claim-state.js";
import type { Tables } from "./tables.js";

type Refusal = Extract<CommitResult, { readonly ok: false }>;

const refusedVersion = (id: string): Refusal => ({ ok: false, refused: "version", id });

/** Says why the batch cannot be applied, or nothing. Looks at everything before anything is written. Cost: the rows of the batch. */
export function checkBatch(tables: Tables, batch: CommitBatch): Refusal | undefined {
  return checkClaims(tables, batch) ?? checkKeys(tables, batch) ?? checkRows(tables, batch) ?? checkLedger(tables, batch);
}

function checkClaims(tables: Tables, batch: CommitBatch): Refusal | undefined {
  for (const claim of batch.claims) {
    const state = claim.scope === "run" ? tables.runs.get(claim.id)?.claim : tables.shards.get(claim.id);
    if (!isInForce(state, claim, batch.nowMs)) return { ok: false, refused: "claim", id: claim.id };
  }
  return undefined;
}

function checkKeys(tables: Tables, batch: CommitBatch): Refusal | undefined {
  const keys = batch.keys ?? [];
  for (const [index, row] of keys.entries()) {
    const existing = tables.keys.get(row.key) ?? (index > 0 ? keys.slice(0, index).find((earlier) => earlier.key === row.key) : undefined);
    if (existing) return { ok: false, refused: "key", existing };
  }
  return undefined;
}

function checkRows(tables: Tables, batch: CommitBatch): Refusal | undefined {
  const { runs, groups, attempts, leases, decisions } = batch;
  const owners = new Owners(tables, batch);
  if (runs) {
    for (const run of runs) if ((tables.runs.get(run.id)?.run.version ?? 0) !== run.version - 1) return refusedVersion(run.id);
    const twice = repeated(runs, (run) => run.id);
    if (twice !== undefined) return refusedVersion(twice);
  }
  if (attempts) {
    for (const attempt of attempts) {
      const stored = tables.runs.get(attempt.runId)?.attempts.find((other) => other.number === attempt.number);
      if ((stored?.version ?? 0) !== attempt.version - 1 || !owners.exists(attempt.runId)) return refusedVersion(attemptId(attempt));
    }
    const twice = repeated(attempts, attemptId);
    if (twice !== undefined) return refusedVersion(twice);
  }
  if (leases) {
    for (const lease of leases) {
      const stored = tables.leases.get(lease.key)?.version ?? 0;
      if (stored !== lease.version - 1 || !owners.exists(lease.owner.runId)) return refusedVersion(lease.key);
    }
    const twice = repeated(leases, (lease) => lease.key);
    if (twice !== undefined) return refusedVersion(twice);
  }
  if (groups) {
    for (const group of groups) if ((tables.groups.get(group.id)?.version ?? 0) !== group.version - 1) return refusedVersion(group.id);
    const twice = repeated(groups, (group) => group.id);
    if (twice !== undefined) return refusedVersion(twice);
  }
  for (const { runId } of decisions ?? []) if (!owners.exists(runId)) return refusedVersion(runId);
  return checkEvents(tables, batch, owners);
}

const attemptId = (attempt: AttemptRow): string => `${attempt.runId}/${attempt.number}`;

/** Says whether a run is stored, or inserted by the batch itself. */
class Owners {
  readonly #tables: Tables;
  readonly #batch: CommitBatch;
  #inserted: Set<string> | undefined;

  constructor(tables: Tables, batch: CommitBatch) {
    this.#tables = tables;
    this.#batch = batch;
  }

  exists(runId: string): boolean {
    if (this.#tables.runs.has(runId)) return true;
    this.#inserted ??= new Set(this.#batch.runs?.map((run) => run.id));
    return this.#inserted.has(runId);
  }
}

/** The id of a row that a batch holds twice, of which the second would silently win. */
function repeated<Row>(rows: readonly Row[], idOf: (row: Row) => string): string | undefined {
  if (rows.length < 2) return undefined;
  const seen = new Set<string>();
  for (const row of rows) {
    const id = idOf(row);
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return undefined;
}

/** Events continue their run's sequence without gap or repetition; anything else was written against an older state. */
function checkEvents(tables: Tables, { events }: CommitBatch, owners: Owners): Refusal | undefined {
  if (!events) return undefined;
  // Spared for the usual batch of one event: this runs for every commit.
  const last = events.length > 1 ? new Map<string, number>() : undefined;
  for (const event of events) {
    const { runId, sequence } = event;
    const expected = (last?.get(runId) ?? tables.runs.get(runId)?.events?.length ?? 0) + 1;
    if (sequence !== expected || !owners.exists(runId)) return refusedVersion(runId);
    last?.set(runId, expected);
  }
  return undefined;
}

/** Entries count in order, each on top of the earlier ones of the same account. */
function checkLedger(tables: Tables, batch: CommitBatch): Refusal | undefined {
  if (!batch.ledger) return undefined;
  const totals = new Map<string, bigint>();
  for (const entry of batch.ledger) {
    const before = totals.get(entry.account) ?? total(tables.balances.get(entry.account));
    const change = entry.held + entry.spent;
    if (change > 0n && entry.limit !== undefined && before + change > entry.limit) {
      return { ok: false, refused: "ledger", account: entry.account, available: entry.limit > before ? entry.limit - before : 0n };
    }
    totals.set(entry.account, before + change);
  }
  return undefined;
}

const total = (balance: Balance | undefined): bigint => (balance ? balance.held + balance.spent : 0n);
