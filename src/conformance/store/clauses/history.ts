import { decision, event, observation, runRow } from "../rows.js";
import type { StoreClause } from "./clause-type.js";

export const historyClauses: readonly StoreClause[] = [
  {
    id: "store/events/in-order-after",
    rule: "Events come in the order of their sequence, only those after the one named, and only of the run asked for.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1"), runRow("r2")], events: [event("r1", 1), event("r2", 1), event("r1", 2)] });
      await trial.accepted({ events: [event("r1", 3)] });
      const sequences = async (runId: string, after: number): Promise<readonly number[]> =>
        (await trial.store.events(runId, after)).map(({ sequence }) => sequence);
      trial.expect(await sequences("r1", 0), "all events").toEqual([1, 2, 3]);
      trial.expect(await sequences("r1", 2), "events after the second").toEqual([3]);
      trial.expect(await sequences("r1", 3), "events after the last").toEqual([]);
      trial.expect(await sequences("nobody", 0), "events of an unknown run").toEqual([]);
      trial.expect(await trial.store.events("r2", 0), "events of the other run").toEqual([event("r2", 1)]);
    },
  },
  {
    id: "store/events/no-gaps",
    rule: "An event that leaves a gap in its run's sequence is refused.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")], events: [event("r1", 1)] });
      await trial.refused({ events: [event("r1", 3)] }, "version");
      await trial.refused({ events: [event("r1", 2), event("r1", 4)] }, "version");
    },
  },
  {
    id: "store/events/no-repetition",
    rule: "An event whose sequence was used is refused: two writers told different stories.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")], events: [event("r1", 1)] });
      await trial.refused({ events: [event("r1", 1)] }, "version");
      await trial.refused({ events: [event("r1", 2), event("r1", 2)] }, "version");
    },
  },
  {
    id: "store/decisions/in-order",
    rule: "Decisions of a run come in the order of their commits.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1"), runRow("r2")], decisions: [decision("r1", 1), decision("r2", 1), decision("r1", 2)] });
      await trial.accepted({ decisions: [decision("r1", 3)] });
      trial.expect(await trial.store.decisions("r1"), "decisions").toEqual([decision("r1", 1), decision("r1", 2), decision("r1", 3)]);
      trial.expect(await trial.store.decisions("nobody"), "decisions of an unknown run").toEqual([]);
    },
  },
  {
    id: "store/observations/from-the-cursor",
    rule: "Each observation is given once to a reader that follows the cursor, oldest first, whichever process committed it.",
    run: async (trial) => {
      const other = await trial.another();
      await trial.accepted({ observations: [observation(1), observation(2)] });
      const first = await trial.store.observations(0);
      trial.expect(first.observations, "the first reading").toEqual([observation(1), observation(2)]);
      await trial.accepted({ observations: [observation(3)] }, { store: other });
      await trial.accepted({ observations: [observation(4)] });
      const second = await trial.store.observations(first.cursor);
      trial.expect(second.observations, "the second reading").toEqual([observation(3), observation(4)]);
      trial.expect((await trial.store.observations(0)).observations.length, "a late reader's observations").toBe(4);
    },
  },
  {
    id: "store/observations/cursor-rests",
    rule: "When nothing was added the reading is empty and the cursor stays.",
    run: async (trial) => {
      const empty = await trial.store.observations(0);
      trial.expect(empty.observations, "a reading of nothing").toEqual([]);
      await trial.accepted({ observations: [observation(1)] });
      const { cursor, observations } = await trial.store.observations(empty.cursor);
      trial.expect(observations, "the reading after that").toEqual([observation(1)]);
      trial.expect(await trial.store.observations(cursor), "the reading at the end").toEqual({ observations: [], cursor });
    },
  },
];
