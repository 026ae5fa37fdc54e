import type { CommitBatch, Store } from "../../../spec/store.js";
import { attemptRow, decision, event, groupRow, leaseRow, NOW_MS, observation, runRow } from "../rows.js";
import type { StoreTrial } from "../trial.js";
import type { StoreClause } from "./clause-type.js";

/** A batch that writes something of every kind, about the new run `new` and the old run `old`. */
const everything: Partial<CommitBatch> = {
  runs: [runRow("new"), runRow("old", { version: 2, attempts: 1 })],
  attempts: [attemptRow("old", 1), attemptRow("new", 1)],
  leases: [leaseRow("old"), leaseRow("new")],
  groups: [groupRow("g1", ["new"])],
  ledger: [{ account: "budget", held: 5n, spent: 1n, limit: 100n }],
  events: [event("old", 1), event("new", 1)],
  decisions: [decision("old", 1)],
  observations: [observation(1)],
  keys: [{ key: "fresh", digest: "d", runId: "new" }],
  claimNew: { owner: "somebody", untilMs: NOW_MS + 1_000 },
};

/** All that can be read about those two runs. */
async function everythingRead(store: Store): Promise<unknown> {
  return {
    states: await store.load(["old", "new"]),
    group: await store.loadGroup("g1"),
    balances: await store.balances(["budget"]),
    events: [await store.events("old", 0), await store.events("new", 0)],
    decisions: await store.decisions("old"),
    observations: await store.observations(0),
    key: await store.findKey("fresh"),
    leases: await store.openLeases("somewhere"),
    page: await store.query({}),
  };
}

async function leavesNothing(
  trial: StoreTrial,
  flaw: (trial: StoreTrial) => Promise<Partial<CommitBatch>>,
  reason: "version" | "claim" | "ledger" | "key",
): Promise<void> {
  await trial.accepted({ runs: [runRow("old")], keys: [{ key: "taken", digest: "d", runId: "old" }] });
  const flawed = { ...everything, ...(await flaw(trial)) };
  const before = await everythingRead(trial.store);
  await trial.refused(flawed, reason);
  trial.expect(await everythingRead(trial.store), "what can be read after the refusal").toEqual(before);
  await trial.accepted(everything);
}

export const atomicClauses: readonly StoreClause[] = [
  {
    id: "store/atomic/stale-version-leaves-nothing",
    rule: "A batch refused because of one version leaves nothing of its other rows behind.",
    run: (trial) =>
      leavesNothing(
        trial,
        async () => ({ leases: [...(everything.leases ?? []), leaseRow("old", { key: "other", version: 4 })] }),
        "version",
      ),
  },
  {
    id: "store/atomic/lost-claim-leaves-nothing",
    rule: "A batch refused because of a claim leaves nothing behind.",
    run: (trial) =>
      leavesNothing(
        trial,
        async () => ({ claims: [{ scope: "run", id: "old", owner: "nobody", fence: 1, untilMs: NOW_MS + 1_000 }] }),
        "claim",
      ),
  },
  {
    id: "store/atomic/full-account-leaves-nothing",
    rule: "A batch refused because of the ledger leaves nothing behind, nor earlier ledger entries of its own.",
    run: (trial) =>
      leavesNothing(
        trial,
        async () => ({ ledger: [...(everything.ledger ?? []), { account: "budget", held: 1_000n, spent: 0n, limit: 100n }] }),
        "ledger",
      ),
  },
  {
    id: "store/atomic/used-key-leaves-nothing",
    rule: "A batch refused because of an idempotency key leaves nothing behind, nor its other keys.",
    run: (trial) =>
      leavesNothing(trial, async () => ({ keys: [...(everything.keys ?? []), { key: "taken", digest: "d", runId: "new" }] }), "key"),
  },
  {
    id: "store/atomic/broken-sequence-leaves-nothing",
    rule: "A batch refused because of an event's sequence leaves nothing behind.",
    run: (trial) => leavesNothing(trial, async () => ({ events: [event("old", 1), event("new", 2)] }), "version"),
  },
];
