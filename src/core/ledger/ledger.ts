import { maxNano, minNano, type NanoUsd } from "../../model/money.js";
import type { Balance, LedgerEntry } from "../../spec/store.js";

/** An account that pays, and its cap. The run, its group, the tenant and the scheduler's budget window are such accounts. */
export interface CappedAccount {
  readonly account: string;
  /** Absent: unlimited. */
  readonly limit?: NanoUsd;
}

/** Entries that reserve `amount` in every account before a bind. Checked against every limit when committed. An account named twice pays once. */
export function holdEntries(accounts: readonly CappedAccount[], amount: NanoUsd): readonly LedgerEntry[] {
  return distinct(accounts).map(({ account, limit }) => ({ account, held: amount, spent: 0n, ...(limit === undefined ? {} : { limit }) }));
}

/**
 * Entries that end a hold and book what was charged in its place. They carry no limit: the money is gone, and a charge above
 * the hold (what a backend bills after it was told to stop) has to be booked like any other.
 */
export function settleEntries(accounts: readonly CappedAccount[], hold: NanoUsd, charge: NanoUsd): readonly LedgerEntry[] {
  return distinct(accounts).map(({ account }) => ({ account, held: -hold, spent: charge }));
}

/** What may still be reserved: the limit less holds and charges, never below 0. Without a limit: undefined. */
export function available(balance: Pick<Balance, "held" | "spent">, limit: NanoUsd | undefined): NanoUsd | undefined {
  return limit === undefined ? undefined : maxNano(0n, limit - balance.held - balance.spent);
}

/** What may still be reserved over all accounts: the least of them. Unknown balances are zero. Undefined: unlimited. */
export function availableOver(accounts: readonly CappedAccount[], balances: readonly Balance[]): NanoUsd | undefined {
  const byAccount = new Map(balances.map((balance) => [balance.account, balance]));
  let least: NanoUsd | undefined;
  for (const { account, limit } of accounts) {
    const left = available(byAccount.get(account) ?? { held: 0n, spent: 0n }, limit);
    if (left !== undefined) least = least === undefined ? left : minNano(least, left);
  }
  return least;
}

/** Balances after entries; what stores do, as a pure function. Unknown accounts begin at zero. */
export function applyEntries(balances: readonly Balance[], entries: readonly LedgerEntry[]): readonly Balance[] {
  const byAccount = new Map(balances.map((balance) => [balance.account, balance]));
  for (const { account, held, spent } of entries) {
    const before = byAccount.get(account) ?? { account, held: 0n, spent: 0n };
    byAccount.set(account, { account, held: before.held + held, spent: before.spent + spent });
  }
  return [...byAccount.values()];
}

/** First account whose limit an entry would pass, as every store has to refuse it: `held + spent` above `limit`, unless the entry lowers it. */
export function refusedEntry(balances: readonly Balance[], entries: readonly LedgerEntry[]): LedgerEntry | undefined {
  const after = new Map(applyEntries(balances, entries).map((balance) => [balance.account, balance]));
  return entries.find(({ account, limit, held, spent }) => {
    const balance = after.get(account);
    return limit !== undefined && balance !== undefined && held + spent > 0n && balance.held + balance.spent > limit;
  });
}

function distinct(accounts: readonly CappedAccount[]): readonly CappedAccount[] {
  const byAccount = new Map<string, CappedAccount>();
  for (const entry of accounts) if (!byAccount.has(entry.account)) byAccount.set(entry.account, entry);
  return [...byAccount.values()];
}
