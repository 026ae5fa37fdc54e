import type { Placement } from "../../spec/launch.js";
import { rentSecondsFor } from "./demand.js";
import { glmPerHour, type OfferFacts } from "./offer-properties.js";
import type { ResolvedOptions } from "./options.js";
import type { BillCeiling } from "./worker/messages.js";

const HOUR_MS = 3_600_000;
/** Prices from another minute differ in the last digits. */
const ROUNDING = 1e-6;

/** Time that a bill may claim beyond what has passed here: clocks differ, and notes take their time. */
export const BILL_SLACK_SECONDS = 30;

/** What may be agreed upon at most. */
export interface Terms {
  readonly rentSeconds: number;
  readonly lifetimeHours: number;
  /** With all threads busy. */
  readonly glmPerHour: number;
  /** For the whole rent, start included: what is set aside. */
  readonly totalGlm: number;
}

type TermOptions = Pick<ResolvedOptions, "leastRentMs" | "rentMarginMs" | "mostStartGlm" | "billTolerance">;

/** The placement's cap at the price of now. */
export function termsOf(
  { launch, priceCapUsdPerHour }: Pick<Placement, "launch" | "priceCapUsdPerHour">,
  usdPerGlm: number,
  options: TermOptions,
): Terms {
  const rentSeconds = rentSecondsFor(launch.maxLifetimeMs, options);
  const perHour = (priceCapUsdPerHour / usdPerGlm) * (1 + ROUNDING);
  return {
    rentSeconds,
    lifetimeHours: launch.maxLifetimeMs / HOUR_MS,
    glmPerHour: perHour,
    totalGlm: (options.mostStartGlm + (perHour * rentSeconds) / 3_600) * (1 + options.billTolerance),
  };
}

/** What the bills may come to: the agreed price for the whole lifetime, which is what is held in reserve. */
export const ceilingOf = (facts: OfferFacts, lifetimeHours: number, options: Pick<ResolvedOptions, "billTolerance">): BillCeiling => ({
  totalGlm: facts.startGlm + glmPerHour(facts) * lifetimeHours,
  slackSeconds: BILL_SLACK_SECONDS,
  tolerance: options.billTolerance,
});
