import { leaseRow, runRow } from "../rows.js";
import type { StoreClause } from "./clause-type.js";

const clauses: readonly StoreClause[] = [
  {
    id: "store/transactions/visible-when-committed",
    rule: "What is committed within the caller's transaction is seen by others once the caller commits, and not before.",
    run: async (trial) => {
      const transaction = await trial.begin();
      const other = await trial.another();
      await trial.accepted({ runs: [runRow("r1")], leases: [leaseRow("r1")] }, { tx: transaction.tx });
      trial.expect(await other.load(["r1"]), "what others see before").toEqual([]);
      await transaction.commit();
      trial.expect((await other.load(["r1"])).length, "runs that others see afterwards").toBe(1);
    },
  },
  {
    id: "store/transactions/gone-when-rolled-back",
    rule: "What is committed within a transaction that is rolled back never was.",
    run: async (trial) => {
      const transaction = await trial.begin();
      const keys = [{ key: "nightly", digest: "d", runId: "r1" }];
      await trial.accepted({ runs: [runRow("r1")], keys, ledger: [{ account: "budget", held: 1n, spent: 0n }] }, { tx: transaction.tx });
      await transaction.rollback();
      trial.expect(await trial.store.load(["r1"]), "the run").toEqual([]);
      trial.expect(await trial.store.findKey("nightly"), "the key").toBe(undefined);
      trial.expect((await trial.balance("budget")).held, "held").toBe(0n);
    },
  },
  {
    id: "store/transactions/refusals-are-answers",
    rule: "A batch that is refused within a transaction is answered like any other and leaves the transaction usable.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")] });
      const transaction = await trial.begin();
      const refusal = await trial.commit({ runs: [runRow("r1")] }, { tx: transaction.tx });
      trial.expect(refusal, "the refusal").toEqual({ ok: false, refused: "version", id: "r1" });
      await trial.accepted({ runs: [runRow("r2")] }, { tx: transaction.tx });
      await transaction.commit();
      trial.expect((await trial.store.load(["r2"])).length, "runs written after the refusal").toBe(1);
    },
  },
];

/** Of stores alone that take a caller's transaction. */
export const transactionClauses: readonly StoreClause[] = clauses.map((clause) => ({
  ...clause,
  proves: "transactions",
  inapplicable: ({ transactions }) => (transactions ? undefined : "The store does not take a caller's transaction."),
}));
