import type { RunState } from "../../../../src/model/run.js";
import type { Namespace } from "../../../../src/spec/call-context.js";
import type { CommitBatch, Store } from "../../../../src/spec/store.js";
import { memoryStore } from "../../../../src/stores/memory/index.js";
import { delegating } from "../../stores.js";
import { rewriting, type StoreSaboteur, saboteur, turn } from "./saboteur.js";

const runVersion = async (store: Store, id: string): Promise<number> => (await store.load([id]))[0]?.run.version ?? 0;

/** Moves the versions of runs to what fits, for those that `isChanged` picks. */
const forceRuns = (isChanged: (version: number, stored: number) => boolean) =>
  rewriting(async (batch, store) => {
    const runs = [];
    for (const run of batch.runs ?? []) {
      const stored = await runVersion(store, run.id);
      runs.push(isChanged(run.version, stored) ? { ...run, version: stored + 1 } : run);
    }
    return { ...batch, runs };
  });

const lastOfEach = <Row>(rows: readonly Row[] | undefined, idOf: (row: Row) => string): readonly Row[] => [
  ...new Map((rows ?? []).map((row) => [idOf(row), row])).values(),
];

/** On a refusal, leaves a part of the batch behind. */
const leaving =
  (reason: string, part: (batch: CommitBatch) => Partial<CommitBatch>) =>
  () =>
  (store: Store): Store => ({
    ...store,
    commit: async (batch, tx) => {
      const result = await store.commit(batch, tx);
      if (!result.ok && result.refused === reason) await store.commit({ nowMs: batch.nowMs, claims: [], ...part(batch) });
      return result;
    },
  });

export const openingAndCommitSaboteurs: readonly StoreSaboteur[] = [
  saboteur("store/opening/shape", "claims not to be durable", () => (store) => ({ ...store, durable: false })),
  saboteur("store/opening/open-is-idempotent", "starts empty on every open", () => (store) => {
    let current = store;
    let opened = 0;
    return {
      ...delegating(() => current),
      open: async (host) => {
        if (opened++ > 0) current = memoryStore();
        await current.open(host);
      },
    };
  }),
  saboteur("store/opening/close-is-idempotent", "throws when it is closed again", () => (store) => {
    let isClosed = false;
    return {
      ...store,
      close: async () => {
        if (isClosed) throw new Error("The handle is closed.");
        isClosed = true;
      },
    };
  }),
  saboteur("store/opening/first-namespace-wins", "takes every proposal", () => (store) => ({
    ...store,
    namespace: async (proposal) => proposal,
  })),
  saboteur("store/opening/one-namespace-under-race", "looks first and writes a moment later", () => {
    let stored: Namespace | undefined;
    return (store) => ({
      ...store,
      namespace: async (proposal) => {
        if (stored) return stored;
        await turn();
        stored = proposal;
        return proposal;
      },
    });
  }),
  saboteur("store/commit/keeps-rows-whole", "keeps amounts as floating-point numbers", () =>
    rewriting((batch) => ({
      ...batch,
      ...(batch.leases ? { leases: batch.leases.map((lease) => ({ ...lease, hold: BigInt(Number(lease.hold)) })) } : {}),
    })),
  ),
  saboteur("store/commit/one-of-two-writers-loses", "lets the last writer win", () =>
    forceRuns((version, stored) => stored > 0 && version <= stored),
  ),
  saboteur("store/commit/one-writer-wins-under-race", "compares first and writes a moment later", () => (store) => ({
    ...store,
    commit: async (batch, tx) => {
      for (const run of batch.runs ?? []) {
        if ((await runVersion(store, run.id)) !== run.version - 1) return { ok: false, refused: "version", id: run.id };
      }
      await turn();
      let result = await store.commit(batch, tx);
      for (let tries = 0; !result.ok && result.refused === "version" && tries < 20; tries += 1) {
        result = await forceRuns(() => true)(store).commit(batch, tx);
      }
      return result;
    },
  })),
  saboteur("store/commit/versions-have-no-gaps", "accepts a version from the future", () =>
    forceRuns((version, stored) => version > stored + 1),
  ),
  saboteur("store/commit/every-kind-of-row-has-versions", "does not compare the versions of groups", () =>
    rewriting(async (batch, store) => {
      const groups = [];
      for (const group of batch.groups ?? []) groups.push({ ...group, version: ((await store.loadGroup(group.id))?.version ?? 0) + 1 });
      return { ...batch, groups };
    }),
  ),
  saboteur("store/commit/refuses-a-row-twice", "keeps the second of two rows", () =>
    rewriting((batch) => ({ ...batch, runs: lastOfEach(batch.runs, ({ id }) => id) })),
  ),
  saboteur("store/commit/refuses-rows-of-unknown-runs", "drops decisions of unknown runs in silence", () =>
    rewriting(async (batch, store) => {
      const decisions = [];
      for (const decision of batch.decisions ?? []) if ((await runVersion(store, decision.runId)) > 0) decisions.push(decision);
      return { ...batch, decisions };
    }),
  ),
  saboteur("store/commit/refusals-have-an-order", "looks at versions before keys", () => (store) => ({
    ...store,
    commit: async (batch, tx) => {
      const result = await store.commit(batch, tx);
      if (result.ok || result.refused !== "key") return result;
      const { keys: _, ...rest } = batch;
      const other = await store.commit(rest, tx);
      return other.ok ? result : other;
    },
  })),
  saboteur("store/commit/states-in-hand-stay", "hands out its own objects and changes them later", () => {
    const given: RunState[] = [];
    return (store) => ({
      ...store,
      load: async (ids) => {
        const states = (await store.load(ids)).map((state) => ({ ...state }));
        given.push(...states);
        return states;
      },
      commit: async (batch, tx) => {
        const result = await store.commit(batch, tx);
        for (const state of given) Object.assign(state, (await store.load([state.run.id]))[0]);
        return result;
      },
    });
  }),
  saboteur(
    "store/atomic/stale-version-leaves-nothing",
    "has written the observations by then",
    leaving("version", ({ observations }) => ({ observations: observations ?? [] })),
  ),
  saboteur(
    "store/atomic/lost-claim-leaves-nothing",
    "has written the new runs by then",
    leaving("claim", ({ runs }) => ({ runs: (runs ?? []).slice(0, 1) })),
  ),
  saboteur(
    "store/atomic/full-account-leaves-nothing",
    "has booked the first entry by then",
    leaving("ledger", ({ ledger }) => ({ ledger: (ledger ?? []).slice(0, 1) })),
  ),
  saboteur(
    "store/atomic/used-key-leaves-nothing",
    "has taken the first key by then",
    leaving("key", ({ keys }) => ({ keys: (keys ?? []).slice(0, 1) })),
  ),
  saboteur(
    "store/atomic/broken-sequence-leaves-nothing",
    "has written the group by then",
    leaving("version", ({ groups }) => ({ groups: groups ?? [] })),
  ),
  saboteur("store/model/walk-quay", "forgets third attempts", () =>
    rewriting((batch) => ({ ...batch, attempts: (batch.attempts ?? []).filter(({ number }) => number < 3) })),
  ),
  saboteur("store/model/walk-weir", "books nothing when an entry is negative", () =>
    rewriting((batch) => ({ ...batch, ledger: (batch.ledger ?? []).filter(({ held }) => held >= 0n) })),
  ),
  saboteur("store/model/walk-sluice", "keeps claims that are given back", () => (store) => ({ ...store, acknowledge: async () => {} })),
];
