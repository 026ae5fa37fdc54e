import { describe, expect, it } from "vitest";
import type { EstimatePrior, NodeEstimate } from "../../../../src/core/trust/estimate.js";
import { TrustBook } from "../../../../src/core/trust/trust-book.js";
import type { Observation } from "../../../../src/model/observation.js";
import type { NodeIdentity } from "../../../../src/model/offer.js";
import { fc } from "../../../support/property.js";

const DAY = 86_400_000;
const NOW = 500 * DAY;

const name = fc.constantFrom("a", "b", "c");
const identities: fc.Arbitrary<NodeIdentity> = fc.record(
  { backend: name, provider: name, operator: name, node: name },
  { requiredKeys: ["backend"] },
);
const base = { who: identities, atMs: fc.integer({ min: NOW - 60 * DAY, max: NOW }), gpu: fc.constantFrom("a100", "t4") };

const observations: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ ...base, kind: fc.constant("success" as const), ok: fc.boolean() }),
  fc.record({ ...base, kind: fc.constant("check" as const), ok: fc.boolean() }),
  fc.record({ ...base, kind: fc.constant("launch" as const), ok: fc.boolean(), hours: fc.double({ min: 0, max: 5, noNaN: true }) }),
  fc.record({
    ...base,
    kind: fc.constant("uptime" as const),
    interrupted: fc.boolean(),
    hours: fc.double({ min: 0, max: 50, noNaN: true }),
  }),
  fc.record({ ...base, kind: fc.constant("speed" as const), logRatio: fc.double({ min: -6, max: 6, noNaN: true }) }),
);

const priors: fc.Arbitrary<EstimatePrior> = fc.record(
  {
    operator: fc.constantFrom("self" as const, "single" as const, "audited" as const, "permissionless" as const),
    interruptible: fc.boolean(),
    hazardPerHour: fc.double({ min: 0, max: 5, noNaN: true }),
    setupHours: fc.double({ min: 0, max: 2, noNaN: true }),
    speed: fc.double({ min: 0.1, max: 10, noNaN: true }),
    gpu: fc.constantFrom("a100", "t4", "unknown"),
  },
  { requiredKeys: ["operator", "interruptible"] },
);

function bookOf(facts: readonly Observation[]): TrustBook {
  const book = new TrustBook();
  for (const fact of facts) book.record(fact);
  return book;
}

const numbers = (e: NodeEstimate): readonly number[] => [
  ...[e.success.alpha, e.success.beta, e.launch.alpha, e.launch.beta, e.hazard.a, e.hazard.b],
  ...[e.slowness.variance, e.slowness.n, e.start.mean, e.start.variance, e.wrong],
];
const successMean = ({ success: { alpha, beta } }: NodeEstimate): number => alpha / (alpha + beta);

describe("estimates", () => {
  it("are proper posteriors whatever has been observed", () => {
    fc.assert(
      fc.property(
        fc.array(observations, { maxLength: 60 }),
        identities,
        priors,
        fc.integer({ min: 0, max: 400 }),
        (facts, who, prior, days) => {
          const estimate = bookOf(facts).estimate(who, prior, NOW + days * DAY);
          for (const value of numbers(estimate)) expect(value >= 0 && Number.isFinite(value)).toBe(true);
          for (const value of [estimate.success.alpha, estimate.success.beta, estimate.hazard.a, estimate.hazard.b])
            expect(value).toBeGreaterThan(0);
          expect(Number.isFinite(estimate.slowness.mean)).toBe(true);
          expect(estimate.wrong).toBeLessThanOrEqual(0.5);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("do not depend on the order in which facts arrive, wrong results apart", () => {
    const plain = observations.filter((fact) => fact.kind !== "check");
    const shuffled = fc
      .array(plain, { maxLength: 40 })
      .chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })));
    fc.assert(
      fc.property(shuffled, identities, priors, ([facts, other], who, prior) => {
        const a = numbers(bookOf(facts).estimate(who, prior, NOW));
        const b = numbers(bookOf(other).estimate(who, prior, NOW));
        for (const [i, value] of a.entries())
          expect(Math.abs((b[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(value)));
      }),
      { numRuns: 300 },
    );
  });

  it("fall with a failure and rise with a success of the very node", () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 40 }), identities, priors, (facts, who, prior) => {
        const book = bookOf(facts);
        const outcomes = [true, false].map((ok) => {
          const next = bookOf(facts);
          next.record({ who, atMs: NOW, kind: "success", ok });
          return successMean(next.estimate(who, prior, NOW));
        });
        // A first fact moves a node out of the pooled estimate, so the two outcomes are compared, not each with before.
        expect(outcomes[0]).toBeGreaterThan(outcomes[1] ?? 1);
        if (book.revision === facts.length) expect(Number.isFinite(successMean(book.estimate(who, prior, NOW)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("never trust a node's results more after a wrong one", () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 40 }), identities, priors, (facts, who, prior) => {
        const before = bookOf(facts).estimate(who, prior, NOW).wrong;
        const after = bookOf([...facts, { who, atMs: NOW, kind: "check", ok: false }]).estimate(who, prior, NOW).wrong;
        expect(after).toBeGreaterThanOrEqual(before - 1e-12);
      }),
      { numRuns: 500 },
    );
  });

  it("are not touched by what happened at another backend", () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 40 }), identities, priors, (facts, who, prior) => {
        const own = facts.filter((fact) => fact.who.backend === who.backend);
        expect(bookOf(facts).estimate(who, prior, NOW)).toEqual(bookOf(own).estimate(who, prior, NOW));
        expect(bookOf(facts).breaker(who, NOW)).toEqual(bookOf(own).breaker(who, NOW));
      }),
      { numRuns: 300 },
    );
  });
});

describe("breakers", () => {
  it("let nothing through exactly while they are open, and never stay open for ever", () => {
    fc.assert(
      fc.property(fc.array(observations, { maxLength: 80 }), identities, (facts, who) => {
        const book = bookOf([...facts].sort((a, b) => a.atMs - b.atMs));
        const view = book.breaker(who, NOW);
        if (view.state === "open") {
          expect(view.share).toBe(0);
          expect(view.untilMs).toBeGreaterThan(NOW);
          expect(book.breaker(who, view.untilMs ?? 0).state).toBe("half-open");
        } else {
          expect(view.share).toBeGreaterThan(0);
          expect(view.share).toBeLessThanOrEqual(1);
          expect(view.state === "closed").toBe(view.share === 1 && view.state !== "half-open");
        }
      }),
      { numRuns: 500 },
    );
  });
});
