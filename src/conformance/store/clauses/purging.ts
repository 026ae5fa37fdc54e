import { attemptRow, decision, event, groupRow, leaseRow, NOW_MS, runRow, settledRow } from "../rows.js";
import type { StoreClause } from "./clause-type.js";

export const purgeClauses: readonly StoreClause[] = [
  {
    id: "store/purge/only-what-is-over",
    rule: "Only settled runs go that ended before the time given, and their number is the answer.",
    run: async (trial) => {
      await trial.accepted({
        runs: [
          settledRow("old", NOW_MS - 1),
          settledRow("just-in-time", NOW_MS),
          runRow("unsettled", { status: "failed", endedAtMs: NOW_MS - 1 }),
          runRow("running", { status: "active" }),
        ],
      });
      trial.expect(await trial.store.purge(NOW_MS), "how many went").toBe(1);
      const left = await trial.store.load(["old", "just-in-time", "unsettled", "running"]);
      trial
        .expect(
          left.map(({ run }) => run.id),
          "what is left",
        )
        .toEqual(["just-in-time", "unsettled", "running"]);
      trial.expect(await trial.store.purge(NOW_MS), "how many go the second time").toBe(0);
    },
  },
  {
    id: "store/purge/everything-of-theirs",
    rule: "With a run go its attempts, leases, events, decisions and idempotency keys; other runs lose nothing.",
    run: async (trial) => {
      for (const id of ["gone", "kept"]) {
        await trial.accepted({
          runs: [settledRow(id, id === "gone" ? NOW_MS - 1 : NOW_MS + 1)],
          attempts: [attemptRow(id, 1)],
          leases: [leaseRow(id, { state: "released" })],
          events: [event(id, 1)],
          decisions: [decision(id, 1)],
          keys: [{ key: `key-${id}`, digest: "d", runId: id }],
        });
      }
      await trial.store.purge(NOW_MS);
      trial.expect(await trial.store.events("gone", 0), "events of the purged run").toEqual([]);
      trial.expect(await trial.store.decisions("gone"), "decisions of the purged run").toEqual([]);
      trial.expect(await trial.store.findKey("key-gone"), "key of the purged run").toBe(undefined);
      trial
        .expect(
          (await trial.store.query({})).runs.map(({ id }) => id),
          "listed runs",
        )
        .toEqual(["kept"]);
      // The same names can be used again from the beginning.
      await trial.accepted({
        runs: [runRow("gone")],
        attempts: [attemptRow("gone", 1)],
        leases: [leaseRow("gone")],
        events: [event("gone", 1)],
      });
      const kept = await trial.state("kept");
      trial.expect([kept.attempts.length, kept.leases.length], "rows of the other run").toEqual([1, 1]);
      trial.expect((await trial.store.events("kept", 0)).length, "events of the other run").toBe(1);
      trial.expect((await trial.store.decisions("kept")).length, "decisions of the other run").toBe(1);
      trial.expect((await trial.store.findKey("key-kept"))?.runId, "key of the other run").toBe("kept");
    },
  },
  {
    id: "store/purge/keeps-what-may-cost-money",
    rule: "A run stays whose lease may still exist, such as a warm one: forgetting it would leave a bill that nobody knows.",
    run: async (trial) => {
      await trial.accepted({
        runs: [settledRow("warm", NOW_MS - 1)],
        leases: [leaseRow("warm", { state: "open", owner: { kind: "warm", runId: "warm" } })],
      });
      trial.expect(await trial.store.purge(NOW_MS), "how many went").toBe(0);
      trial.expect((await trial.store.openLeases("somewhere")).length, "open leases").toBe(1);
      await trial.accepted({ leases: [leaseRow("warm", { version: 2, state: "released", owner: { kind: "warm", runId: "warm" } })] });
      trial.expect(await trial.store.purge(NOW_MS), "how many go after the release").toBe(1);
    },
  },
  {
    id: "store/purge/groups-with-their-last-member",
    rule: "A group and its key stay as long as one of its members does.",
    run: async (trial) => {
      await trial.accepted({
        runs: [settledRow("a", NOW_MS - 1, { groupId: "g1" }), settledRow("b", NOW_MS + 1, { groupId: "g1" })],
        groups: [groupRow("g1", ["a", "b"])],
        keys: [{ key: "group-key", digest: "d", groupId: "g1" }],
      });
      await trial.store.purge(NOW_MS);
      trial.expect((await trial.store.loadGroup("g1"))?.id, "the group with one member left").toBe("g1");
      trial.expect((await trial.store.findKey("group-key"))?.groupId, "its key").toBe("g1");
      await trial.store.purge(NOW_MS + 2);
      trial.expect(await trial.store.loadGroup("g1"), "the group without members").toBe(undefined);
      trial.expect(await trial.store.findKey("group-key"), "its key").toBe(undefined);
    },
  },
  {
    id: "store/purge/keeps-the-books",
    rule: "Balances and observations stay: a budget does not grow because a run is forgotten.",
    run: async (trial) => {
      await trial.accepted({
        runs: [settledRow("old", NOW_MS - 1)],
        ledger: [{ account: "budget", held: 0n, spent: 7n }],
        observations: [{ kind: "success", ok: true, who: { backend: "somewhere" }, atMs: NOW_MS }],
      });
      await trial.store.purge(NOW_MS);
      trial.expect((await trial.balance("budget")).spent, "spent").toBe(7n);
      trial.expect((await trial.store.observations(0)).observations.length, "observations").toBe(1);
    },
  },
];
