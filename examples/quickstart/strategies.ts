import { type Backend, type Policy, policies, type WorkloadInput } from "spillway";
import type { Sellers } from "./sellers.js";

/** A way to get frames rendered. */
export interface Strategy {
  readonly name: string;
  readonly backends: (sellers: Sellers) => readonly Backend[];
  readonly policy: Policy;
  readonly verification: NonNullable<WorkloadInput["verification"]>;
}

const { cheapest, compose, hybrid, penalty } = policies;

/** Frames are quick to try again. */
const patient = { retry: { maxFailures: 25, backoff: { initialMs: 50 } } };

/**
 * The least expected cost of a *right* frame, wherever that is, and as many equal results as it takes to believe one.
 *
 * @param missUsd what a frame that never comes is worth. The default of $10 would be out of all proportion to a frame.
 */
export const spillway = (missUsd: number): Strategy => ({
  name: "spillway, policy hybrid",
  backends: ({ flaky, steady, machine }) => [flaky, steady, machine],
  policy: compose(hybrid({ missUsd }), patient),
  verification: { kind: "quorum", maxErrorProbability: 0.003 },
});

/** What one writes on an afternoon: sort by price, take the first, and try again when it fails. */
export const cheapestFirst: Strategy = {
  name: "cheapest first, with retries",
  backends: ({ flaky, steady, machine }) => [flaky, steady, machine],
  policy: compose(cheapest(), patient, {
    name: "cheapest-first",
    // So large that nothing but the list price decides.
    penalties: [penalty("list-price", ({ offer }) => offer.price.usdPerHour * 1_000)],
  }),
  verification: "none",
};

/** No market at all. */
export const localOnly: Strategy = {
  name: "local only",
  backends: ({ machine }) => [machine],
  policy: hybrid(),
  verification: "none",
};
