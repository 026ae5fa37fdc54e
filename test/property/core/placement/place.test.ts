import { describe, expect, it } from "vitest";
import { createPlacer, placeNaively } from "../../../../src/core/placement/place.js";
import type { PlacementInput, PlacementResult } from "../../../../src/core/placement/types.js";
import type { TrustBook } from "../../../../src/core/trust/trust-book.js";
import type { Offer } from "../../../../src/model/offer.js";
import { compose } from "../../../../src/policies/index.js";
import { fc } from "../../../support/property.js";
import { backendsOf, easyInputArbitrary, inputArbitrary } from "./arbitraries.js";

const offersOf = (input: PlacementInput): readonly Offer[] => input.backends.flatMap(({ offers }) => offers);
const withOffers = (input: PlacementInput, offers: readonly Offer[]): PlacementInput => ({ ...input, backends: backendsOf(offers) });
const place = (input: PlacementInput): PlacementResult => createPlacer().place(input);
const winner = ({ chosen }: PlacementResult): unknown =>
  chosen === undefined ? undefined : [chosen.offer.id, chosen.totalUsd, chosen.worstCase];

/** How a question differs from the one before it. */
interface Step {
  readonly remove: readonly number[];
  readonly replace: readonly number[];
  readonly move: readonly [number, number] | undefined;
  readonly add: number;
  readonly learn: boolean;
  readonly laterMs: number;
  readonly workFactor: number;
  readonly waitingFactor: number;
  readonly policy: "same" | "quantile" | "draw";
}

const index = fc.nat({ max: 200 });
const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  remove: fc.array(index, { maxLength: 3 }),
  replace: fc.array(index, { maxLength: 3 }),
  move: fc.option(fc.tuple(index, index), { nil: undefined }),
  add: fc.nat({ max: 2 }),
  learn: fc.boolean(),
  laterMs: fc.constantFrom(0, 1_000, 20 * 60_000),
  workFactor: fc.constantFrom(1, 1, 1.01, 0.5, 3),
  waitingFactor: fc.constantFrom(1, 1, 1, 20),
  policy: fc.constantFrom("same" as const, "same" as const, "quantile" as const, "draw" as const),
});

let serial = 0;

function next(input: PlacementInput, step: Step): PlacementInput {
  const offers = [...offersOf(input)];
  const at = (position: number): number => position % offers.length;
  // A replaced offer keeps its id and becomes much cheaper or dearer, so that forgetting to look at it shows.
  const repriced = (offer: Offer, factor: number): Offer => ({
    ...offer,
    price: { ...offer.price, usdPerHour: offer.price.usdPerHour * factor },
  });
  for (const position of step.replace) offers[at(position)] = repriced(offers[at(position)] as Offer, position % 2 === 0 ? 0.2 : 5);
  // The present winner goes first: nothing else shows as surely whether it was forgotten.
  const chosen = place(input).chosen?.offer;
  if (step.remove.length > 0 && chosen !== undefined) offers.splice(offers.indexOf(chosen), 1);
  for (const position of step.remove) offers.splice(at(position), 1);
  for (let count = 0; count < step.add; count++) offers.push({ ...repriced(offers[0] as Offer, 0.1), id: `late-${serial++}` });
  if (step.move !== undefined) offers.splice(at(step.move[1]), 0, ...offers.splice(at(step.move[0]), 1));
  if (step.learn && chosen !== undefined) {
    const trust = input.trust as TrustBook;
    for (let count = 0; count < 5; count++) trust.record({ who: chosen, atMs: input.nowMs, kind: "speed", logRatio: 1.5 });
  }
  const { policy } = input;
  const changed = compose(policy, {
    ...(step.waitingFactor === 1
      ? {}
      : { value: (_, base) => ({ waitingUsdPerHour: 0.05 + base.waitingUsdPerHour * step.waitingFactor }) }),
    ...(step.policy === "quantile"
      ? { selection: { kind: "quantile", quantile: 0.7 } }
      : step.policy === "draw"
        ? { selection: { kind: "draw" } }
        : {}),
  });
  return withOffers(
    {
      ...input,
      nowMs: input.nowMs + step.laterMs,
      seed: `${input.seed}+`,
      policy: step.waitingFactor === 1 && step.policy === "same" ? policy : changed,
      workload: { ...input.workload, expectedDurationMs: Math.ceil(input.workload.expectedDurationMs * step.workFactor) },
    },
    offers,
  );
}

describe("placement", () => {
  it("gives the same winner with bounds and memory as when every offer is priced", () => {
    fc.assert(
      fc.property(fc.oneof(easyInputArbitrary(70, 180), inputArbitrary(100)), (input) => {
        const naive = placeNaively(input);
        const placed = place(input);
        expect(winner(placed)).toEqual(winner(naive));
        expect(placed.hopeless).toBe(naive.hopeless);
        expect(placed.retryAtMs).toBe(naive.retryAtMs);
        expect(placed.record.evaluated).toBe(naive.record.evaluated);
        expect(placed.record.rejected).toBeLessThanOrEqual(naive.record.rejected);
        if (naive.chosen === undefined) expect(placed.record).toEqual(naive.record);
      }),
      { numRuns: 70 },
    );
  });

  it("decides the same after any history of listings, evidence and questions as with an empty memory", () => {
    fc.assert(
      fc.property(easyInputArbitrary(90, 130), fc.array(stepArbitrary, { minLength: 3, maxLength: 8 }), (first, steps) => {
        const placer = createPlacer();
        let input = first;
        placer.place(input);
        for (const step of steps) {
          input = next(input, step);
          expect(placer.place(input)).toEqual(place(input));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("does not depend on the order of offers and backends", () => {
    fc.assert(
      fc.property(easyInputArbitrary(5, 120), fc.infiniteStream(fc.nat()), (input, order) => {
        // Twins are as good as each other in every respect but their names.
        const policy = compose(input.policy, { selection: { kind: "quantile", quantile: 0.5 } });
        const offers = offersOf(input).flatMap((offer, at) => (at % 3 === 0 ? [offer, { ...offer, id: `${offer.id}-twin` }] : [offer]));
        const question = withOffers({ ...input, policy }, offers);
        const shuffled = offers.map((offer) => ({ offer, key: order.next().value })).sort((a, b) => a.key - b.key);
        const other = withOffers(
          question,
          shuffled.map(({ offer }) => offer),
        );
        expect(place({ ...other, backends: [...other.backends].reverse() })).toEqual(place(question));
      }),
      { numRuns: 80 },
    );
  });

  it("never lets an offer that does not win decide who does", () => {
    fc.assert(
      fc.property(easyInputArbitrary(1, 80), fc.nat(), (input, pick) => {
        const offers = offersOf(input);
        const all = place(input);
        const loser = offers[pick % Math.max(1, offers.length)];
        if (loser === undefined || loser.id === all.chosen?.offer.id) return;
        const without = place(
          withOffers(
            input,
            offers.filter((offer) => offer !== loser),
          ),
        );
        expect(winner(without)).toEqual(winner(all));
      }),
      { numRuns: 80 },
    );
  });

  it("never ranks a candidate better for a higher price", () => {
    fc.assert(
      fc.property(easyInputArbitrary(2, 30), fc.nat(), fc.double({ min: 1.01, max: 10, noNaN: true }), (input, pick, factor) => {
        const before = placeNaively(input).record.candidates;
        const subject = before[pick % Math.max(1, before.length)];
        if (subject === undefined) return;
        const dearer = offersOf(input).map((offer) =>
          offer.id === subject.offerId ? { ...offer, price: { ...offer.price, usdPerHour: offer.price.usdPerHour * factor } } : offer,
        );
        const after = placeNaively(withOffers(input, dearer)).record.candidates;
        const rankBefore = before.findIndex(({ offerId }) => offerId === subject.offerId);
        const rankAfter = after.findIndex(({ offerId }) => offerId === subject.offerId);
        if (rankAfter < 0) return;
        expect(rankAfter).toBeGreaterThanOrEqual(rankBefore);
        expect((after[rankAfter] as { totalUsd: number }).totalUsd).toBeGreaterThan(subject.totalUsd);
      }),
      { numRuns: 80 },
    );
  });

  it("keeps its books: counts add up, sums are the sum of their parts, the best comes first", () => {
    fc.assert(
      fc.property(fc.oneof(easyInputArbitrary(1, 100), inputArbitrary(100)), (input) => {
        const { record, chosen } = place(input);
        expect(record.evaluated).toBe(record.rejected + record.priced);
        expect(record.rejections.reduce((sum, { count }) => sum + count, 0)).toBe(record.rejected);
        expect(record.candidates.length).toBeLessThanOrEqual(20);
        expect(record.chosen).toEqual(record.candidates[0]);
        expect(record.failure === undefined).toBe(chosen !== undefined);
        for (const [index, candidate] of record.candidates.entries()) {
          const sum = candidate.parts.reduce((total, { usd }) => total + usd, 0);
          expect(sum).toBeCloseTo(candidate.totalUsd, 6);
          expect(Number.isFinite(candidate.totalUsd)).toBe(true);
          for (const { usd } of candidate.parts) expect(usd).toBeGreaterThanOrEqual(0);
          if (index > 0) expect(candidate.totalUsd).toBeGreaterThanOrEqual((record.candidates[index - 1] as { totalUsd: number }).totalUsd);
          expect(candidate.successProbability).toBeGreaterThanOrEqual(0);
          expect(candidate.successProbability).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 120 },
    );
  });

  it("chooses only what passes every filter of the moment, within the money that is available", () => {
    fc.assert(
      fc.property(inputArbitrary(60, 20), (input) => {
        const { chosen } = place(input);
        if (chosen === undefined) return;
        const { offer } = chosen;
        expect(offer.expiresAtMs).toBeGreaterThan(input.nowMs);
        expect(offer.capacity ?? 1).toBeGreaterThanOrEqual(1);
        expect(offer.resources.cpu).toBeGreaterThanOrEqual(input.workload.resources.cpu);
        expect(offer.resources.memoryMiB).toBeGreaterThanOrEqual(input.workload.resources.memoryMiB);
        expect(offer.interruptible && !input.workload.interruptible).toBe(false);
        if (input.available !== undefined) expect(chosen.worstCase).toBeLessThanOrEqual(input.available);
        expect(chosen.priceCapUsdPerHour).toBeGreaterThanOrEqual(offer.price.usdPerHour);
        expect(input.exclusions.nodes).not.toContain(`${offer.backend}/${offer.node}`);
        expect(input.exclusions.offers).not.toContain(`${offer.backend}/${offer.id}`);
        for (const sibling of input.siblings.nodes) {
          const sameOperator = sibling.backend === offer.backend && sibling.operator === offer.operator;
          if (input.siblings.distinct === "operator") expect(sameOperator).toBe(false);
          if (input.siblings.distinct === "node") expect(sameOperator && sibling.node === offer.node).toBe(false);
        }
        const timeLeft = input.deadlineAtMs === undefined ? {} : { timeLeftMs: input.deadlineAtMs - input.nowMs };
        const capabilities = input.backends.find(({ backend }) => backend === offer.backend)?.capabilities;
        if (capabilities === undefined) throw new Error("unknown backend");
        for (const { test } of input.policy.filters) {
          expect(test({ workload: input.workload, offer, capabilities, nowMs: input.nowMs, ...timeLeft })).toBeUndefined();
        }
      }),
      { numRuns: 200 },
    );
  });
});
