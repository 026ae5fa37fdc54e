import type { LeaseRow } from "../../model/lease.js";
import type { RunRow } from "../../model/run.js";
import type { Claim, CommitBatch } from "../../spec/store.js";
import { grant } from "./claim-state.js";
import { newRecord, type RunRecord, withAttempt, withLease } from "./run-record.js";
import { mayExist, type Tables } from "./tables.js";

/** Writes a batch that was checked in the same turn; cannot fail halfway. Answers the claims taken for new runs. */
export function applyBatch(tables: Tables, batch: CommitBatch): readonly Claim[] {
  const claims: Claim[] = [];
  for (const run of batch.runs ?? []) {
    const record = putRun(tables, run);
    if (run.version > 1) continue;
    if (batch.claimNew) claims.push(claimNew(record, batch.claimNew.owner, batch.claimNew.untilMs));
    tables.nothingFreeBeforeMs = Math.min(tables.nothingFreeBeforeMs, batch.claimNew?.untilMs ?? Number.NEGATIVE_INFINITY);
  }
  for (const attempt of batch.attempts ?? []) {
    const record = recordOf(tables, attempt.runId);
    if (record) record.attempts = withAttempt(record.attempts, attempt);
  }
  for (const lease of batch.leases ?? []) putLease(tables, lease);
  for (const group of batch.groups ?? []) tables.groups.set(group.id, group);
  for (const key of batch.keys ?? []) tables.keys.set(key.key, key);
  for (const event of batch.events ?? []) {
    const record = recordOf(tables, event.runId);
    if (record?.events) record.events.push(event);
    else if (record) record.events = [event];
  }
  for (const decision of batch.decisions ?? []) {
    const record = recordOf(tables, decision.runId);
    if (record?.decisions) record.decisions.push(decision);
    else if (record) record.decisions = [decision];
  }
  for (const { account, held, spent } of batch.ledger ?? []) {
    const before = tables.balances.get(account);
    tables.balances.set(account, { account, held: (before?.held ?? 0n) + held, spent: (before?.spent ?? 0n) + spent });
  }
  if (batch.observations) tables.observations.append(batch.observations);
  return claims;
}

/** The ids of the runs that a batch changed, in the order in which the batch names them; some perhaps twice. */
export function changedRuns(batch: CommitBatch): readonly string[] {
  const ids: string[] = [];
  for (const run of batch.runs ?? []) ids.push(run.id);
  for (const attempt of batch.attempts ?? []) ids.push(attempt.runId);
  for (const lease of batch.leases ?? []) ids.push(lease.owner.runId);
  for (const event of batch.events ?? []) ids.push(event.runId);
  return ids;
}

const recordOf = (tables: Tables, runId: string): RunRecord | undefined => tables.runs.get(runId);

function putRun(tables: Tables, run: RunRow): RunRecord {
  let record = tables.runs.get(run.id);
  if (record) {
    record.run = run;
  } else {
    record = newRecord(tables.nextOrder++, run);
    tables.runs.set(run.id, record);
    tables.accepted.push(record);
  }
  if (run.settled) tables.unsettled.delete(record);
  else tables.unsettled.add(record);
  return record;
}

function claimNew(record: RunRecord, owner: string, untilMs: number): Claim {
  grant(record.claim, owner, untilMs);
  return { scope: "run", id: record.run.id, owner, fence: record.claim.fence, untilMs };
}

function putLease(tables: Tables, lease: LeaseRow): void {
  const before = tables.leases.get(lease.key);
  tables.leases.set(lease.key, lease);
  // A warm lease that another run takes over moves there with its row.
  if (before && before.owner.runId !== lease.owner.runId) {
    const former = recordOf(tables, before.owner.runId);
    if (former) former.leases = former.leases.filter((other) => other.key !== lease.key);
  }
  const record = recordOf(tables, lease.owner.runId);
  if (record) record.leases = withLease(record.leases, lease);

  let open = tables.openLeases.get(lease.backend);
  if (!open) {
    open = new Map();
    tables.openLeases.set(lease.backend, open);
  }
  if (mayExist(lease)) open.set(lease.key, lease);
  else open.delete(lease.key);
}
