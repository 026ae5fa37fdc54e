import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { RunQuery } from "../../../spec/store.js";
import { must } from "../../clause.js";
import { attemptRow, groupRow, leaseRow, NOW_MS, runRow, settledRow, workload } from "../rows.js";
import type { StoreTrial } from "../trial.js";
import type { StoreClause } from "./clause-type.js";

const idsOf = async (trial: StoreTrial, query: RunQuery): Promise<readonly string[]> =>
  (await trial.store.query(query)).runs.map(({ id }) => id);

/** Every id that paging through the query shows. */
async function allPages(trial: StoreTrial, query: RunQuery, between?: () => Promise<void>): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined, pages = 0; ; pages += 1) {
    must(pages < 50, "Paging does not come to an end.");
    const page = await trial.store.query(cursor === undefined ? query : { ...query, cursor });
    ids.push(...page.runs.map(({ id }) => id));
    if (page.cursor === undefined) return ids;
    cursor = page.cursor;
    await between?.();
  }
}

export const readingClauses: readonly StoreClause[] = [
  {
    id: "store/load/in-the-order-asked",
    rule: "States come in the order asked, and unknown ids are left out.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("a"), runRow("b"), runRow("c")] });
      trial
        .expect(
          (await trial.store.load(["c", "nobody", "a"])).map(({ run }) => run.id),
          "the states",
        )
        .toEqual(["c", "a"]);
      trial.expect(await trial.store.load([]), "states of no ids").toEqual([]);
    },
  },
  {
    id: "store/load/everything-of-the-run",
    rule: "A state holds all attempts by number and all leases of the run, released ones too, and nothing of others.",
    run: async (trial) => {
      const attempts = Array.from({ length: 11 }, (_, index) => attemptRow("a", 11 - index));
      const leases = [leaseRow("a"), leaseRow("a", { key: "k-a-2", state: "released" })];
      await trial.accepted({
        runs: [runRow("a"), runRow("b")],
        attempts: [...attempts, attemptRow("b", 1)],
        leases: [...leases, leaseRow("b")],
      });
      const state = await trial.state("a");
      trial
        .expect(
          state.attempts.map(({ number }) => number),
          "the attempts",
        )
        .toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      trial.expect(state.leases.map(({ key }) => key).sort(), "the leases").toEqual(["k-a-1", "k-a-2"]);
    },
  },
  {
    id: "store/load/groups",
    rule: "A group comes back by its id in its last version; an unknown one is undefined.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("a")], groups: [groupRow("g1", ["a"])] });
      await trial.accepted({ groups: [groupRow("g1", ["a", "b"], { version: 2 })] });
      trial.expect((await trial.store.loadGroup("g1"))?.members, "the members").toEqual(["a", "b"]);
      trial.expect(await trial.store.loadGroup("a"), "an unknown group").toBe(undefined);
    },
  },
  {
    id: "store/leases/open-ones-of-a-backend",
    rule: "`openLeases` gives the leases of one backend that are intended, open or releasing, and no others.",
    run: async (trial) => {
      const states = ["intended", "open", "releasing", "released", "absent"] as const;
      const leases = states.map((state) => leaseRow("a", { key: state, state }));
      await trial.accepted({ runs: [runRow("a")], leases: [...leases, leaseRow("a", { key: "elsewhere", backend: "elsewhere" })] });
      const keys = async (): Promise<readonly string[]> => (await trial.store.openLeases("somewhere")).map(({ key }) => key).sort();
      trial.expect(await keys(), "open leases").toEqual(["intended", "open", "releasing"]);
      await trial.accepted({ leases: [leaseRow("a", { key: "open", version: 2, state: "released" })] });
      trial.expect(await keys(), "open leases after a release").toEqual(["intended", "releasing"]);
      trial.expect(await trial.store.openLeases("nowhere"), "leases of an unknown backend").toEqual([]);
    },
  },
  {
    id: "store/leases/move-between-runs",
    rule: "A warm lease that another run takes over belongs to that run's state, and no longer to the former one's.",
    run: async (trial) => {
      await trial.accepted({
        runs: [runRow("a"), runRow("b")],
        leases: [leaseRow("a", { state: "open", owner: { kind: "warm", runId: "a" } })],
      });
      trial.expect((await trial.state("a")).leases.length, "leases of the first run").toBe(1);
      const moved = leaseRow("a", { version: 2, state: "open", owner: { kind: "attempt", runId: "b", attempt: 1 } });
      await trial.accepted({ leases: [moved] });
      trial.expect((await trial.state("a")).leases, "leases of the first run afterwards").toEqual([]);
      trial.expect((await trial.state("b")).leases, "leases of the second run").toEqual([moved]);
      trial.expect(await trial.store.openLeases("somewhere"), "open leases").toEqual([moved]);
    },
  },
  {
    id: "store/query/newest-first",
    rule: "Summaries come in the order of acceptance, the last one first, though clocks jump.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("a"), runRow("b", { acceptedAtMs: NOW_MS - 5_000 })] });
      await trial.accepted({ runs: [runRow("c")] });
      await trial.accepted({ runs: [runRow("a", { version: 2, status: "active" })] });
      trial.expect(await idsOf(trial, {}), "the runs").toEqual(["c", "b", "a"]);
    },
  },
  {
    id: "store/query/pages",
    rule: "Pages hold as many runs as asked, together every run once, and only the last one has no cursor.",
    run: async (trial) => {
      const ids = Array.from({ length: 7 }, (_, index) => `r${index}`);
      await trial.accepted({ runs: ids.map((id) => runRow(id)) });
      trial.expect((await trial.store.query({ limit: 3 })).runs.length, "runs of a page").toBe(3);
      trial.expect(await allPages(trial, { limit: 3 }), "all pages").toEqual([...ids].reverse());
      trial.expect(await allPages(trial, { limit: 7 }), "one page that is just full").toEqual([...ids].reverse());
    },
  },
  {
    id: "store/query/pages-do-not-shift",
    rule: "Runs that are accepted while somebody pages neither repeat nor hide an older one.",
    run: async (trial) => {
      const ids = Array.from({ length: 6 }, (_, index) => `r${index}`);
      await trial.accepted({ runs: ids.map((id) => runRow(id)) });
      let newcomers = 0;
      const seen = await allPages(trial, { limit: 2 }, async () => {
        await trial.accepted({ runs: [runRow(`newcomer-${newcomers++}`)] });
      });
      trial.expect(seen, "all pages").toEqual([...ids].reverse());
    },
  },
  {
    id: "store/query/filters",
    rule: "Status, tenant, group, labels and settled narrow the list, together and across pages.",
    run: async (trial) => {
      const blue = workload({ tenant: "acme", labels: { colour: "blue", size: "l" } });
      const red = workload({ tenant: "other", labels: { colour: "red" } });
      await trial.accepted({
        runs: [
          runRow("a", { workload: blue, groupId: "g1", status: "active" }),
          settledRow("b", NOW_MS, { workload: blue }),
          runRow("c", { workload: red, groupId: "g1", status: "failed" }),
          runRow("d", { workload: red }),
          runRow("e", { workload: blue, groupId: "g2" }),
        ],
      });
      trial.expect(await idsOf(trial, { status: ["active", "failed"] }), "by status").toEqual(["c", "a"]);
      trial.expect(await idsOf(trial, { tenant: "acme" }), "by tenant").toEqual(["e", "b", "a"]);
      trial.expect(await idsOf(trial, { groupId: "g1" }), "by group").toEqual(["c", "a"]);
      trial.expect(await idsOf(trial, { labels: { colour: "blue", size: "l" } }), "by labels").toEqual(["e", "b", "a"]);
      trial.expect(await idsOf(trial, { labels: { colour: "blue", size: "s" } }), "by other labels").toEqual([]);
      trial.expect(await idsOf(trial, { settled: true }), "settled ones").toEqual(["b"]);
      trial.expect(await idsOf(trial, { settled: false, tenant: "acme" }), "by two things").toEqual(["e", "a"]);
      trial.expect(await allPages(trial, { tenant: "acme", limit: 1 }), "filtered pages").toEqual(["e", "b", "a"]);
    },
  },
  {
    id: "store/query/summaries",
    rule: "A summary shows what the run's row says now.",
    run: async (trial) => {
      const named = workload({ kind: "training", name: "fine-tune", tenant: "acme" });
      await trial.accepted({ runs: [runRow("a", { workload: named, groupId: "g1" }), runRow("b")] });
      const ended = settledRow("a", NOW_MS + 5, { version: 2, workload: named, groupId: "g1", attempts: 3, status: "failed" });
      await trial.accepted({ runs: [ended] });
      trial.expect((await trial.store.query({})).runs, "the summaries").toEqual([
        { id: "b", status: "queued", kind: "batch", acceptedAtMs: NOW_MS, attempts: 0, settled: false },
        {
          id: "a",
          status: "failed",
          name: "fine-tune",
          kind: "training",
          tenant: "acme",
          groupId: "g1",
          acceptedAtMs: NOW_MS,
          endedAtMs: NOW_MS + 5,
          attempts: 3,
          settled: true,
        },
      ]);
    },
  },
  {
    id: "store/query/foreign-cursor",
    rule: "A cursor that it did not make is refused with INVALID_CONFIG.",
    run: async (trial) => {
      const error = await trial.store.query({ cursor: "'; not a cursor" }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      must(SchedulerError.isInstance(error), "A foreign cursor was accepted, or refused with something that is no SchedulerError.");
      trial.expect(error.code, "the error's code").toBe("INVALID_CONFIG");
    },
  },
];
