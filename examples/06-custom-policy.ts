/**
 * A policy of one's own: the default one, with a rule that keeps places out and two that make places dearer. The markets are
 * simulated, and nothing is started.
 *
 *     npx tsx examples/06-custom-policy.ts
 */
import { policies, Scheduler } from "spillway";
import { flakyMarket, marketplace, type ProviderSpec, steadyMarket } from "spillway/testing";

const { compose, filter, hybrid, penalty } = policies;

/** Hard: what we promised our customers. Answers why an offer is out. */
const notInVietnam = filter("customer-promise", ({ offer }) =>
  offer.place.country === "VN" ? "our contracts exclude Vietnam" : undefined,
);

/** Soft: support answers at night only for Europe. Two cents are what that is worth to us. */
const awake = penalty("time-zone", ({ offer }) => (["DE", "RO"].includes(offer.place.country ?? "") ? 0 : 0.02));

/** Soft: work at strangers' takes an hour of an engineer at $60 once in 600 runs. */
const attention = penalty("strangers", ({ offer }) => (offer.trust.operator === "permissionless" ? 60 / 600 : 0));

const acme = compose(hybrid(), {
  name: "acme",
  filters: [notInVietnam],
  penalties: [awake, attention],
  retry: { maxFailures: 6 },
});

/** A German company, as dear as the steady market. */
const german: ProviderSpec = {
  name: "rhine",
  nodes: 4,
  operators: 1,
  usdPerHour: 0.2,
  startMs: 30_000,
  trust: { operator: "single" },
  place: { country: "DE", proof: "contract" },
};

for (const policy of [hybrid(), acme]) {
  const scheduler = new Scheduler({
    backends: [marketplace(flakyMarket()), marketplace(steadyMarket()), marketplace({ id: "german-market", providers: [german] })],
    policy,
  });
  const plan = await scheduler.plan({ command: ["encode"], data: "public", expectedDuration: "20m", maxCost: "$1" });
  console.log(`${plan.explain()}\n`);
  await scheduler.close();
}
