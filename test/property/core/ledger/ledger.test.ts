import { describe, expect, it } from "vitest";
import {
  applyEntries,
  available,
  type CappedAccount,
  holdEntries,
  refusedEntry,
  settleEntries,
} from "../../../../src/core/ledger/ledger.js";
import { minNano } from "../../../../src/model/money.js";
import type { Balance } from "../../../../src/spec/store.js";
import { fc } from "../../../support/property.js";

const money = fc.bigInt({ min: 0n, max: 10n ** 15n });
const accounts: fc.Arbitrary<CappedAccount[]> = fc.uniqueArray(
  fc.record({ account: fc.constantFrom("run", "group", "tenant", "budget"), limit: money }, { requiredKeys: ["account"] }),
  {
    selector: ({ account }) => account,
    minLength: 1,
  },
);
const leases = fc.array(fc.record({ hold: money, charge: money }), { maxLength: 20 });

const balanceOf = (balances: readonly Balance[], account: string): Balance =>
  balances.find((balance) => balance.account === account) ?? { account, held: 0n, spent: 0n };

describe("ledger", () => {
  it("holds and settlements sum to zero held and to exactly what was charged, whatever the order", () => {
    const orders = fc.tuple(accounts, leases).chain(([of, rows]) => {
      const settlements = rows.map(({ hold, charge }) => settleEntries(of, hold, charge));
      return fc.tuple(fc.constant(of), fc.constant(rows), fc.shuffledSubarray(settlements, { minLength: settlements.length }));
    });
    fc.assert(
      fc.property(orders, ([of, rows, settlements]) => {
        let balances: readonly Balance[] = [];
        for (const { hold } of rows) balances = applyEntries(balances, holdEntries(of, hold));
        for (const entries of settlements) balances = applyEntries(balances, entries);
        for (const { account } of of) {
          expect(balanceOf(balances, account).held).toBe(0n);
          expect(balanceOf(balances, account).spent).toBe(rows.reduce((sum, { charge }) => sum + charge, 0n));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("what is refused would pass a limit, and what passes keeps every balance within its limit", () => {
    fc.assert(
      fc.property(accounts, leases, (of, rows) => {
        let balances: readonly Balance[] = [];
        for (const { hold, charge } of rows) {
          const entries = holdEntries(of, hold);
          const fits = of.every(({ account, limit }) => {
            const left = available(balanceOf(balances, account), limit);
            return left === undefined || hold <= left || hold === 0n;
          });
          expect(refusedEntry(balances, entries) === undefined).toBe(fits);
          if (!fits) continue;
          balances = applyEntries(balances, entries);
          // Charges within the hold never lead past a limit.
          balances = applyEntries(balances, settleEntries(of, hold, minNano(charge, hold)));
          for (const { account, limit } of of) {
            const { held, spent } = balanceOf(balances, account);
            expect(held).toBe(0n);
            if (limit !== undefined) expect(spent <= limit).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
