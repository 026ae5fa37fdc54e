import { describe, expect, it } from "vitest";
import { applyEntries, available, availableOver, holdEntries, refusedEntry, settleEntries } from "../../../../src/core/ledger/ledger.js";

const accounts = [{ account: "run", limit: 100n }, { account: "budget", limit: 1_000n }, { account: "tenant" }];

describe("ledger", () => {
  it("holds in every account, with its limit", () => {
    expect(holdEntries(accounts, 40n)).toEqual([
      { account: "run", held: 40n, spent: 0n, limit: 100n },
      { account: "budget", held: 40n, spent: 0n, limit: 1_000n },
      { account: "tenant", held: 40n, spent: 0n },
    ]);
  });

  it("settles without a limit: what was charged has to be booked", () => {
    expect(settleEntries(accounts, 40n, 55n)).toEqual(["run", "budget", "tenant"].map((account) => ({ account, held: -40n, spent: 55n })));
  });

  it("lets an account that is named twice pay once", () => {
    expect(holdEntries([{ account: "run" }, { account: "run" }], 5n)).toHaveLength(1);
    expect(settleEntries([{ account: "run" }, { account: "run" }], 5n, 1n)).toHaveLength(1);
  });

  it("says what may still be reserved, never less than nothing", () => {
    expect(available({ held: 30n, spent: 20n }, 100n)).toBe(50n);
    expect(available({ held: 0n, spent: 120n }, 100n)).toBe(0n);
    expect(available({ held: 0n, spent: 120n }, undefined)).toBeUndefined();
    const balances = [{ account: "budget", held: 900n, spent: 70n }];
    expect(availableOver(accounts, balances)).toBe(30n);
    expect(availableOver(accounts, [])).toBe(100n);
    expect(availableOver([{ account: "tenant" }], balances)).toBeUndefined();
  });

  it("refuses what would pass a limit, to the last unit, and never what lowers", () => {
    const balances = [{ account: "run", held: 60n, spent: 0n }];
    expect(refusedEntry(balances, holdEntries(accounts, 40n))).toBeUndefined();
    expect(refusedEntry(balances, holdEntries(accounts, 41n))?.account).toBe("run");
    const over = [{ account: "run", held: 60n, spent: 90n }];
    expect(refusedEntry(over, [{ account: "run", held: -10n, spent: 5n, limit: 100n }])).toBeUndefined();
  });

  it("starts unknown accounts at zero", () => {
    expect(applyEntries([], holdEntries([{ account: "new" }], 3n))).toEqual([{ account: "new", held: 3n, spent: 0n }]);
  });
});
