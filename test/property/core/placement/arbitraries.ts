import type { BackendOffers, PlacementInput } from "../../../../src/core/placement/types.js";
import { TrustBook } from "../../../../src/core/trust/trust-book.js";
import type { Observation } from "../../../../src/model/observation.js";
import type { Offer, OperatorClass } from "../../../../src/model/offer.js";
import { SENSITIVITIES, type VerificationRequest, type Workload } from "../../../../src/model/workload.js";
import {
  cheapest,
  compliant,
  compose,
  decentralized,
  fastest,
  filter,
  hybrid,
  penalty,
  spotReplacement,
} from "../../../../src/policies/index.js";
import type { Policy } from "../../../../src/spec/policy.js";
import { fc } from "../../../support/property.js";
import { backendOf, capabilitiesOf, dataOf, HOUR_MS, inputOf, NOW_MS, offerOf, workloadOf } from "../../../unit/core/placement/fixtures.js";

const BACKENDS = ["alpha", "beta", "gamma"] as const;
const COUNTRIES = ["DE", "FR", "US", "JP", "CN", "NO"] as const;
const CERTIFICATIONS = ["iso27001", "soc2", "pci-dss", "dpf"] as const;
const AGREEMENTS = ["dpa", "baa"] as const;
const TEES = ["tdx", "sev-snp"] as const;
const OPERATORS: readonly OperatorClass[] = ["self", "single", "audited", "permissionless"];

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const some = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...items]);

/** Drops keys that are undefined, as `exactOptionalPropertyTypes` wants them. */
export function without<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Offers that differ in everything; ids are unique across backends. */
export const offersArbitrary = (most: number, least = 0): fc.Arbitrary<Offer[]> =>
  fc
    .array(offerArbitrary, { minLength: least, maxLength: most, size: "max" })
    .map((offers) => offers.map((offer, index) => ({ ...offer, id: `${offer.id}-${index}` })));

const offerArbitrary: fc.Arbitrary<Offer> = fc
  .record({
    backend: fc.constantFrom(...BACKENDS),
    operator: maybe(fc.constantFrom("ann", "bob", "cid")),
    node: maybe(fc.constantFrom("n1", "n2", "n3", "n4")),
    cpu: fc.constantFrom(1, 2, 4, 8),
    memoryMiB: fc.constantFrom(512, 2048, 8192),
    gpu: maybe(fc.constantFrom({ label: "NVIDIA L4", count: 1 }, { label: "RTX 4090", count: 2 })),
    usdPerHour: fc.double({ min: 0.01, max: 5, noNaN: true }),
    usdPerLaunch: maybe(fc.double({ min: 0, max: 0.2, noNaN: true })),
    egressUsdPerGB: maybe(fc.constantFrom(0.01, 0.09)),
    volatile: fc.boolean(),
    interruptible: fc.boolean(),
    operatorClass: fc.constantFrom(...OPERATORS),
    certifications: some(CERTIFICATIONS),
    agreements: some(AGREEMENTS),
    tee: some(TEES),
    country: maybe(fc.constantFrom(...COUNTRIES)),
    proof: fc.constantFrom("contract" as const, "audited" as const, "claimed" as const),
    setupMs: maybe(fc.integer({ min: 0, max: 600_000 })),
    hazardPerHour: maybe(fc.constantFrom(0, 0.001, 0.05, 0.5, 3)),
    speed: maybe(fc.double({ min: 0.3, max: 3, noNaN: true })),
    capacity: maybe(fc.constantFrom(0, 1, 5)),
    maxSensitivity: maybe(fc.constantFrom(...SENSITIVITIES)),
    expiresInMs: fc.constantFrom(-1_000, 60_000, HOUR_MS),
    prepaid: fc.boolean(),
  })
  .map((raw) =>
    offerOf("offer", {
      backend: raw.backend,
      binding: raw.volatile ? "indicative" : "firm",
      resources: { cpu: raw.cpu, memoryMiB: raw.memoryMiB, diskMiB: 10_000, ...without({ gpu: raw.gpu }) },
      price: {
        usdPerHour: raw.usdPerHour,
        ...without({ usdPerLaunch: raw.usdPerLaunch, egressUsdPerGB: raw.egressUsdPerGB }),
        ...(raw.volatile ? { settlement: { asset: "AKT", annualVolatility: 1.1, spread: 0.01 } } : {}),
      },
      interruptible: raw.interruptible,
      trust: { operator: raw.operatorClass, certifications: raw.certifications, agreements: raw.agreements, tee: raw.tee },
      place: { proof: raw.proof, ...without({ country: raw.country }) },
      expiresAtMs: NOW_MS + raw.expiresInMs,
      ...(raw.prepaid ? { billing: { granularityMs: HOUR_MS, minimumMs: HOUR_MS, prepaid: true, refund: "none" as const } } : {}),
      ...without({
        setupMs: raw.setupMs,
        hazardPerHour: raw.hazardPerHour,
        speed: raw.speed,
        capacity: raw.capacity,
        maxSensitivity: raw.maxSensitivity,
      }),
    }),
  )
  .chain((offer) =>
    fc
      .record({ operator: maybe(fc.constantFrom("ann", "bob", "cid")), node: maybe(fc.constantFrom("n1", "n2", "n3")) })
      .map(({ operator, node }) => {
        const { operator: _o, node: _n, ...rest } = offer;
        return { ...rest, ...without({ operator, node }) };
      }),
  );

const dataArbitrary: fc.Arbitrary<Workload["data"]> = fc
  .record({
    sensitivity: fc.oneof({ weight: 3, arbitrary: fc.constant("public" as const) }, fc.constantFrom(...SENSITIVITIES)),
    residency: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some(["DE", "EU", "EEA", "ADEQUATE", "US", "XX"])),
    certifications: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some(CERTIFICATIONS)),
    agreements: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some(AGREEMENTS)),
    tee: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some(TEES)),
    transferBasis: maybe(fc.constant("scc")),
  })
  .map((raw) => dataOf(raw.sensitivity, without(raw)));

export const workloadArbitrary: fc.Arbitrary<Workload> = fc
  .record({
    data: dataArbitrary,
    cpu: fc.constantFrom(0.5, 2, 4),
    memoryMiB: fc.constantFrom(256, 2048),
    gpu: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.constant({ models: ["l4"], count: 1 })),
    secrets: fc.boolean(),
    secretsTo: fc.constantFrom("trusted" as const, "any" as const),
    expectedDurationMs: fc.integer({ min: 1_000, max: 48 * HOUR_MS }),
    latency: fc.constantFrom("batch" as const, "interactive" as const),
    interruptible: fc.boolean(),
    checkpoint: maybe(fc.constant({ path: "/ck", costMs: 10_000, restoreMs: 30_000, sizeBytes: 1e8 })),
    valueAtRiskUsd: maybe(fc.constantFrom(1, 100)),
    outputs: fc.boolean(),
  })
  .map((raw) =>
    workloadOf({
      data: raw.data,
      resources: { cpu: raw.cpu, memoryMiB: raw.memoryMiB, diskMiB: 100, ...without({ gpu: raw.gpu }) },
      secrets: raw.secrets ? { TOKEN: "env:TOKEN" } : {},
      secretsTo: raw.secretsTo,
      expectedDurationMs: raw.expectedDurationMs,
      timeoutMs: raw.expectedDurationMs * 3,
      latency: raw.latency,
      interruptible: raw.interruptible,
      outputs: raw.outputs ? { "/out": { optional: false } } : {},
      ...without({ checkpoint: raw.checkpoint, valueAtRiskUsd: raw.valueAtRiskUsd }),
    }),
  );

const verificationArbitrary: fc.Arbitrary<VerificationRequest> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<VerificationRequest>({ kind: "none" }) },
  fc.constantFrom<VerificationRequest>(
    { kind: "quorum", maxErrorProbability: 0.001, maxReplicas: 7 },
    { kind: "quorum", maxErrorProbability: 0.05, maxReplicas: 3 },
  ),
);

export const policyArbitrary: fc.Arbitrary<Policy> = fc
  .record({
    base: fc.constantFrom(hybrid(), cheapest(), fastest(), compliant(), decentralized(), spotReplacement(), cheapest({ missUsd: 20 })),
    quantile: maybe(fc.constantFrom(0.3, 0.5, 0.8)),
    surcharge: maybe(fc.double({ min: 0, max: 2, noNaN: true })),
    mostUsdPerHour: maybe(fc.double({ min: 0.5, max: 5, noNaN: true })),
    ratio: fc.constantFrom(2, 20),
  })
  .map(({ base, quantile, surcharge, mostUsdPerHour, ratio }) =>
    compose(base, {
      maxBilledRatio: ratio,
      ...(quantile === undefined ? {} : { selection: { kind: "quantile" as const, quantile } }),
      ...(surcharge === undefined ? {} : { penalties: [penalty("not-alpha", ({ offer }) => (offer.backend === "alpha" ? 0 : surcharge))] }),
      ...(mostUsdPerHour === undefined
        ? {}
        : {
            filters: [
              filter("price", ({ offer }) => (offer.price.usdPerHour > mostUsdPerHour ? "dearer than the house limit" : undefined)),
            ],
          }),
    }),
  );

const observationArbitrary: fc.Arbitrary<Observation> = fc
  .record({
    backend: fc.constantFrom(...BACKENDS),
    operator: maybe(fc.constantFrom("ann", "bob")),
    node: maybe(fc.constantFrom("n1", "n2")),
    ageMs: fc.integer({ min: 0, max: 30 * 24 * HOUR_MS }),
    fact: fc.oneof(
      fc.record({ kind: fc.constant("launch" as const), ok: fc.boolean(), hours: fc.double({ min: 0, max: 0.3, noNaN: true }) }),
      fc.record({ kind: fc.constant("uptime" as const), hours: fc.double({ min: 0, max: 10, noNaN: true }), interrupted: fc.boolean() }),
      fc.record({ kind: fc.constant("success" as const), ok: fc.boolean() }),
      fc.record({ kind: fc.constant("speed" as const), logRatio: fc.double({ min: -1, max: 1, noNaN: true }) }),
      fc.record({ kind: fc.constant("check" as const), ok: fc.boolean() }),
    ),
  })
  .map(
    ({ backend, operator, node, ageMs, fact }) =>
      ({ who: { backend, ...without({ operator, node }) }, atMs: NOW_MS - ageMs, ...fact }) as Observation,
  );

export const trustArbitrary: fc.Arbitrary<TrustBook> = fc.array(observationArbitrary, { maxLength: 30 }).map((observations) => {
  const book = new TrustBook();
  for (const observation of observations) book.record(observation);
  return book;
});

/** `beta` moves files itself, `gamma` keeps short leases. The objects stay the same, as they do in life. */
const CAPABILITIES = BACKENDS.map((id) =>
  capabilitiesOf({
    ...(id === "beta" ? { staging: "native" as const } : {}),
    ...(id === "gamma" ? { lifetimeLimitMs: 100 * HOUR_MS } : {}),
    trust: { operators: OPERATORS, certifications: CERTIFICATIONS, agreements: AGREEMENTS, tee: TEES },
    countries: COUNTRIES,
  }),
);

/** Backends that hold the offers which name them. */
export function backendsOf(offers: readonly Offer[]): readonly BackendOffers[] {
  return BACKENDS.map((id, at) =>
    backendOf(
      id,
      offers.filter(({ backend }) => backend === id),
      { capabilities: CAPABILITIES[at] ?? capabilitiesOf() },
    ),
  );
}

/** A question in which most offers can be used, so that choosing is the difficulty: public data, roomy machines, enough money. */
export const easyInputArbitrary = (leastOffers: number, mostOffers: number): fc.Arbitrary<PlacementInput> =>
  fc.tuple(inputArbitrary(mostOffers, leastOffers), fc.infiniteStream(fc.nat({ max: 9 })), fc.boolean()).map(([input, dice, capped]) => {
    const offers = input.backends.flatMap(({ offers: all }) => all).map((offer) => (dice.next().value > 0 ? eased(offer) : offer));
    const { workload, available: _, ...rest } = input;
    return {
      ...rest,
      workload: {
        ...workload,
        data: dataOf("public"),
        secrets: {},
        interruptible: true,
        resources: { cpu: 1, memoryMiB: 256, diskMiB: 100 },
        timeoutMs: Math.min(workload.timeoutMs, 90 * HOUR_MS),
      },
      backends: backendsOf(offers),
      ...(capped ? { available: 20_000_000_000n } : {}),
    };
  });

function eased(offer: Offer): Offer {
  const { capacity: _c, maxSensitivity: _m, ...rest } = offer;
  return { ...rest, resources: { cpu: 8, memoryMiB: 8192, diskMiB: 10_000 }, expiresAtMs: NOW_MS + HOUR_MS };
}

/** A whole question over so many offers, in which everything may stand in the way. */
export const inputArbitrary = (mostOffers: number, leastOffers = 0): fc.Arbitrary<PlacementInput> =>
  fc
    .record({
      offers: offersArbitrary(mostOffers, leastOffers),
      workload: workloadArbitrary,
      policy: policyArbitrary,
      trust: trustArbitrary,
      verification: verificationArbitrary,
      deadlineInMs: maybe(fc.integer({ min: -HOUR_MS, max: 100 * HOUR_MS })),
      available: maybe(fc.bigInt({ min: 0n, max: 200_000_000_000n })),
      inputBytes: fc.constantFrom(0, 1e9, 4e10),
      egressByBackend: maybe(fc.constantFrom({ alpha: 0 }, { beta: 0.09, gamma: 0.001 })),
      workDoneShare: fc.constantFrom(0, 0, 0.5, 1),
      excluded: fc.boolean(),
      distinct: fc.constantFrom("none" as const, "operator" as const, "node" as const),
      failures: fc.integer({ min: 0, max: 4 }),
      seed: fc.string({ maxLength: 8 }),
    })
    .map((raw) =>
      inputOf([], {
        workload: raw.workload,
        policy: raw.policy,
        backends: backendsOf(raw.offers),
        trust: raw.trust,
        verification: raw.verification,
        data: {
          inputBytes: raw.inputBytes,
          outputBytes: raw.inputBytes / 10,
          inputEgressUsdPerGB: 0.02,
          ...without({ inputEgressByBackend: raw.egressByBackend }),
        },
        workDoneMs: raw.workDoneShare * raw.workload.expectedDurationMs,
        exclusions: {
          nodes: raw.excluded ? ["alpha/n1"] : [],
          operators: [],
          providers: [],
          backends: [],
          offers: raw.excluded ? ["beta/offer-0"] : [],
        },
        siblings: { distinct: raw.distinct, nodes: [{ backend: "alpha", operator: "bob", node: "n2" }, { backend: "beta" }] },
        failures: raw.failures,
        seed: raw.seed,
        ...(raw.deadlineInMs === undefined ? {} : { deadlineAtMs: NOW_MS + raw.deadlineInMs }),
        ...(raw.available === undefined ? {} : { available: raw.available }),
      }),
    );
