import type { Claim, Store } from "../../../../src/spec/store.js";
import { rewriting, type StoreSaboteur, saboteur } from "./saboteur.js";

/** Remembers every claim that the store gives, the newest of each resource last. */
function remembering(store: Store, known: Map<string, Claim>): Store {
  const remember = (claims: readonly Claim[]): void => {
    for (const claim of claims) known.set(`${claim.scope}/${claim.id}`, claim);
  };
  return {
    ...store,
    claim: async (request) => {
      const claims = await store.claim(request);
      remember(claims);
      return claims;
    },
    commit: async (batch, tx) => {
      const result = await store.commit(batch, tx);
      if (result.ok) remember(result.claims);
      return result;
    },
  };
}

export const claimSaboteurs: readonly StoreSaboteur[] = [
  saboteur("store/claims/new-runs-are-claimed", "answers claims that it never took", () => (store) => ({
    ...store,
    commit: async (batch, tx) => {
      const { claimNew, ...rest } = batch;
      const result = await store.commit(rest, tx);
      if (!result.ok || !claimNew) return result;
      const isNew = (run: { readonly version: number }): boolean => run.version === 1;
      return { ok: true, claims: (batch.runs ?? []).filter(isNew).map(({ id }) => ({ scope: "run" as const, id, fence: 1, ...claimNew })) };
    },
  })),
  saboteur("store/claims/held-from-others", "frees claims a millisecond early", () => (store) => ({
    ...store,
    claim: (request) => store.claim({ ...request, nowMs: request.nowMs + 1 }),
  })),
  saboteur("store/claims/expire", "frees claims a millisecond late", () => (store) => ({
    ...store,
    claim: (request) => store.claim({ ...request, nowMs: request.nowMs - 1 }),
  })),
  saboteur("store/claims/renewal-keeps-the-fence", "raises the fence at every claim", () => {
    const known = new Map<string, Claim>();
    return (store) => {
      const inner = remembering(store, known);
      return {
        ...inner,
        claim: async (request) => {
          const own = [...known.values()].filter(({ id, owner }) => owner === request.owner && request.ids?.includes(id));
          await store.acknowledge(own);
          return inner.claim(request);
        },
      };
    };
  }),
  saboteur("store/claims/new-owner-raises-the-fence", "gives every owner the same fence", () => (store) => ({
    ...store,
    claim: async (request) => (await store.claim(request)).map((claim) => ({ ...claim, fence: 1 })),
  })),
  saboteur("store/claims/fence-stops-the-stale-writer", "does not look at claims when it writes", () =>
    rewriting((batch) => ({ ...batch, claims: [] })),
  ),
  saboteur("store/claims/expired-writer-is-refused", "looks at the fence alone, not at the time", () =>
    rewriting((batch) => ({ ...batch, nowMs: 0 })),
  ),
  saboteur("store/claims/stored-expiry-counts", "looks at the time in the copy it is shown", () => (store) => ({
    ...store,
    commit: async (batch, tx) => {
      const expired = batch.claims.find(({ untilMs }) => untilMs <= batch.nowMs);
      return expired ? { ok: false, refused: "claim", id: expired.id } : store.commit(batch, tx);
    },
  })),
  saboteur("store/claims/all-claims-are-checked", "checks the first claim alone", () =>
    rewriting((batch) => ({ ...batch, claims: batch.claims.slice(0, 1) })),
  ),
  saboteur("store/claims/given-back-is-free", "keeps claims that are given back until they expire", () => (store) => ({
    ...store,
    acknowledge: async () => {},
  })),
  saboteur("store/claims/giving-back-what-moved-is-ignored", "frees the claim whoever gives it back", () => {
    const known = new Map<string, Claim>();
    return (store) => ({
      ...remembering(store, known),
      acknowledge: (claims) => store.acknowledge(claims.flatMap(({ scope, id }) => known.get(`${scope}/${id}`) ?? [])),
    });
  }),
  saboteur("store/claims/oldest-wake-up-first", "starts with the run that is due last", () => (store) => ({
    ...store,
    claim: async (request) => {
      if (request.ids) return store.claim(request);
      const all = await store.claim({ ...request, limit: 1_000 });
      await store.acknowledge(all.slice(0, -request.limit));
      return all.slice(-request.limit);
    },
  })),
  saboteur("store/claims/settled-runs-rest", "gives settled runs too", () => (store) => ({
    ...store,
    claim: async (request) => {
      if (request.ids || request.scope === "shard") return store.claim(request);
      const { runs } = await store.query({ settled: true });
      return [...(await store.claim(request)), ...(await store.claim({ ...request, ids: runs.map(({ id }) => id) }))];
    },
  })),
  saboteur("store/claims/exactly-these", "ignores the limit when it is asked for ids", () => (store) => ({
    ...store,
    claim: (request) => store.claim(request.ids ? { ...request, limit: 1_000 } : request),
  })),
  saboteur("store/claims/shards-stand-apart", "keeps runs and shards in one table", () => {
    const asRun = (claim: Claim): Claim => ({ ...claim, scope: "run" });
    return (store) => ({
      ...store,
      claim: async (request) => (await store.claim({ ...request, scope: "run" })).map((claim) => ({ ...claim, scope: request.scope })),
      commit: (batch, tx) => store.commit({ ...batch, claims: batch.claims.map(asRun) }, tx),
      acknowledge: (claims) => store.acknowledge(claims.map(asRun)),
    });
  }),
  saboteur("store/claims/one-taker-under-race", "gives what another call is just taking", () => {
    let underWay: Promise<readonly Claim[]> | undefined;
    return (store) => ({
      ...store,
      claim: async (request) => {
        if (underWay) return (await underWay).map((claim) => ({ ...claim, owner: request.owner }));
        underWay = store.claim(request);
        const claims = await underWay;
        underWay = undefined;
        return claims;
      },
    });
  }),
];
