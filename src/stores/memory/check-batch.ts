import type { Balance, CommitBatch, CommitResult } from "../../spec/store.js";
import { isInForce } from "./claim-state.js";
import type { Tables } from "./tables.js";

type Refusal = Extract<CommitResult, { readonly ok: false }>;

const refusedVersion = (id: string): Refusal => ({ ok: false, refused: "version", id });

/** Says why the batch cannot be applied, or nothing. Looks at everything before anything is written. Cost: the rows of the batch. */
export function checkBatch(tables: Tables, batch: CommitBatch): Refusal | undefined {
  return checkClaims(tables, batch) ?? checkKeys(tables, batch) ?? checkRows(tables, batch) ?? checkEvents(tables, batch) ?? checkLedger(tables, batch);
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
  const inserted = insertedRuns(tables, batch);
  const runExists = (runId: string): boolean => tables.runs.has(runId) || inserted.has(runId);
  return (
    checkVersions(batch.runs, (run) => run.id, (run) => tables.runs.get(run.id)?.run.version) ??
    checkVersions(batch.groups, (group) => group.id, (group) => tables.groups.get(group.id)?.version) ??
    checkVersions(
      batch.attempts,
      (attempt) => `${attempt.runId}/${attempt.number}`,
      (attempt) => tables.runs.get(attempt.runId)?.attempts.find((stored) => stored.number === attempt.number)?.version,
    ) ??
    checkVersions(batch.leases, (lease) => lease.key, (lease) => tables.leases.get(lease.key)?.version) ??
    checkOwners(batch.attempts, (attempt) => attempt.runId, runExists) ??
    checkOwners(batch.leases, (lease) => lease.owner.runId, runExists) ??
    checkOwners(batch.decisions, (decision) => decision.runId, runExists)
  );
}

function insertedRuns(tables: Tables, batch: CommitBatch): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const run of batch.runs ?? []) if (!tables.runs.has(run.id)) ids.add(run.id);
  return ids;
}

/** Each row replaces the version before its own, and no row comes twice (the second would silently win). */
function checkVersions<Row extends { readonly version: number }>(
  rows: readonly Row[] | undefined,
  idOf: (row: Row) => string,
  storedVersion: (row: Row) => number | undefined,
): Refusal | undefined {
  if (!rows) return undefined;
  for (const row of rows) if ((storedVersion(row) ?? 0) !== row.version - 1) return refusedVersion(idOf(row));
  if (rows.length < 2) return undefined;
  const seen = new Set<string>();
  for (const row of rows) {
    const id = idOf(row);
    if (seen.has(id)) return refusedVersion(id);
    seen.add(id);
  }
  return undefined;
}

function checkOwners<Row>(
  rows: readonly Row[] | undefined,
  runIdOf: (row: Row) => string,
  runExists: (runId: string) => boolean,
): Refusal | undefined {
  for (const row of rows ?? []) if (!runExists(runIdOf(row))) return refusedVersion(runIdOf(row));
  return undefined;
}

/** Events continue their run's sequence without gap or repetition; anything else was written against an older state. */
function checkEvents(tables: Tables, batch: CommitBatch): Refusal | undefined {
  if (!batch.events) return undefined;
  const inserted = insertedRuns(tables, batch);
  const last = new Map<string, number>();
  for (const event of batch.events) {
    const record = tables.runs.get(event.runId);
    if (!record && !inserted.has(event.runId)) return refusedVersion(event.runId);
    const expected = (last.get(event.runId) ?? record?.events?.length ?? 0) + 1;
    if (event.sequence !== expected) return refusedVersion(event.runId);
    last.set(event.runId, expected);
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
