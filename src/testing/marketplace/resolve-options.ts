import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Billing } from "../../model/offer.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Range } from "../range.js";
import type { MarketplaceFaults, MarketplaceOptions, ProviderSpec } from "./options.js";

const SHARES = [
  "slowStartShare",
  "neverStartShare",
  "failedStartShare",
  "silentDeathShare",
  "wrongShare",
  "busyShare",
] as const satisfies readonly (keyof ProviderSpec)[];
const POSITIVE = ["speed", "claimedSpeed", "usdPerHour"] as const satisfies readonly (keyof ProviderSpec)[];
const NOT_NEGATIVE = [
  "startMs",
  "hazardPerHour",
  "claimedHazardPerHour",
  "downMs",
  "silentMs",
  "reclaimsPerHour",
  "usdPerLaunch",
  "egressUsdPerGB",
] as const satisfies readonly (keyof ProviderSpec)[];
const FAULT_SHARES = ["unknownShare", "lyingStatusShare", "priceMoveShare"] as const satisfies readonly (keyof MarketplaceFaults)[];

/** Options with every default filled in. */
export interface ResolvedMarketplace {
  readonly options: MarketplaceOptions;
  readonly seed: string;
  readonly id: string;
  readonly kind: string;
  readonly binding: "firm" | "indicative";
  readonly bidWindowMs: number;
  readonly bidShare: number;
  readonly offersTtlMs: number;
  readonly billing: Billing;
  readonly visibilityMs: number;
  readonly enforcesLifetime: boolean;
  readonly faults: MarketplaceFaults;
  readonly capabilities: Capabilities;
}

/** Checks options and fills defaults in. @throws INVALID_CONFIG naming the option. */
export function resolveOptions(options: MarketplaceOptions): ResolvedMarketplace {
  if (options.providers.length === 0) throw invalid("providers", "needs at least one provider");
  const names = new Set<string>();
  for (const [index, provider] of options.providers.entries()) {
    checkProvider(provider, `providers[${index}]`);
    if (names.has(provider.name)) throw invalid(`providers[${index}].name`, "must differ from the names of the other providers");
    names.add(provider.name);
  }
  const faults = options.faults ?? {};
  for (const name of FAULT_SHARES) checkRange(faults[name], `faults.${name}`, 0, 1);
  checkRange(options.restartAfterMs, "restartAfterMs", 0, Number.MAX_VALUE);
  if (options.staging === "wrapper" && options.execute !== "process") {
    throw invalid("staging", 'can be "wrapper" only with `execute: "process"`: nothing but a real process can move files');
  }
  checkRange(options.bidShare, "bidShare", 0, 1);
  const billing: Billing = { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "none", ...options.billing };
  checkRange(billing.granularityMs, "billing.granularityMs", 1, Number.MAX_SAFE_INTEGER);
  const kind = options.kind ?? "marketplace";
  const resolved = {
    options,
    seed: options.seed ?? "0",
    id: options.id ?? kind,
    kind,
    binding: options.binding ?? "firm",
    bidWindowMs: options.bidWindowMs ?? 3_000,
    bidShare: options.bidShare ?? 0.8,
    offersTtlMs: options.offersTtlMs ?? 60_000,
    billing,
    visibilityMs: options.visibilityMs ?? 0,
    enforcesLifetime: options.enforcesLifetime ?? true,
    faults,
  } as const;
  return { ...resolved, capabilities: capabilitiesOf(resolved) };
}

function capabilitiesOf(market: Omit<ResolvedMarketplace, "capabilities">): Capabilities {
  const { options } = market;
  const trusts = options.providers.map((provider) => provider.trust);
  const all = (name: "certifications" | "agreements" | "tee"): string[] => [...new Set(trusts.flatMap((trust) => trust?.[name] ?? []))];
  return {
    paid: false,
    simulated: true,
    images: options.execute === "process" ? "none" : "optional",
    exitCode: options.staging !== "wrapper",
    staging: options.staging ?? "native",
    logs: true,
    reuse: options.staging !== "wrapper",
    affinity: options.execute === "process" ? "process" : "any",
    inspect: { mode: "ids", max: 100 },
    pollMs: { least: 1_000, most: 30_000 },
    visibilityMs: market.visibilityMs,
    bindMs: 30_000 + (market.binding === "indicative" ? market.bidWindowMs : 0),
    provisionMs: 120_000,
    billing: market.billing,
    charges: "reported",
    enforcesLifetime: market.enforcesLifetime,
    trust: {
      operators: [...new Set(trusts.map((trust) => trust?.operator ?? "permissionless"))],
      certifications: all("certifications"),
      agreements: all("agreements"),
      tee: all("tee"),
    },
    countries: countriesOf(options.providers),
    limits: { concurrency: 64, callsPerSecond: 1_000 },
    offersTtlMs: market.offersTtlMs,
    ...options.capabilities,
  };
}

/** Countries with a proof; a merely claimed place may be anywhere. */
function countriesOf(providers: readonly ProviderSpec[]): readonly string[] | "any" {
  const countries = new Set<string>();
  for (const { place } of providers) {
    const places = place === undefined ? [] : "proof" in place ? [place] : place;
    if (places.length === 0) return "any";
    for (const one of places) {
      if (one.proof === "claimed" || one.country === undefined) return "any";
      countries.add(one.country);
    }
  }
  return [...countries];
}

function checkProvider(provider: ProviderSpec, path: string): void {
  if (!/^[a-z][a-z0-9-]*$/.test(provider.name))
    throw invalid(`${path}.name`, "must be lower-case letters, digits and dashes, beginning with a letter");
  checkRange(provider.nodes, `${path}.nodes`, 1, 1_000_000);
  checkRange(provider.capacity, `${path}.capacity`, 1, 1_000_000);
  for (const name of SHARES) checkRange(provider[name], `${path}.${name}`, 0, 1);
  for (const name of POSITIVE) checkRange(provider[name], `${path}.${name}`, Number.MIN_VALUE, Number.MAX_VALUE);
  for (const name of NOT_NEGATIVE) checkRange(provider[name], `${path}.${name}`, 0, Number.MAX_VALUE);
}

function checkRange(range: Range | undefined, path: string, least: number, most: number): void {
  if (range === undefined) return;
  const [low, high] = typeof range === "number" ? [range, range] : range;
  if (low >= least && high <= most && low <= high) return;
  const wanted = most >= Number.MAX_SAFE_INTEGER ? `>= ${least === Number.MIN_VALUE ? "0, without 0" : least}` : `from ${least} to ${most}`;
  throw invalid(path, `must be a number ${wanted}, or [least, most] of such numbers`);
}

function invalid(field: string, problem: string): SchedulerError {
  return new SchedulerError("INVALID_CONFIG", `The simulated marketplace's option ${field} ${problem}.`, { details: { field } });
}
