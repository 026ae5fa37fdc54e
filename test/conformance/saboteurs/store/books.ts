import type { RunEvent } from "../../../../src/model/event.js";
import type { LedgerEntry, Store } from "../../../../src/spec/store.js";
import { rewriting, type StoreSaboteur, saboteur, turn } from "./saboteur.js";

const withLedger = (change: (entry: LedgerEntry, index: number) => LedgerEntry) =>
  rewriting((batch) => ({ ...batch, ...(batch.ledger ? { ledger: batch.ledger.map(change) } : {}) }));

const unlimited = ({ limit: _, ...entry }: LedgerEntry): LedgerEntry => entry;

const total = async (store: Store, account: string): Promise<bigint> => {
  const [balance] = await store.balances([account]);
  return (balance?.held ?? 0n) + (balance?.spent ?? 0n);
};

export const bookSaboteurs: readonly StoreSaboteur[] = [
  saboteur("store/ledger/stops-at-the-limit", "looks at held money alone", () =>
    withLedger((entry) => (entry.held > 0n ? entry : unlimited(entry))),
  ),
  saboteur("store/ledger/lowering-is-never-refused", "refuses whatever leaves the account above its limit", () => (store) => ({
    ...store,
    commit: async (batch, tx) => {
      for (const { account, held, spent, limit } of batch.ledger ?? []) {
        const sum = (await total(store, account)) + held + spent;
        if (limit !== undefined && sum > limit) return { ok: false, refused: "ledger", account, available: 0n };
      }
      return store.commit(batch, tx);
    },
  })),
  saboteur("store/ledger/no-limit-no-bound", "keeps amounts as floating-point numbers", () => (store) => ({
    ...store,
    balances: async (accounts) => (await store.balances(accounts)).map((row) => ({ ...row, held: BigInt(Number(row.held)) })),
  })),
  saboteur("store/ledger/entries-count-in-order", "checks the first entry of a batch alone", () =>
    withLedger((entry, index) => (index === 0 ? entry : unlimited(entry))),
  ),
  saboteur("store/ledger/two-reservations-do-not-both-fit", "looks at the balance first and books a moment later", () => (store) => ({
    ...store,
    commit: async (batch, tx) => {
      for (const { account, held, limit } of batch.ledger ?? []) {
        if (limit !== undefined && (await total(store, account)) + held > limit)
          return { ok: false, refused: "ledger", account, available: 0n };
      }
      await turn();
      return withLedger(unlimited)(store).commit(batch, tx);
    },
  })),
  saboteur("store/ledger/unknown-accounts-are-zero", "leaves unknown accounts out", () => (store) => ({
    ...store,
    balances: async (accounts) => (await store.balances(accounts)).filter(({ held, spent }) => held + spent !== 0n),
  })),
  saboteur("store/keys/unique", "accepts a key again when the digest is the same", () =>
    rewriting(async (batch, store) => {
      const keys = [];
      for (const key of batch.keys ?? []) if ((await store.findKey(key.key))?.digest !== key.digest) keys.push(key);
      return { ...batch, keys };
    }),
  ),
  saboteur("store/keys/found", "does not tell capital letters from small ones", () => (store) => ({
    ...store,
    findKey: async (key) => (await store.findKey(key)) ?? store.findKey(key.toLowerCase()),
  })),
  saboteur("store/keys/twice-in-a-batch", "keeps the last of two rows of one key", () =>
    rewriting((batch) => ({ ...batch, keys: [...new Map((batch.keys ?? []).map((row) => [row.key, row])).values()] })),
  ),
  saboteur("store/keys/one-acceptance-under-race", "looks for the key first and writes it a moment later", () => {
    const written = new Set<string>();
    return (store) => ({
      ...store,
      commit: async (batch, tx) => {
        const { keys = [], ...rest } = batch;
        for (const row of keys) if (written.has(row.key)) return store.commit(batch, tx);
        await turn();
        for (const row of keys) written.add(row.key);
        return store.commit(rest, tx);
      },
    });
  }),
  saboteur("store/events/in-order-after", "gives the event that was named as well", () => (store) => ({
    ...store,
    events: (runId, after) => store.events(runId, after - 1),
  })),
  saboteur("store/events/no-gaps", "closes gaps by renumbering", () =>
    rewriting(async (batch, store) => {
      const events: RunEvent[] = [];
      for (const event of batch.events ?? []) {
        const next: number = (await store.events(event.runId, 0)).length + events.filter(({ runId }) => runId === event.runId).length + 1;
        events.push(event.sequence > next ? { ...event, sequence: next } : event);
      }
      return { ...batch, events };
    }),
  ),
  saboteur("store/events/no-repetition", "drops events that it has already", () =>
    rewriting(async (batch, store) => {
      const events = [];
      for (const event of batch.events ?? []) {
        if (event.sequence > (await store.events(event.runId, 0)).length) events.push(event);
      }
      return { ...batch, events };
    }),
  ),
  saboteur("store/decisions/in-order", "gives the newest decision first", () => (store) => ({
    ...store,
    decisions: async (runId) => [...(await store.decisions(runId))].reverse(),
  })),
  saboteur("store/observations/from-the-cursor", "gives every reader what no reader had before", () => {
    let given = 0;
    return (store) => ({
      ...store,
      observations: async () => {
        const reading = await store.observations(given);
        given = reading.cursor;
        return reading;
      },
    });
  }),
  saboteur("store/observations/cursor-rests", "moves the cursor at every reading", () => (store) => ({
    ...store,
    observations: async (cursor) => {
      const reading = await store.observations(cursor);
      return reading.observations.length > 0 ? reading : { observations: [], cursor: cursor + 1 };
    },
  })),
];
