import type { LeaseRow } from "../../../../src/model/lease.js";
import type { GroupRow } from "../../../../src/model/run.js";
import type { RunSummary, Store } from "../../../../src/spec/store.js";
import { type StoreSaboteur, saboteur } from "./saboteur.js";

/** Keeps every lease row that was ever committed, by key. */
function keepingLeases(store: Store, rows: Map<string, LeaseRow>): Store {
  return {
    ...store,
    commit: async (batch, tx) => {
      const result = await store.commit(batch, tx);
      if (result.ok) for (const lease of batch.leases ?? []) rows.set(`${lease.key}/${lease.version}`, lease);
      return result;
    },
  };
}

export const readingSaboteurs: readonly StoreSaboteur[] = [
  saboteur("store/load/in-the-order-asked", "gives states in the order of their ids", () => (store) => ({
    ...store,
    load: async (ids) => [...(await store.load(ids))].sort((a, b) => (a.run.id < b.run.id ? -1 : 1)),
  })),
  saboteur("store/load/everything-of-the-run", "sorts attempts as texts, so that 10 comes before 2", () => (store) => ({
    ...store,
    load: async (ids) =>
      (await store.load(ids)).map((state) => ({
        ...state,
        attempts: [...state.attempts].sort((a, b) => (String(a.number) < String(b.number) ? -1 : 1)),
      })),
  })),
  saboteur("store/load/groups", "keeps the first version of a group", () => {
    const first = new Map<string, GroupRow>();
    return (store) => ({
      ...store,
      commit: async (batch, tx) => {
        const result = await store.commit(batch, tx);
        if (result.ok) for (const group of batch.groups ?? []) if (!first.has(group.id)) first.set(group.id, group);
        return result;
      },
      loadGroup: async (id) => ((await store.loadGroup(id)) ? first.get(id) : undefined),
    });
  }),
  saboteur("store/leases/open-ones-of-a-backend", "counts leases that never came to be", () => {
    const rows = new Map<string, LeaseRow>();
    return (store) => ({
      ...keepingLeases(store, rows),
      openLeases: async (backend) => [
        ...(await store.openLeases(backend)),
        ...[...rows.values()].filter((lease) => lease.backend === backend && lease.state === "absent"),
      ],
    });
  }),
  saboteur("store/leases/move-between-runs", "leaves a lease with the run that bound it as well", () => {
    const rows = new Map<string, LeaseRow>();
    return (store) => ({
      ...keepingLeases(store, rows),
      load: async (ids) =>
        (await store.load(ids)).map((state) => {
          const former = [...rows.values()].filter(
            ({ owner, key }) => owner.runId === state.run.id && !state.leases.some((lease) => lease.key === key),
          );
          return { ...state, leases: [...state.leases, ...former] };
        }),
    });
  }),
  saboteur("store/query/newest-first", "trusts the clock for the order", () => (store) => ({
    ...store,
    query: async (query) => {
      const page = await store.query(query);
      return { ...page, runs: [...page.runs].sort((a, b) => b.acceptedAtMs - a.acceptedAtMs) };
    },
  })),
  saboteur("store/query/pages", "loses a run between two pages", () => (store) => ({
    ...store,
    query: async (query) => {
      const page = await store.query(query);
      return page.cursor === undefined ? page : { ...page, cursor: String(Number(page.cursor) - 1) };
    },
  })),
  saboteur("store/query/pages-do-not-shift", "counts pages from the newest run", () => (store) => ({
    ...store,
    query: async ({ cursor = "0", limit = 100, ...query }) => {
      const { runs } = await store.query({ ...query, limit: 1_000 });
      const end = Number(cursor) + limit;
      return { runs: runs.slice(Number(cursor), end), ...(end < runs.length ? { cursor: String(end) } : {}) };
    },
  })),
  saboteur("store/query/filters", "looks at the first label alone", () => (store) => ({
    ...store,
    query: ({ labels, ...query }) =>
      store.query(labels ? { ...query, labels: Object.fromEntries(Object.entries(labels).slice(0, 1)) } : query),
  })),
  saboteur("store/query/summaries", "does not say when a run ended", () => (store) => ({
    ...store,
    query: async (query) => {
      const page = await store.query(query);
      return { ...page, runs: page.runs.map(({ endedAtMs: _, ...summary }): RunSummary => summary) };
    },
  })),
  saboteur("store/query/foreign-cursor", "starts anew when it does not know the cursor", () => (store) => ({
    ...store,
    query: ({ cursor, ...query }) => store.query(cursor !== undefined && /^\d+$/.test(cursor) ? { ...query, cursor } : query),
  })),
];
