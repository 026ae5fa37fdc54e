import type { LedgerEntry } from "../../../spec/store.js";
import type { StoreClause } from "./clause-type.js";

const entry = (held: bigint, spent: bigint, limit?: bigint, account = "budget"): LedgerEntry => ({
  account,
  held,
  spent,
  ...(limit === undefined ? {} : { limit }),
});

export const ledgerClauses: readonly StoreClause[] = [
  {
    id: "store/ledger/stops-at-the-limit",
    rule: "Held and spent money together reach the limit exactly and never pass it; the refusal says what is left.",
    run: async (trial) => {
      await trial.accepted({ ledger: [entry(40n, 30n, 100n)] });
      const refusal = await trial.refused({ ledger: [entry(31n, 0n, 100n)] }, "ledger");
      trial.expect([refusal.account, refusal.available], "the refusal").toEqual(["budget", 30n]);
      await trial.refused({ ledger: [entry(0n, 31n, 100n)] }, "ledger");
      await trial.accepted({ ledger: [entry(30n, 0n, 100n)] });
      trial.expect((await trial.refused({ ledger: [entry(1n, 0n, 50n)] }, "ledger")).available, "left above the limit").toBe(0n);
      trial.expect(await trial.balance("budget"), "the balance").toEqual({ account: "budget", held: 70n, spent: 30n });
    },
  },
  {
    id: "store/ledger/lowering-is-never-refused",
    rule: "An entry that does not raise the sum is accepted even above the limit: a settlement must always go through.",
    run: async (trial) => {
      await trial.accepted({ ledger: [entry(90n, 0n)] });
      await trial.accepted({ ledger: [entry(-50n, 20n, 10n)] });
      await trial.accepted({ ledger: [entry(-10n, 10n, 10n)] });
      trial.expect(await trial.balance("budget"), "the balance").toEqual({ account: "budget", held: 30n, spent: 30n });
    },
  },
  {
    id: "store/ledger/no-limit-no-bound",
    rule: "Without a limit nothing is refused, and amounts beyond 2^53 stay exact.",
    run: async (trial) => {
      const huge = 2n ** 62n;
      await trial.accepted({ ledger: [entry(huge, 1n)] });
      await trial.accepted({ ledger: [entry(1n, 0n)] });
      trial.expect(await trial.balance("budget"), "the balance").toEqual({ account: "budget", held: huge + 1n, spent: 1n });
    },
  },
  {
    id: "store/ledger/entries-count-in-order",
    rule: "Entries of one batch count one on top of the other, account by account.",
    run: async (trial) => {
      await trial.refused({ ledger: [entry(6n, 0n, 10n), entry(6n, 0n, 10n)] }, "ledger");
      await trial.accepted({ ledger: [entry(6n, 0n, 10n), entry(-6n, 0n, 10n), entry(10n, 0n, 10n), entry(10n, 0n, 10n, "other")] });
      trial.expect([(await trial.balance("budget")).held, (await trial.balance("other")).held], "held").toEqual([10n, 10n]);
    },
  },
  {
    id: "store/ledger/two-reservations-do-not-both-fit",
    rule: "Of two reservations at the same time that fit alone but not together, exactly one is accepted.",
    run: async (trial) => {
      const stores = [trial.store, await trial.another()];
      const results = await Promise.all(stores.map((store) => trial.commit({ ledger: [entry(60n, 0n, 100n)] }, { store })));
      trial.expect(results.filter(({ ok }) => ok).length, "accepted reservations").toBe(1);
      trial.expect((await trial.balance("budget")).held, "held").toBe(60n);
    },
  },
  {
    id: "store/ledger/unknown-accounts-are-zero",
    rule: "Balances come in the order asked, and unknown accounts are zero.",
    run: async (trial) => {
      await trial.accepted({ ledger: [entry(3n, 4n)] });
      trial.expect(await trial.store.balances(["never-used", "budget"]), "the balances").toEqual([
        { account: "never-used", held: 0n, spent: 0n },
        { account: "budget", held: 3n, spent: 4n },
      ]);
    },
  },
];
