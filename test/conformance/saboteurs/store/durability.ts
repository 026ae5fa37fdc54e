import type { StoreConformanceSetup, StoreUnderTest } from "../../../../src/conformance/store/index.js";
import type { Claim, Store } from "../../../../src/spec/store.js";
import { ambitiousSetup } from "../../stores.js";
import { type StoreSaboteur, saboteurOf } from "./saboteur.js";

/** A store that is right until it is opened again. */
const afterReopen = (clause: string, wrong: string, spoil: (store: Store) => Store): StoreSaboteur =>
  saboteurOf(clause, wrong, (underTest) => ({ ...underTest, reopen: async () => spoil(await reopened(underTest)) }));

async function reopened({ reopen }: StoreUnderTest): Promise<Store> {
  if (!reopen) throw new Error("The store to be spoilt cannot be reopened.");
  return reopen();
}

const DURABLE_CLAUSES = ["keeps-everything", "keeps-the-namespace", "keeps-claims-and-fences", "orders-go-on"];

/** Declares to be durable and has every proof of it skipped. */
const allSkipped = (): StoreConformanceSetup => ({
  ...ambitiousSetup(),
  skip: Object.fromEntries(DURABLE_CLAUSES.map((name) => [`store/durable/${name}`, "does not work yet"])),
});

export const durabilitySaboteurs: readonly StoreSaboteur[] = [
  afterReopen("store/durable/keeps-everything", "loses events that were not flushed", (store) => ({
    ...store,
    events: async (runId, after) => (await store.events(runId, after)).slice(0, -1),
  })),
  afterReopen("store/durable/keeps-the-namespace", "makes a new namespace at each start", (store) => ({
    ...store,
    namespace: async (proposal) => proposal,
  })),
  saboteurOf("store/durable/keeps-claims-and-fences", "forgets claims at each start", (underTest) => {
    const claims: Claim[] = [];
    return {
      ...underTest,
      store: {
        ...underTest.store,
        claim: async (request) => {
          const taken = await underTest.store.claim(request);
          claims.push(...taken);
          return taken;
        },
      },
      reopen: async () => {
        const store = await reopened(underTest);
        await store.acknowledge(claims);
        return store;
      },
    };
  }),
  afterReopen("store/durable/orders-go-on", "counts observations from the beginning again", (store) => ({
    ...store,
    observations: () => store.observations(0),
  })),
  saboteurOf("store/transactions/visible-when-committed", "writes past the caller's transaction", (underTest) => ({
    ...underTest,
    store: { ...underTest.store, commit: (batch) => underTest.store.commit(batch) },
  })),
  saboteurOf("store/transactions/gone-when-rolled-back", "commits what the caller rolls back", (underTest) => ({
    ...underTest,
    begin: async () => {
      const transaction = await underTest.begin?.();
      if (!transaction) throw new Error("The store to be spoilt has no transactions.");
      return { ...transaction, rollback: transaction.commit };
    },
  })),
  saboteurOf("store/transactions/refusals-are-answers", "throws when a batch is refused within a transaction", (underTest) => ({
    ...underTest,
    store: {
      ...underTest.store,
      commit: async (batch, tx) => {
        const result = await underTest.store.commit(batch, tx);
        if (tx !== undefined && !result.ok) throw new Error("The transaction is aborted.");
        return result;
      },
    },
  })),
  {
    clause: "store/report/skips-have-reasons",
    wrong: "skips a clause without saying why",
    setup: { ...ambitiousSetup(), skip: { "store/keys/found": "later" } },
  },
  {
    clause: "store/report/skips-have-reasons",
    wrong: "skips a clause that does not exist",
    setup: { ...ambitiousSetup(), skip: { "store/keys/lost": "does not work yet" } },
  },
  { clause: "store/report/capabilities-are-proven", wrong: "declares what no case has shown", setup: allSkipped() },
];
