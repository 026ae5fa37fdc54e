import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../src/core/random.js";
import { credibilities } from "../../../../src/core/verification/credibility.js";
import { boundedMargin, expectedResults, marginError, marginFor } from "../../../../src/core/verification/margin.js";
import { quorumVerifier } from "../../../../src/core/verification/quorum.js";
import { expectedReplicas } from "../../../../src/core/verification/verifier-for.js";
import type { Workload } from "../../../../src/model/workload.js";
import type { CandidateResult, Verdict } from "../../../../src/spec/verifier.js";
import { fc } from "../../../support/property.js";

// The quorum compares results alone and looks at nothing of the workload.
const workload = Object.freeze({}) as Workload;

const result = (attempt: number, digest: string, wrongProbability: number, operator: string | undefined): CandidateResult => ({
  attempt,
  wrongProbability,
  node: { backend: "market", ...(operator === undefined ? {} : { operator }) },
  manifest: { version: 1, exitCode: 0, outputs: [{ path: "out", member: "", uri: `file:///${attempt}`, sha256: digest, size: 1 }] },
});

const results = fc
  .array(
    fc.record({
      digest: fc.constantFrom("a", "b", "c"),
      phi: fc.double({ min: 0, max: 0.6, noNaN: true }),
      operator: fc.option(fc.constantFrom("o1", "o2", "o3", "o4", "o5"), { nil: undefined }),
    }),
    { maxLength: 9 },
  )
  .map((rows) => rows.map(({ digest, phi, operator }, i) => result(i + 1, digest, phi, operator)));

const judge = (all: readonly CandidateResult[], pending: number, maxErrorProbability: number, maxReplicas: number): Verdict =>
  quorumVerifier({ maxErrorProbability, maxReplicas }).judge(workload, all, pending) as Verdict;

const eps = fc.double({ min: 1e-6, max: 0.3, noNaN: true });
const pending = fc.integer({ min: 0, max: 3 });
const most = fc.integer({ min: 1, max: 9 });

describe("quorum", () => {
  it("gives the same verdict for any order of the results", () => {
    const shuffled = results.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(shuffled, pending, eps, most, ([all, other], p, e, m) => {
        expect(judge(other, p, e, m)).toEqual(judge(all, p, e, m));
      }),
      { numRuns: 1_000 },
    );
  });

  it("accepts only within the error, divides results into agreed and wrong, and asks within the limit", () => {
    fc.assert(
      fc.property(results, pending, eps, most, (all, p, e, m) => {
        const verdict = judge(all, p, e, m);
        if (verdict.kind === "accept") {
          expect(verdict.errorProbability).toBeLessThanOrEqual(e);
          const digestOf = (attempt: number): string | undefined => all[attempt - 1]?.manifest.outputs[0]?.sha256;
          const same = all.filter(({ attempt }) => digestOf(attempt) === digestOf(verdict.winner)).map(({ attempt }) => attempt);
          expect(same[0]).toBe(verdict.winner);
          expect([[], same]).toContainEqual(verdict.agreed);
          expect([...same, ...verdict.wrong].sort((a, b) => a - b)).toEqual(all.map(({ attempt }) => attempt));
        } else if (verdict.kind === "more") {
          expect(verdict.replicas).toBeGreaterThanOrEqual(1);
          if (all.length < m) expect(verdict.replicas).toBeLessThanOrEqual(m - all.length);
        } else {
          expect(verdict.wrong).toEqual([]);
          expect(all.length).toBeGreaterThanOrEqual(m);
          expect(p).toBe(0);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("always ends: whatever results come, the limit brings a verdict", () => {
    fc.assert(
      fc.property(results, eps, most, (all, e, m) => {
        let asked = 0;
        for (let n = 0; n <= all.length; n++) {
          const verdict = judge(all.slice(0, n), 0, e, m);
          if (verdict.kind !== "more") return;
          asked = n + verdict.replicas;
          expect(asked).toBeLessThanOrEqual(Math.max(m, n + 1));
        }
        expect(all.length).toBeLessThan(m);
      }),
      { numRuns: 500 },
    );
  });

  it("is not made surer of a wrong answer by copies of one operator", () => {
    fc.assert(
      fc.property(results, eps, fc.integer({ min: 1, max: 30 }), (all, e, copies) => {
        const liar = Array.from({ length: copies }, (_, i) => result(100 + i, "lie", 0.2, "liar"));
        const one = judge([...all, ...liar.slice(0, 1)], 0, e, 100);
        const many = judge([...all, ...liar], 0, e, 100);
        expect(many.kind).toBe(one.kind);
        if (many.kind === "accept" && one.kind === "accept") expect(many.winner).toBe(one.winner);
      }),
      { numRuns: 500 },
    );
  });

  it("accepts wrong answers no more often than promised, against liars who agree", () => {
    const random = seededRandom("colluding");
    const phi = 0.15;
    const maxErrorProbability = 0.02;
    let wrong = 0;
    let accepted = 0;
    let bought = 0;
    const count = 6_000;
    for (let i = 0; i < count; i++) {
      const all: CandidateResult[] = [];
      for (;;) {
        all.push(result(all.length + 1, random.next() < phi ? "lie" : "truth", phi, `o${all.length}`));
        const verdict = judge(all, 0, maxErrorProbability, 15);
        if (verdict.kind === "more") continue;
        if (verdict.kind === "accept") {
          accepted++;
          if (all[verdict.winner - 1]?.manifest.outputs[0]?.sha256 === "lie") wrong++;
        }
        break;
      }
      bought += all.length;
    }
    const d = marginFor(phi, maxErrorProbability);
    const error = marginError(phi, d);
    expect(error).toBeLessThan(maxErrorProbability);
    expect(Math.abs(wrong / accepted - error)).toBeLessThan(4 * Math.sqrt((error * (1 - error)) / count));
    expect(Math.abs(bought / count / expectedResults(phi, d) - 1)).toBeLessThan(0.05);
  });
});

describe("margin and replicas", () => {
  const phi = fc.double({ min: 1e-6, max: 0.49, noNaN: true });

  it("the margin is the least that keeps the promise", () => {
    fc.assert(
      fc.property(phi, eps, (p, e) => {
        const d = marginFor(p, e);
        expect(marginError(p, d)).toBeLessThanOrEqual(e * (1 + 1e-6));
        if (d > 1) expect(marginError(p, d - 1)).toBeGreaterThan(e * (1 - 1e-6));
      }),
      { numRuns: 1_000 },
    );
  });

  it("probabilities sum to 1 and replicas stay within the limit", () => {
    fc.assert(
      fc.property(phi, eps, fc.integer({ min: 1, max: 25 }), (p, e, m) => {
        const { expected, right, wrong, undecided } = boundedMargin(p, marginFor(p, e), m);
        expect(right + wrong + undecided).toBeCloseTo(1, 9);
        expect(expected).toBeGreaterThanOrEqual(1);
        expect(expected).toBeLessThanOrEqual(m + 1e-9);
        const seen = expectedReplicas({ kind: "quorum", maxErrorProbability: e, maxReplicas: m }, p);
        expect(seen.errorProbability).toBeLessThanOrEqual(e * (1 + 1e-6));
      }),
      { numRuns: 500 },
    );
  });

  it("credibilities are probabilities that leave room for all being wrong", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        (groups) => {
          const all = credibilities(groups);
          for (const p of all) expect(p >= 0 && p <= 1).toBe(true);
          expect(all.reduce((sum, p) => sum + p, 0)).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
