import type { Billing } from "../../model/offer.js";
import { billedHoursOf } from "./billing.js";

/** What bounds the bill of one placement. Hours, USD, GB; everything optional defaults to 0. */
export interface WorstCaseInput {
  readonly usdPerHour: number;
  /** The lease is over this long after bind, whatever happens. */
  readonly maxLifetimeHours: number;
  /** Absent: billed exactly as used. */
  readonly billing?: Billing;
  readonly usdPerLaunch?: number;
  /** Relative spread of paying. */
  readonly spread?: number;
  readonly inputGB?: number;
  readonly inputUsdPerGB?: number;
  readonly outputGB?: number;
  readonly outputUsdPerGB?: number;
  readonly checkpointGB?: number;
  readonly checkpointUsdPerGB?: number;
  /** Widening for a bill in a token whose dollar value moves (`capMultiplier` of volatility.ts). Default 1. */
  readonly capMultiplier?: number;
}

/**
 * The most that one placement may cost: what has to be reserved before bind. Everything that a seller bills for the whole
 * lifetime of the lease, rounded as he rounds, plus all data moved once. Never less than the expected cost of one launch.
 */
export function worstCaseUsd(input: WorstCaseInput): number {
  const { billing, maxLifetimeHours } = input;
  const hours = billing === undefined ? maxLifetimeHours : billedHoursOf(maxLifetimeHours, billing);
  const sold = (input.usdPerHour * hours + (input.usdPerLaunch ?? 0)) * (1 + (input.spread ?? 0)) * Math.max(1, input.capMultiplier ?? 1);
  return (
    sold +
    (input.inputGB ?? 0) * (input.inputUsdPerGB ?? 0) +
    (input.outputGB ?? 0) * (input.outputUsdPerGB ?? 0) +
    (input.checkpointGB ?? 0) * (input.checkpointUsdPerGB ?? 0)
  );
}
