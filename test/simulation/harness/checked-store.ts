import { violatedInvariants } from "../../../src/core/lifecycle/invariants.js";
import type { LeaseRow } from "../../../src/model/lease.js";
import type { Workload } from "../../../src/model/workload.js";
import { DEFAULT_RETRY } from "../../../src/policies/index.js";
import type { CommitBatch, Store } from "../../../src/spec/store.js";

/** What simulations hold against every commit, as it happens. */
export interface Watchdog {
  readonly store: Store;
  readonly violations: string[];
  /** One line per committed event: the history that must repeat byte for byte. */
  readonly history: string[];
  /** Ids of every run ever accepted. */
  readonly accepted: ReadonlySet<string>;
}

/** @param budget the scheduler's own cap, in nano-dollars */
export function watched(store: Store, budget: bigint | undefined): Watchdog {
  // Known apart from what the engine says with each hold, so that forgetting to say it shows.
  const caps = new Map<string, bigint>();
  const capOf = (account: string): bigint | undefined => (account.startsWith("budget/") ? budget : caps.get(account));
  const violations: string[] = [];
  const history: string[] = [];
  const accepted = new Set<string>();
  const acceptances = new Map<string, number>();
  const workloads = new Map<string, Workload>();
  const runOf = new Map<string, string>();
  /** A lease has one user at a time, and the next one is of the same tenant, image and class of data. */
  const checkUse = async (lease: LeaseRow): Promise<void> => {
    const { ref, reused, owner, backend } = lease;
    runOf.set(lease.key, owner.runId);
    if (ref === undefined) return;
    const users = (await store.openLeases(backend)).filter((row) => row.ref?.key === ref.key && row.state !== "releasing");
    if (users.length > 1) violations.push(`${ref.key}: two runs use one lease: ${users.map(({ key }) => key).join(" and ")}`);
    if (reused === undefined) return;
    const [mine, former] = [workloads.get(owner.runId), workloads.get(runOf.get(reused.from) ?? "")];
    if (mine?.tenant !== former?.tenant || mine?.image !== former?.image || mine?.data.sensitivity !== former?.data.sensitivity)
      violations.push(`${lease.key}: took over a lease of another tenant, image or class of data`);
  };
  const check = async (batch: CommitBatch): Promise<void> => {
    for (const event of batch.events ?? []) {
      history.push(JSON.stringify(event));
      if (event.type === "run-accepted") accepted.add(event.runId);
      if (event.type === "result-accepted") {
        const count = (acceptances.get(event.runId) ?? 0) + 1;
        acceptances.set(event.runId, count);
        if (count > 1) violations.push(`${event.runId}: more than one result was accepted`);
      }
    }
    const touched = new Set([...(batch.runs ?? []).map(({ id }) => id), ...(batch.attempts ?? []).map(({ runId }) => runId)]);
    for (const state of await store.load([...touched])) violations.push(...violatedInvariants(state, DEFAULT_RETRY));
    for (const { id, workload } of batch.runs ?? []) workloads.set(id, workload);
    for (const lease of batch.leases ?? []) await checkUse(lease);
    for (const { id, workload } of batch.runs ?? []) if (workload.maxCost !== undefined) caps.set(`run/${id}`, workload.maxCost);
    for (const entry of batch.ledger ?? []) {
      const [balance] = await store.balances([entry.account]);
      if (balance === undefined) continue;
      if (balance.held < 0n) violations.push(`account ${entry.account} holds less than nothing`);
      const cap = capOf(entry.account);
      if (cap !== undefined && entry.held > 0n && balance.held + balance.spent > cap)
        violations.push(`account ${entry.account} went over its cap`);
    }
  };
  return {
    violations,
    history,
    accepted,
    store: {
      ...store,
      commit: async (batch, tx) => {
        const result = await store.commit(batch, tx);
        if (result.ok) await check(batch);
        return result;
      },
    },
  };
}
