import type { IdempotencyRow, Store } from "../../../../src/spec/store.js";
import { type StoreSaboteur, saboteur } from "./saboteur.js";

type Listener = (runId: string) => void;

/** A store that does its own announcing, by `announce`, for all handles of a case. */
function announcing(announce: (store: Store, listeners: ReadonlySet<Listener>) => Store["commit"]) {
  return () => {
    const listeners = new Set<Listener>();
    return (store: Store): Store => ({
      ...store,
      watch: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      commit: announce(store, listeners),
    });
  };
}

export const watchingAndPurgingSaboteurs: readonly StoreSaboteur[] = [
  saboteur("store/watch/every-change-is-told", "tells of runs, not of their leases", () => {
    const told = new Set<string>();
    return (store) => ({
      ...store,
      commit: async (batch, tx) => {
        for (const lease of batch.leases ?? []) told.add(lease.owner.runId);
        return store.commit(batch, tx);
      },
      watch: (listener) => store.watch((runId) => (told.delete(runId) ? undefined : listener(runId))),
    });
  }),
  saboteur("store/watch/other-processes-are-heard", "tells what its own process wrote", () => (store) => {
    const own = new Set<string>();
    return {
      ...store,
      commit: async (batch, tx) => {
        for (const run of batch.runs ?? []) own.add(run.id);
        return store.commit(batch, tx);
      },
      watch: (listener) => store.watch((runId) => (own.has(runId) ? listener(runId) : undefined)),
    };
  }),
  saboteur(
    "store/watch/not-inside-the-commit",
    "calls listeners before the commit returns",
    announcing((store, listeners) => (batch, tx) => {
      for (const run of batch.runs ?? []) for (const listener of listeners) listener(run.id);
      return store.commit(batch, tx);
    }),
  ),
  saboteur(
    "store/watch/refused-batches-are-silent",
    "tells before it knows whether the batch is accepted",
    announcing((store, listeners) => async (batch, tx) => {
      const result = await store.commit(batch, tx);
      for (const run of batch.runs ?? []) for (const listener of listeners) listener(run.id);
      return result;
    }),
  ),
  saboteur("store/watch/ends", "never stops telling", () => (store) => ({
    ...store,
    watch: (listener) => {
      store.watch(listener);
      return () => {};
    },
  })),
  saboteur("store/purge/only-what-is-over", "takes what ended at the very time too", () => (store) => ({
    ...store,
    purge: (endedBeforeMs) => store.purge(endedBeforeMs + 1),
  })),
  saboteur("store/purge/everything-of-theirs", "keeps the idempotency keys of purged runs", () => {
    const keys = new Map<string, IdempotencyRow>();
    return (store) => ({
      ...store,
      commit: async (batch, tx) => {
        for (const key of batch.keys ?? []) keys.set(key.key, key);
        return store.commit(batch, tx);
      },
      findKey: async (key) => (await store.findKey(key)) ?? keys.get(key),
    });
  }),
  saboteur("store/purge/keeps-what-may-cost-money", "purges runs with their open leases", () => (store) => ({
    ...store,
    purge: async (endedBeforeMs) => {
      for (const lease of await store.openLeases("somewhere")) {
        await store.commit({ nowMs: endedBeforeMs, claims: [], leases: [{ ...lease, version: lease.version + 1, state: "released" }] });
      }
      return store.purge(endedBeforeMs);
    },
  })),
  saboteur("store/purge/groups-with-their-last-member", "drops a group with the first of its members", () => {
    let purged = 0;
    return (store) => ({
      ...store,
      purge: async (endedBeforeMs) => {
        const count = await store.purge(endedBeforeMs);
        purged += count;
        return count;
      },
      loadGroup: async (id) => (purged > 0 ? undefined : store.loadGroup(id)),
    });
  }),
  saboteur("store/purge/keeps-the-books", "takes back what purged runs have spent", () => (store) => ({
    ...store,
    purge: async (endedBeforeMs) => {
      const [budget] = await store.balances(["budget"]);
      const ledger = [{ account: "budget", held: 0n, spent: -(budget?.spent ?? 0n) }];
      await store.commit({ nowMs: endedBeforeMs, claims: [], ledger });
      return store.purge(endedBeforeMs);
    },
  })),
];
