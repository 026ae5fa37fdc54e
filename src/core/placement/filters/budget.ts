import { formatUsd, type NanoUsd, nanoUsd, toUsd } from "../../../model/money.js";
import { type Denial, denial } from "./denial.js";

/** What has to be reserved must fit into what is available. Exact: the reservation is rounded up to a nano-dollar. */
export function fitsBudget(worstCaseUsd: number, available: NanoUsd | undefined): Denial | undefined {
  if (available === undefined || isWithin(worstCaseUsd, available)) return undefined;
  return denial(
    "over-budget",
    `${formatUsd(worstCaseUsd)} would have to be reserved for the worst case; ${formatUsd(available)} are available`,
  );
}

function isWithin(worstCaseUsd: number, available: NanoUsd): boolean {
  // Far from the limit the comparison of floating-point numbers is safe, and several times cheaper.
  const difference = toUsd(available) - worstCaseUsd;
  const doubt = 1e-6 + 1e-9 * worstCaseUsd;
  if (difference > doubt) return true;
  if (!(difference > -doubt)) return false;
  return nanoUsd(worstCaseUsd, "up") <= available;
}

/** The available money as a number that is never more than the exact amount, for solving for a price that fits. */
export const availableUsdAtMost = (available: NanoUsd): number => Math.max(0, toUsd(available) * (1 - 1e-12) - 2e-9);
