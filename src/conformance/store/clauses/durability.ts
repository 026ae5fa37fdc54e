import type { Store } from "../../../spec/store.js";
import { must } from "../../clause.js";
import { attemptRow, decision, event, groupRow, leaseRow, NOW_MS, observation, runRow } from "../rows.js";
import { CLAIM_MS, OWNER, RIVAL } from "../trial.js";
import type { StoreClause } from "./clause-type.js";

/** All that can be read of what {@link keepsEverything} writes. */
async function read(store: Store): Promise<unknown> {
  return {
    states: await store.load(["r1", "r2"]),
    group: await store.loadGroup("g1"),
    balances: await store.balances(["budget"]),
    events: await store.events("r1", 0),
    decisions: await store.decisions("r1"),
    observations: await store.observations(0),
    key: await store.findKey("nightly"),
    leases: await store.openLeases("somewhere"),
    page: await store.query({}),
  };
}

const clauses: readonly StoreClause[] = [
  {
    id: "store/durable/keeps-everything",
    rule: "All that was committed is there after the process was killed and started again.",
    run: async (trial) => {
      await trial.accepted({
        runs: [runRow("r1"), runRow("r2")],
        attempts: [attemptRow("r1", 1)],
        leases: [leaseRow("r1", { hold: 2n ** 60n })],
        groups: [groupRow("g1", ["r1"], { maxCost: 10n ** 18n })],
        ledger: [{ account: "budget", held: 2n ** 60n, spent: 3n }],
        events: [event("r1", 1), event("r1", 2)],
        decisions: [decision("r1", 1)],
        observations: [observation(1), observation(2)],
        keys: [{ key: "nightly", digest: "d", runId: "r1" }],
      });
      await trial.accepted({ runs: [runRow("r1", { version: 2, status: "active" })] });
      const before = await read(trial.store);
      await trial.reopen();
      trial.expect(await read(trial.store), "what can be read afterwards").toEqual(before);
    },
  },
  {
    id: "store/durable/keeps-the-namespace",
    rule: "The namespace, with its secret, is the same after a restart: only so can leases be proven ours.",
    run: async (trial) => {
      const first = await trial.store.namespace(trial.namespace("firstone"));
      await trial.reopen();
      trial.expect(await trial.store.namespace(trial.namespace("secondone")), "the namespace afterwards").toEqual(first);
    },
  },
  {
    id: "store/durable/keeps-claims-and-fences",
    rule: "Claims and fences of runs and shards survive, so that a writer from before the restart is still fenced.",
    run: async (trial) => {
      const [run] = await trial.insertClaimed(runRow("r1"));
      const [shard] = await trial.claim({ scope: "shard", ids: ["s1"] });
      must(run !== undefined && shard !== undefined, "A free claim could not be taken.");
      await trial.reopen();
      trial.expect(await trial.claim({ owner: RIVAL, ids: ["r1"] }), "a rival's claim of the run").toEqual([]);
      trial.expect(await trial.claim({ owner: RIVAL, scope: "shard", ids: ["s1"] }), "a rival's claim of the shard").toEqual([]);
      await trial.accepted({ claims: [run, shard], runs: [runRow("r1", { version: 2 })] });
      const later = { owner: RIVAL, nowMs: NOW_MS + CLAIM_MS, untilMs: NOW_MS + 2 * CLAIM_MS };
      const [takenRun] = await trial.claim({ ...later, ids: ["r1"] });
      const [takenShard] = await trial.claim({ ...later, scope: "shard", ids: ["s1"] });
      trial.expect([takenRun?.fence, takenShard?.fence], "the new fences").toEqual([run.fence + 1, shard.fence + 1]);
    },
  },
  {
    id: "store/durable/orders-go-on",
    rule: "Orders go on after a restart: listings, event sequences and the observation cursor.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")], events: [event("r1", 1)], observations: [observation(1)] });
      const { cursor } = await trial.store.observations(0);
      await trial.reopen();
      await trial.refused({ events: [event("r1", 1)] }, "version");
      await trial.accepted({
        runs: [runRow("r2")],
        events: [event("r1", 2)],
        observations: [observation(2)],
        claimNew: { owner: OWNER, untilMs: NOW_MS + CLAIM_MS },
      });
      trial
        .expect(
          (await trial.store.query({})).runs.map(({ id }) => id),
          "the listing",
        )
        .toEqual(["r2", "r1"]);
      trial.expect((await trial.store.observations(cursor)).observations, "observations after the old cursor").toEqual([observation(2)]);
    },
  },
];

/** Of a durable store alone. */
export const durabilityClauses: readonly StoreClause[] = clauses.map((clause) => ({
  ...clause,
  proves: "durable",
  inapplicable: ({ durable }) => (durable ? undefined : "The store is declared as not durable."),
}));
