import type { AttemptRow } from "../../model/attempt.js";
import type { LeaseRow } from "../../model/lease.js";
import type { RunRow } from "../../model/run.js";
import type { Claim, ClaimRequest, CommitBatch, IdempotencyRow } from "../../spec/store.js";

interface ModelState {
  readonly runs: Map<string, RunRow>;
  readonly attempts: Map<string, AttemptRow>;
  readonly leases: Map<string, LeaseRow>;
  readonly events: Map<string, number>;
  readonly totals: Map<string, bigint>;
  readonly keys: Map<string, IdempotencyRow>;
  readonly claims: Map<string, { owner: string | undefined; fence: number; untilMs: number }>;
}

/**
 * The contract of `commit`, `claim` and `acknowledge` in the fewest words, with no thought of speed: a batch is applied
 * to a copy, row by row, and the copy is thrown away at the first thing that is wrong. Stores are compared with it.
 */
export class StoreModel {
  #state: ModelState = emptyState();

  /** What the store has to answer: `ok`, or the reason of the refusal. */
  commit(batch: CommitBatch): "ok" | "claim" | "key" | "version" | "ledger" {
    const next = copyOf(this.#state);
    const reason = claimProblem(next, batch) ?? applyKeys(next, batch) ?? applyRows(next, batch) ?? applyLedger(next, batch);
    if (reason) return reason;
    this.#state = next;
    return "ok";
  }

  claim({ ids = [], owner, nowMs, untilMs, limit }: ClaimRequest): readonly Claim[] {
    const taken: Claim[] = [];
    for (const id of ids) {
      const state = this.#state.claims.get(id);
      if (!state || taken.length === limit) continue;
      if (state.owner !== owner && state.owner !== undefined && state.untilMs > nowMs) continue;
      const fence = state.owner === owner ? state.fence : state.fence + 1;
      this.#state.claims.set(id, { owner, fence, untilMs });
      taken.push({ scope: "run", id, owner, fence, untilMs });
    }
    return taken;
  }

  acknowledge(claims: readonly Claim[]): void {
    for (const { id, owner, fence } of claims) {
      const state = this.#state.claims.get(id);
      if (state?.owner === owner && state.fence === fence) this.#state.claims.set(id, { ...state, owner: undefined });
    }
  }

  run(id: string): { readonly run: RunRow; readonly attempts: readonly AttemptRow[]; readonly leases: readonly LeaseRow[] } | undefined {
    const run = this.#state.runs.get(id);
    if (!run) return undefined;
    const attempts = [...this.#state.attempts.values()].filter(({ runId }) => runId === id).sort((a, b) => a.number - b.number);
    const leases = [...this.#state.leases.values()].filter(({ owner }) => owner.runId === id);
    return { run, attempts, leases };
  }

  eventCount(runId: string): number {
    return this.#state.events.get(runId) ?? 0;
  }

  total(account: string): bigint {
    return this.#state.totals.get(account) ?? 0n;
  }

  key(key: string): IdempotencyRow | undefined {
    return this.#state.keys.get(key);
  }
}

const emptyState = (): ModelState => ({
  runs: new Map(),
  attempts: new Map(),
  leases: new Map(),
  events: new Map(),
  totals: new Map(),
  keys: new Map(),
  claims: new Map(),
});

const copyOf = (state: ModelState): ModelState => ({
  runs: new Map(state.runs),
  attempts: new Map(state.attempts),
  leases: new Map(state.leases),
  events: new Map(state.events),
  totals: new Map(state.totals),
  keys: new Map(state.keys),
  claims: new Map(state.claims),
});

function claimProblem(state: ModelState, batch: CommitBatch): "claim" | undefined {
  const isGood = ({ id, owner, fence }: Claim): boolean => {
    const held = state.claims.get(id);
    return held?.owner === owner && held.fence === fence && batch.nowMs < held.untilMs;
  };
  return batch.claims.every(isGood) ? undefined : "claim";
}

function applyKeys(state: ModelState, batch: CommitBatch): "key" | undefined {
  for (const row of batch.keys ?? []) {
    if (state.keys.has(row.key)) return "key";
    state.keys.set(row.key, row);
  }
  return undefined;
}

function applyRows(state: ModelState, batch: CommitBatch): "version" | undefined {
  const written = new Set<string>();
  const put = <Row extends { readonly version: number }>(table: Map<string, Row>, id: string, row: Row): boolean => {
    if (written.has(id) || (table.get(id)?.version ?? 0) + 1 !== row.version) return false;
    written.add(id);
    table.set(id, row);
    return true;
  };
  for (const run of batch.runs ?? []) {
    if (!put(state.runs, run.id, run)) return "version";
    if (run.version > 1) continue;
    const { owner, untilMs } = batch.claimNew ?? { owner: undefined, untilMs: 0 };
    state.claims.set(run.id, { owner, fence: owner === undefined ? 0 : 1, untilMs });
  }
  for (const attempt of batch.attempts ?? []) {
    if (!state.runs.has(attempt.runId) || !put(state.attempts, `${attempt.runId}/${attempt.number}`, attempt)) return "version";
  }
  for (const lease of batch.leases ?? []) {
    if (!state.runs.has(lease.owner.runId) || !put(state.leases, lease.key, lease)) return "version";
  }
  for (const { runId, sequence } of batch.events ?? []) {
    if (!state.runs.has(runId) || sequence !== (state.events.get(runId) ?? 0) + 1) return "version";
    state.events.set(runId, sequence);
  }
  return undefined;
}

function applyLedger(state: ModelState, batch: CommitBatch): "ledger" | undefined {
  for (const { account, held, spent, limit } of batch.ledger ?? []) {
    const total = (state.totals.get(account) ?? 0n) + held + spent;
    if (held + spent > 0n && limit !== undefined && total > limit) return "ledger";
    state.totals.set(account, total);
  }
  return undefined;
}
