import { type Budget, budgetWindow } from "../model/budget.js";
import { minNano, type NanoUsd } from "../model/money.js";
import type { GroupRow, RunRow } from "../model/run.js";
import type { Store } from "../spec/store.js";

/** An account that a hold is taken from, and its cap. */
export interface CappedAccount {
  readonly account: string;
  readonly limit: NanoUsd;
  /** When a windowed budget starts afresh. */
  readonly endsAtMs?: number;
}

/** Every cap that applies to a run: its own, its group's, the scheduler's. */
export function accountsOf(
  run: RunRow,
  group: Pick<GroupRow, "id" | "maxCost"> | undefined,
  budget: Budget | undefined,
  nowMs: number,
): readonly CappedAccount[] {
  const accounts: CappedAccount[] = [];
  if (run.workload.maxCost !== undefined) accounts.push({ account: `run/${run.id}`, limit: run.workload.maxCost });
  if (group?.maxCost !== undefined) accounts.push({ account: `group/${group.id}`, limit: group.maxCost });
  if (budget !== undefined) {
    const window = budgetWindow(budget, nowMs);
    accounts.push({
      account: window.account,
      limit: budget.amount,
      ...(window.endsAtMs === undefined ? {} : { endsAtMs: window.endsAtMs }),
    });
  }
  return accounts;
}

export interface Room {
  /** Can be held now. */
  readonly now: NanoUsd;
  /** Could be held if every present hold were refunded completely. */
  readonly afterRefunds: NanoUsd;
  /** When the account that is shortest starts afresh. */
  readonly renewsAtMs?: number;
}

/** What is left under all caps; `undefined` without any. */
export async function roomUnder(accounts: readonly CappedAccount[], store: Store): Promise<Room | undefined> {
  if (accounts.length === 0) return undefined;
  const balances = new Map((await store.balances(accounts.map(({ account }) => account))).map((balance) => [balance.account, balance]));
  let now: NanoUsd | undefined;
  let afterRefunds: NanoUsd | undefined;
  let renewsAtMs: number | undefined;
  for (const { account, limit, endsAtMs } of accounts) {
    const { held, spent } = balances.get(account) ?? { held: 0n, spent: 0n };
    const free = floor(limit - held - spent);
    const unspent = floor(limit - spent);
    if (now === undefined || free < now) renewsAtMs = endsAtMs;
    now = now === undefined ? free : minNano(now, free);
    afterRefunds = afterRefunds === undefined ? unspent : minNano(afterRefunds, unspent);
  }
  return { now: now ?? 0n, afterRefunds: afterRefunds ?? 0n, ...(renewsAtMs === undefined ? {} : { renewsAtMs }) };
}

const floor = (amount: NanoUsd): NanoUsd => (amount < 0n ? 0n : amount);
