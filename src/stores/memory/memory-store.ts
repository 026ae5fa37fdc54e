import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { RunState } from "../../model/run.js";
import type { Namespace } from "../../spec/call-context.js";
import { type Balance, type CommitBatch, type CommitResult, STORE_SPEC_VERSION, type Store } from "../../spec/store.js";
import { applyBatch, changedRuns } from "./apply-batch.js";
import { checkBatch } from "./check-batch.js";
import { claimResources, giveBack } from "./claim-resources.js";
import { checkedNamespace } from "./namespace-option.js";
import { purgeRuns } from "./purge-runs.js";
import { queryRuns } from "./query-runs.js";
import { newTables } from "./tables.js";
import { Watchers } from "./watchers.js";

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Who we are at the backends. Default: made by the first scheduler that opens the store, and then forgotten with the
   * process, so that leases which a killed process left behind are reported but cannot be proven ours and released.
   */
  readonly namespace?: Namespace;
  /**
   * Most observations kept for estimators that read late; between this and twice as many are held.
   * @defaultValue 100_000
   * @minimum 1
   */
  readonly maxObservations?: number;
}

/** A {@link Store} that lives as long as its object. */
export interface MemoryStore extends Store {
  /** What sort of store it is. */
  readonly kind: "memory";
  /** It forgets at exit, so paid backends are refused with it unless the scheduler is told `allowVolatile`. */
  readonly durable: false;
  /** The namespace was not given by the caller: the next process will have another one. */
  readonly volatileNamespace: boolean;
}

/**
 * A store that forgets at exit: for tests, for backends that cost nothing, and for work that may be lost. Several
 * schedulers of one process may share it. Rows are kept by reference and never copied: treat what you commit as frozen.
 *
 * @throws INVALID_CONFIG when an option is malformed.
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const tables = newTables(checkedLimit(options.maxObservations));
  const watchers = new Watchers();
  let namespace = options.namespace === undefined ? undefined : checkedNamespace(options.namespace);

  function commitNow(batch: CommitBatch, tx: unknown): CommitResult {
    if (tx !== undefined) {
      throw new SchedulerError(
        "INVALID_CONFIG",
        "The memory store has no transactions to join: leave `tx` out, or use a store on your database.",
        {
          details: { field: "tx" },
        },
      );
    }
    const refusal = checkBatch(tables, batch);
    if (refusal) return refusal;
    const claims = applyBatch(tables, batch);
    if (watchers.listening) watchers.announce(changedRuns(batch));
    return { ok: true, claims };
  }

  return {
    specVersion: STORE_SPEC_VERSION,
    kind: "memory",
    durable: false,
    volatileNamespace: options.namespace === undefined,
    open: async () => {},
    namespace: async (proposal) => (namespace ??= proposal),
    commit: async (batch, tx) => commitNow(batch, tx),
    load: async (runIds) => {
      const states: RunState[] = [];
      for (const id of runIds) {
        const record = tables.runs.get(id);
        if (record) states.push({ run: record.run, attempts: record.attempts, leases: record.leases });
      }
      return states;
    },
    loadGroup: async (groupId) => tables.groups.get(groupId),
    openLeases: async (backend) => [...(tables.openLeases.get(backend)?.values() ?? [])],
    query: async (query) => queryRuns(tables.accepted, query),
    findKey: async (key) => tables.keys.get(key),
    // Sequences have no gaps and count from 1, so they are positions.
    events: async (runId, after) => tables.runs.get(runId)?.events?.slice(Math.max(0, after)) ?? [],
    decisions: async (runId) => tables.runs.get(runId)?.decisions?.slice() ?? [],
    balances: async (accounts) => accounts.map((account): Balance => tables.balances.get(account) ?? { account, held: 0n, spent: 0n }),
    observations: async (cursor) => tables.observations.after(cursor),
    claim: async (request) => claimResources(tables, request),
    acknowledge: async (claims) => giveBack(tables, claims),
    watch: (listener) => watchers.add(listener),
    purge: async (endedBeforeMs) => purgeRuns(tables, endedBeforeMs),
    // Nothing to free: the rows live as long as the object does, also for another scheduler that shares it.
    close: async () => {},
  };
}

function checkedLimit(maxObservations = 100_000): number {
  if (Number.isSafeInteger(maxObservations) && maxObservations >= 1) return maxObservations;
  throw new SchedulerError("INVALID_CONFIG", `memoryStore: maxObservations must be an integer >= 1, got ${maxObservations}.`, {
    details: { field: "maxObservations" },
  });
}
