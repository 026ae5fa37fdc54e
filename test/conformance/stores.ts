/** Memory stores that play what they are not, to test the clauses of durable and transactional stores. */
import type { CallerTransaction, StoreConformanceSetup, StoreUnderTest } from "../../src/conformance/store/index.js";
import type { CommitBatch, Store } from "../../src/spec/store.js";
import { memoryStore } from "../../src/stores/memory/index.js";
import { createVirtualHost } from "../../src/testing/virtual-host.js";

/** A store that asks `current` anew on each call. */
export const delegating = (current: () => Store): Store => ({
  specVersion: current().specVersion,
  kind: current().kind,
  durable: current().durable,
  open: (host) => current().open(host),
  namespace: (proposal) => current().namespace(proposal),
  commit: (batch, tx) => current().commit(batch, tx),
  load: (ids) => current().load(ids),
  loadGroup: (id) => current().loadGroup(id),
  openLeases: (backend) => current().openLeases(backend),
  query: (query) => current().query(query),
  findKey: (key) => current().findKey(key),
  events: (runId, after) => current().events(runId, after),
  decisions: (runId) => current().decisions(runId),
  balances: (accounts) => current().balances(accounts),
  observations: (cursor) => current().observations(cursor),
  claim: (request) => current().claim(request),
  acknowledge: (claims) => current().acknowledge(claims),
  watch: (listener) => current().watch(listener),
  purge: (endedBeforeMs) => current().purge(endedBeforeMs),
  close: () => current().close(),
});

/** Takes a caller's transaction: tries its batches on a copy, and applies them when the caller commits. */
class Transaction implements CallerTransaction {
  readonly batches: CommitBatch[] = [];
  readonly tx = this;
  readonly #apply: (batch: CommitBatch) => Promise<unknown>;

  constructor(apply: (batch: CommitBatch) => Promise<unknown>) {
    this.#apply = apply;
  }

  readonly commit = async (): Promise<void> => {
    for (const batch of this.batches) await this.#apply(batch);
  };

  readonly rollback = async (): Promise<void> => {
    this.batches.length = 0;
  };
}

/** A memory store that survives the "process" and takes transactions. */
export function ambitiousStore(): StoreUnderTest {
  const host = createVirtualHost();
  const memory = memoryStore();
  const applied: CommitBatch[] = [];
  const apply: Store["commit"] = async (batch) => {
    const result = await memory.commit(batch);
    if (result.ok) applied.push(batch);
    return result;
  };
  const commit: Store["commit"] = async (batch, tx) => {
    if (!(tx instanceof Transaction)) return apply(batch);
    const copy = memoryStore();
    for (const earlier of [...applied, ...tx.batches]) await copy.commit(earlier);
    const result = await copy.commit(batch);
    if (result.ok) tx.batches.push(batch);
    return result;
  };
  const store = (): Store => ({ ...memory, durable: true, commit });
  return {
    store: store(),
    host,
    advance: (ms) => host.advance(ms),
    another: async () => store(),
    reopen: async () => store(),
    begin: async () => new Transaction(apply),
    close: async () => {},
  };
}

/** The setup of {@link ambitiousStore}, perhaps changed. */
export const ambitiousSetup = (change: (underTest: StoreUnderTest) => StoreUnderTest = (same) => same): StoreConformanceSetup => ({
  kind: "memory",
  durable: true,
  transactions: true,
  create: async () => change(ambitiousStore()),
});
