import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import { must } from "../../clause.js";
import { attemptRow, decision, event, groupRow, leaseRow, NOW_MS, runRow, workload } from "../rows.js";
import type { StoreClause } from "./clause-type.js";

export const commitClauses: readonly StoreClause[] = [
  {
    id: "store/commit/keeps-rows-whole",
    rule: "Rows come back as they were written: big amounts, odd characters, nested data, absent fields.",
    run: async (trial) => {
      const error = new SchedulerError("WORKLOAD_FAILED", 'exit 3: \u{1f4a5} "quoted"\nline', { details: { exitCode: 3 } }).toJSON();
      const run = runRow("r1", {
        workload: workload({
          env: { Ünï: "\u0007 'x' \\ $HOME" },
          maxCost: 2n ** 70n,
          task: { deep: [{ a: [null, -0.5] }] },
          labels: { "": "empty" },
        }),
        lastError: error,
        notBeforeMs: NOW_MS + 1,
        deadlineAtMs: NOW_MS + 10,
      });
      const attempt = attemptRow("r1", 1, { error, exitCode: 3, outcome: "workload-failed" });
      const lease = leaseRow("r1", {
        hold: 2n ** 64n + 1n,
        ref: { backend: "somewhere", key: "k-r1-1", data: { id: "7", list: [1, null] } },
        charge: { amount: 1n, final: false },
      });
      const group = groupRow("g1", ["r1"], { name: "größe", maxCost: 10n ** 20n, parallelism: 3 });
      await trial.accepted({ runs: [run], attempts: [attempt], leases: [lease], groups: [group], decisions: [decision("r1", 1)] });
      trial.expect(await trial.state("r1"), "the run's state").toEqual({ run, attempts: [attempt], leases: [lease] });
      trial.expect(await trial.store.loadGroup("g1"), "the group").toEqual(group);
      trial.expect(await trial.store.decisions("r1"), "the decisions").toEqual([decision("r1", 1)]);
    },
  },
  {
    id: "store/commit/one-of-two-writers-loses",
    rule: "Of two writers that start from the same version exactly one wins, and the other is told which row.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")] });
      await trial.accepted({ runs: [runRow("r1", { version: 2, attempts: 1 })] });
      const { id } = await trial.refused({ runs: [runRow("r1", { version: 2, attempts: 9 })] }, "version");
      trial.expect(id, "the refused row").toBe("r1");
      trial.expect((await trial.state("r1")).run.attempts, "what the winner wrote").toBe(1);
    },
  },
  {
    id: "store/commit/one-writer-wins-under-race",
    rule: "Of many writers at the same time, in two processes, exactly one wins.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")] });
      const stores = [trial.store, await trial.another()];
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          trial.commit({ runs: [runRow("r1", { version: 2, attempts: index })] }, { store: stores[index % 2] ?? trial.store }),
        ),
      );
      trial.expect(results.filter(({ ok }) => ok).length, "number of winners").toBe(1);
      trial.expect((await trial.state("r1")).run.attempts, "what is stored").toBe(results.findIndex(({ ok }) => ok));
    },
  },
  {
    id: "store/commit/versions-have-no-gaps",
    rule: "A row is refused that inserts what exists, or skips a version.",
    run: async (trial) => {
      await trial.refused({ runs: [runRow("r1", { version: 2 })] }, "version");
      await trial.accepted({ runs: [runRow("r1")] });
      await trial.refused({ runs: [runRow("r1")] }, "version");
      await trial.refused({ runs: [runRow("r1", { version: 3 })] }, "version");
    },
  },
  {
    id: "store/commit/every-kind-of-row-has-versions",
    rule: "Attempts, leases and groups are compared by version like runs, and named in the refusal.",
    run: async (trial) => {
      await trial.accepted({
        runs: [runRow("r1")],
        attempts: [attemptRow("r1", 1)],
        leases: [leaseRow("r1")],
        groups: [groupRow("g1", ["r1"])],
      });
      const attempt = await trial.refused({ attempts: [attemptRow("r1", 1)] }, "version");
      const lease = await trial.refused({ leases: [leaseRow("r1", { version: 3 })] }, "version");
      const group = await trial.refused({ groups: [groupRow("g1", [])] }, "version");
      trial.expect([attempt.id, lease.id, group.id], "the refused rows").toEqual(["r1/1", "k-r1-1", "g1"]);
    },
  },
  {
    id: "store/commit/refuses-a-row-twice",
    rule: "A batch that holds a row twice is refused: one of the two would be lost.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")] });
      const second = runRow("r1", { version: 2 });
      await trial.refused({ runs: [second, { ...second, attempts: 5 }] }, "version");
    },
  },
  {
    id: "store/commit/refuses-rows-of-unknown-runs",
    rule: "Attempts, leases, events and decisions need their run, in the store or in the batch.",
    run: async (trial) => {
      await trial.refused({ attempts: [attemptRow("nobody", 1)] }, "version");
      await trial.refused({ leases: [leaseRow("nobody")] }, "version");
      await trial.refused({ events: [event("nobody", 1)] }, "version");
      await trial.refused({ decisions: [decision("nobody", 1)] }, "version");
      await trial.accepted({ runs: [runRow("r1")], attempts: [attemptRow("r1", 1)], leases: [leaseRow("r1")], events: [event("r1", 1)] });
    },
  },
  {
    id: "store/commit/refusals-have-an-order",
    rule: "Claims are looked at first, then keys, then versions, then the ledger.",
    run: async (trial) => {
      const [claim] = await trial.insertClaimed(runRow("r1"));
      must(claim !== undefined, "claimNew gave no claim.");
      await trial.accepted({ keys: [{ key: "used", digest: "a", runId: "r1" }] });
      const ledger = [{ account: "small", held: 2n, spent: 0n, limit: 1n }];
      const versions = { ledger, runs: [runRow("r1", { version: 7 })] };
      const keys = { ...versions, keys: [{ key: "used", digest: "b", runId: "r1" }] };
      await trial.refused({ ...keys, claims: [{ ...claim, fence: claim.fence + 1 }] }, "claim");
      await trial.refused({ ...keys, claims: [claim] }, "key");
      await trial.refused({ ...versions, claims: [claim] }, "version");
      await trial.refused({ ledger, claims: [claim] }, "ledger");
    },
  },
  {
    id: "store/commit/states-in-hand-stay",
    rule: "A state that was loaded does not change when the run is written later.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")], attempts: [attemptRow("r1", 1)], leases: [leaseRow("r1")], events: [event("r1", 1)] });
      const before = await trial.state("r1");
      const events = await trial.store.events("r1", 0);
      await trial.accepted({
        runs: [runRow("r1", { version: 2, status: "active" })],
        attempts: [attemptRow("r1", 1, { version: 2, state: "binding" }), attemptRow("r1", 2)],
        leases: [leaseRow("r1", { version: 2, state: "open" })],
        events: [event("r1", 2)],
      });
      trial.expect(before.run.status, "the old state's status").toBe("queued");
      trial.expect(before.attempts, "the old state's attempts").toEqual([attemptRow("r1", 1)]);
      trial.expect(before.leases, "the old state's leases").toEqual([leaseRow("r1")]);
      trial.expect(events.length, "number of events read before").toBe(1);
    },
  },
];
