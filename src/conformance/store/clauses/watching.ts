import { attemptRow, event, leaseRow, runRow } from "../rows.js";
import type { StoreTrial } from "../trial.js";
import type { StoreClause } from "./clause-type.js";

const DEFAULT_WATCH_MS = 2_000;
const LOOK_EVERY_MS = 10;

/** Waits until all of these runs have been heard of. */
async function untilHeard(trial: StoreTrial, heard: readonly string[], runIds: readonly string[]): Promise<void> {
  await trial.time.until(async () => (runIds.every((id) => heard.includes(id)) ? true : undefined), {
    limitMs: trial.setup.watchMs ?? DEFAULT_WATCH_MS,
    everyMs: LOOK_EVERY_MS,
    what: `A watcher is to hear of ${runIds.join(", ")}, and has heard of ${heard.join(", ") || "nothing"}`,
  });
}

export const watchingClauses: readonly StoreClause[] = [
  {
    id: "store/watch/every-change-is-told",
    rule: "A listener hears of each run whose row, attempts, leases or events were written.",
    run: async (trial) => {
      await trial.accepted({ runs: ["a", "b", "c", "d"].map((id) => runRow(id)) });
      const heard: string[] = [];
      const end = trial.store.watch((runId) => heard.push(runId));
      await trial.accepted({ runs: [runRow("a", { version: 2 })] });
      await trial.accepted({ attempts: [attemptRow("b", 1)] });
      await trial.accepted({ leases: [leaseRow("c")] });
      await trial.accepted({ events: [event("d", 1)] });
      await untilHeard(trial, heard, ["a", "b", "c", "d"]);
      end();
    },
  },
  {
    id: "store/watch/other-processes-are-heard",
    rule: "A listener hears of what another process writes, and every listener hears it.",
    run: async (trial) => {
      const other = await trial.another();
      const heard: [string[], string[]] = [[], []];
      const ends = heard.map((list) => trial.store.watch((runId) => list.push(runId)));
      await trial.accepted({ runs: [runRow("a")] }, { store: other });
      for (const list of heard) await untilHeard(trial, list, ["a"]);
      for (const end of ends) end();
    },
  },
  {
    id: "store/watch/not-inside-the-commit",
    rule: "A listener is not called before the call of `commit` has returned to its caller, so that it may commit itself.",
    run: async (trial) => {
      const heard: string[] = [];
      const end = trial.store.watch((runId) => heard.push(runId));
      const committing = trial.commit({ runs: [runRow("a")] });
      trial.expect(heard, "heard while the caller still holds the turn").toEqual([]);
      await committing;
      await untilHeard(trial, heard, ["a"]);
      end();
    },
  },
  {
    id: "store/watch/refused-batches-are-silent",
    rule: "Of a refused batch nobody hears.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("a")] });
      const heard: string[] = [];
      const end = trial.store.watch((runId) => heard.push(runId));
      await trial.refused({ runs: [runRow("never"), runRow("a")] }, "version");
      await trial.accepted({ runs: [runRow("b")] });
      await untilHeard(trial, heard, ["b"]);
      trial.expect(heard.includes("never"), "whether a run was announced that never came to be").toBe(false);
      end();
    },
  },
  {
    id: "store/watch/ends",
    rule: "After the end of a watch its listener is not called again, and the others are.",
    run: async (trial) => {
      const ended: string[] = [];
      const staying: string[] = [];
      trial.store.watch((runId) => ended.push(runId))();
      const end = trial.store.watch((runId) => staying.push(runId));
      await trial.accepted({ runs: [runRow("a")] });
      await untilHeard(trial, staying, ["a"]);
      trial.expect(ended, "heard after the end").toEqual([]);
      end();
    },
  },
];
