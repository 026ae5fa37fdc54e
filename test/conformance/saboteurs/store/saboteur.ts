import type { StoreConformanceSetup, StoreUnderTest } from "../../../../src/conformance/store/index.js";
import type { CommitBatch, Store } from "../../../../src/spec/store.js";
import { ambitiousSetup } from "../../stores.js";

/** A store that is wrong in exactly one way. */
export interface StoreSaboteur {
  /** The clause that must fail on it. */
  readonly clause: string;
  /** What it does wrong, as a sentence. */
  readonly wrong: string;
  readonly setup: StoreConformanceSetup;
}

/** A saboteur whose handles are each wrapped by `spoil`. State shared by the handles of one case lives in the closure of `make`. */
export function saboteur(clause: string, wrong: string, make: () => (store: Store) => Store): StoreSaboteur {
  return saboteurOf(clause, wrong, (underTest) => {
    const spoil = make();
    const { another, reopen } = underTest;
    return {
      ...underTest,
      store: spoil(underTest.store),
      ...(another ? { another: async () => spoil(await another()) } : {}),
      ...(reopen ? { reopen: async () => spoil(await reopen()) } : {}),
    };
  });
}

/** A saboteur that spoils more than the handles. */
export const saboteurOf = (clause: string, wrong: string, change: (underTest: StoreUnderTest) => StoreUnderTest): StoreSaboteur => ({
  clause,
  wrong,
  setup: ambitiousSetup(change),
});

/** A store whose batches are changed before they are committed. */
export const rewriting =
  (rewrite: (batch: CommitBatch, store: Store) => CommitBatch | Promise<CommitBatch>) =>
  (store: Store): Store => ({ ...store, commit: async (batch, tx) => store.commit(await rewrite(batch, store), tx) });

/** Lets others take their turn: what a check and its write must not do between them. */
export async function turn(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await Promise.resolve();
}
