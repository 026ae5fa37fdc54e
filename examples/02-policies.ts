/**
 * One workload, four policies, four decisions. Nothing is started: `plan` asks the production decision what it would do. The
 * markets and the cloud are simulated.
 *
 *     npx tsx examples/02-policies.ts
 */
import { formatUsd, type Policy, policies, Scheduler } from "spillway";
import { flakyMarket, marketplace, type ProviderSpec, steadyMarket } from "spillway/testing";

/** Four times as fast as anybody else, and four times as dear as the next. */
const cloud: ProviderSpec = {
  name: "cloud",
  capacity: 50,
  usdPerHour: 0.8,
  speed: 4,
  startMs: 15_000,
  place: { country: "DE", proof: "contract" },
  trust: { operator: "single" },
};

const workload = {
  kind: "batch",
  name: "transcode",
  command: ["transcode", "film.mkv"],
  resources: { cpu: 2, memory: "4GiB" },
  data: "public",
  expectedDuration: "2h",
  deadline: "12h",
  maxCost: "$10",
} as const;

const contenders: readonly Policy[] = [
  policies.hybrid(),
  policies.cheapest(),
  policies.fastest(),
  policies.compliant({ countries: ["US"] }),
];

for (const policy of contenders) {
  const markets = [marketplace(flakyMarket()), marketplace(steadyMarket()), marketplace({ id: "cloud", providers: [cloud] })];
  const scheduler = new Scheduler({ backends: markets, policy });
  const plan = await scheduler.plan(workload);
  const spend = `${formatUsd(plan.expectedUsd)} expected, ${formatUsd(plan.worstCaseUsd)} at most`;
  console.log(`== ${policy.name}: ${plan.chosen?.backend}/${plan.chosen?.offerId}, ${spend}\n\n${plan.explain()}\n`);
  await scheduler.close();
}
