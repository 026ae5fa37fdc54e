import { describe, expect, it } from "vitest";
import type { EstimatePrior, NodeEstimate } from "../../../../src/core/trust/estimate.js";
import { DEFAULT_PRIORS } from "../../../../src/core/trust/priors.js";
import { TrustBook } from "../../../../src/core/trust/trust-book.js";
import type { Observation } from "../../../../src/model/observation.js";
import type { NodeIdentity } from "../../../../src/model/offer.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const NOW = 1_000 * DAY;
const who: NodeIdentity = { backend: "market", provider: "acme", operator: "op-1", node: "node-1" };
const audited: EstimatePrior = { operator: "audited", interruptible: true };
const permissionless: EstimatePrior = { operator: "permissionless", interruptible: true };

type Fact = Omit<Extract<Observation, { kind: "success" }>, "who" | "atMs">;
const success = (ok: boolean, at = NOW, of: NodeIdentity = who): Observation =>
  ({ who: of, atMs: at, kind: "success", ok }) satisfies Fact & Observation;
const check = (ok: boolean, at = NOW, of: NodeIdentity = who): Observation => ({ who: of, atMs: at, kind: "check", ok });

function bookOf(...observations: readonly Observation[]): TrustBook {
  const book = new TrustBook();
  for (const observation of observations) book.record(observation);
  return book;
}

const repeat = (times: number, observation: Observation): readonly Observation[] => new Array<Observation>(times).fill(observation);
const successMean = ({ success: { alpha, beta } }: NodeEstimate): number => alpha / (alpha + beta);

describe("without evidence", () => {
  it("answers the priors of the operator class and what the offer says", () => {
    const estimate = new TrustBook().estimate(
      who,
      { operator: "audited", interruptible: false, hazardPerHour: 0.2, setupHours: 0.5, speed: 2 },
      NOW,
    );
    expect(estimate.success).toEqual({ alpha: 4 * 0.92, beta: 4 * (1 - 0.92) });
    expect(estimate.hazard.a / estimate.hazard.b).toBeCloseTo(0.2, 12);
    expect(estimate.start.mean).toBe(0.5);
    expect(estimate.slowness.mean).toBeCloseTo(-Math.log(2), 12);
    expect(estimate.slowness.n).toBe(0);
    expect(estimate.wrong).toBe(0.05);
  });

  it("starts hazards at one in 20 hours on decentralised machines and at one in 500 under contract", () => {
    const book = new TrustBook();
    expect(book.estimate(who, audited, NOW).hazard).toEqual({ a: 1, b: 20 });
    expect(book.estimate(who, { operator: "single", interruptible: false }, NOW).hazard).toEqual({ a: 1, b: 500 });
    expect(book.estimate(who, { operator: "single", interruptible: true }, NOW).hazard).toEqual({ a: 1, b: 20 });
  });

  it("takes other priors field by field", () => {
    const book = new TrustBook({ hazardShape: 2, interruptibleHazardPerHour: 0.1 });
    expect(book.estimate(who, audited, NOW).hazard).toEqual({ a: 2, b: 20 });
    expect(book.estimate(who, audited, NOW).success.alpha).toBe(4 * DEFAULT_PRIORS.classes.audited.success);
  });
});

describe("shrinkage", () => {
  it("adds evidence to four pseudo-observations of the wider scope's mean, level by level", () => {
    const only: NodeIdentity = { backend: "market", node: "n" };
    const estimate = bookOf(...repeat(6, success(false, NOW, only))).estimate(only, audited, NOW);
    // Backend: Beta(3.68, 0.32 + 6), mean 0.368. Node: 4 * 0.368 and 4 * 0.632 + 6.
    expect(estimate.success.alpha).toBeCloseTo(4 * 0.368, 12);
    expect(estimate.success.beta).toBeCloseTo(4 * 0.632 + 6, 12);
  });

  it("takes an unknown node as a typical one of the narrowest known scope", () => {
    const book = bookOf(...repeat(20, success(false)));
    const strange = book.estimate({ ...who, node: "node-2" }, audited, NOW);
    const { node: _, ...operatorOnly } = who;
    expect(strange.success).toEqual(book.estimate(operatorOnly, audited, NOW).success);
    const stranger = book.estimate({ backend: "market", provider: "other", operator: "x", node: "y" }, audited, NOW);
    expect(stranger.success).toEqual(book.estimate({ backend: "market" }, audited, NOW).success);
    expect(successMean(stranger)).toBeLessThan(0.3);
    expect(successMean(book.estimate({ backend: "elsewhere" }, audited, NOW))).toBe(0.92);
  });

  it("does not let one operator's failures reach another backend, nor two nodes of one name be confused", () => {
    const book = bookOf(...repeat(10, success(false)), ...repeat(10, success(true, NOW, { ...who, operator: "op-2" })));
    expect(successMean(book.estimate({ ...who, operator: "op-2" }, audited, NOW))).toBeGreaterThan(0.85);
    expect(successMean(book.estimate(who, audited, NOW))).toBeLessThan(0.25);
    expect(successMean(book.estimate({ ...who, backend: "other" }, audited, NOW))).toBe(0.92);
  });

  it("shares evidence among machines of a backend with the same GPU", () => {
    const slow = (gpu: string): Observation => ({
      who: { ...who, node: `n-${gpu}` },
      gpu,
      atMs: NOW,
      kind: "speed",
      logRatio: gpu === "a100" ? 0.5 : 0,
    });
    const book = bookOf(...repeat(30, slow("a100")), ...repeat(30, slow("t4")));
    const elsewhere: NodeIdentity = { backend: "market", node: "new" };
    expect(book.estimate(elsewhere, { ...audited, gpu: "a100" }, NOW).slowness.mean).toBeGreaterThan(0.45);
    expect(book.estimate(elsewhere, { ...audited, gpu: "t4" }, NOW).slowness.mean).toBeLessThan(0.05);
    const unknown = book.estimate(elsewhere, audited, NOW).slowness.mean;
    expect(unknown).toBeGreaterThan(0.2);
    expect(unknown).toBeLessThan(0.3);
  });
});

describe("ageing", () => {
  it("halves evidence in 14 days", () => {
    const only: NodeIdentity = { backend: "b" };
    const book = bookOf(...repeat(8, success(false, NOW, only)));
    const fresh = book.estimate(only, audited, NOW).success;
    const aged = book.estimate(only, audited, NOW + 14 * DAY).success;
    expect(fresh.beta - 4 * 0.08).toBeCloseTo(8, 9);
    expect(aged.beta - 4 * 0.08).toBeCloseTo(4, 9);
  });

  it("gives the same sums for observations in any order of arrival", () => {
    const facts = [success(false, NOW - 20 * DAY), success(true, NOW - 3 * DAY), success(false, NOW - 9 * DAY), success(true, NOW)];
    const inOrder = bookOf(...[...facts].sort((a, b) => a.atMs - b.atMs)).estimate(who, audited, NOW).success;
    const backwards = bookOf(...[...facts].sort((a, b) => b.atMs - a.atMs)).estimate(who, audited, NOW).success;
    expect(backwards.alpha).toBeCloseTo(inOrder.alpha, 9);
    expect(backwards.beta).toBeCloseTo(inOrder.beta, 9);
  });

  it("returns to the prior in the end", () => {
    const book = bookOf(...repeat(50, success(false)));
    expect(successMean(book.estimate(who, audited, NOW + 365 * DAY))).toBe(0.92);
  });

  it("does not depend on who asked before", () => {
    const asked = bookOf(...repeat(5, success(false)));
    for (let hour = 0; hour < 50; hour++) asked.estimate(who, audited, NOW + hour * HOUR);
    expect(asked.estimate(who, audited, NOW + 50 * HOUR)).toEqual(
      bookOf(...repeat(5, success(false))).estimate(who, audited, NOW + 50 * HOUR),
    );
  });
});

describe("hazard, speed and start", () => {
  it("learns interruptions per hour of being up", () => {
    const up = (hours: number, interrupted: boolean): Observation => ({ who, atMs: NOW, kind: "uptime", hours, interrupted });
    const steady = bookOf(...repeat(50, up(10, false))).estimate(who, audited, NOW).hazard;
    const flaky = bookOf(...repeat(50, up(1, true))).estimate(who, audited, NOW).hazard;
    expect(steady.a / steady.b).toBeLessThan(0.002);
    expect(flaky.a / flaky.b).toBeGreaterThan(0.9);
    expect(flaky.a).toBe(51);
  });

  it("learns how much slower than planned a machine is, and becomes surer", () => {
    const speed = (logRatio: number): Observation => ({ who, atMs: NOW, kind: "speed", logRatio });
    const few = bookOf(speed(0.7), speed(0.6)).estimate(who, audited, NOW).slowness;
    const many = bookOf(...[0.6, 0.7, 0.8, 0.7].flatMap((x) => repeat(20, speed(x)))).estimate(who, audited, NOW).slowness;
    expect(many.mean).toBeGreaterThan(0.65);
    expect(many.mean).toBeLessThan(0.72);
    expect(many.variance).toBeLessThan(few.variance / 10);
    expect(many.n).toBeCloseTo(80, 9);
    expect(few.mean).toBeGreaterThan(0.3);
    expect(few.mean).toBeLessThan(0.65);
  });

  it("learns start times, from launches that worked alone", () => {
    const launch = (ok: boolean, hours: number): Observation => ({ who, atMs: NOW, kind: "launch", ok, hours });
    const { start, launch: launched } = bookOf(...repeat(40, launch(true, 0.4)), ...repeat(40, launch(false, 3))).estimate(
      who,
      audited,
      NOW,
    );
    expect(start.mean).toBeGreaterThan(0.35);
    expect(start.mean).toBeLessThan(0.41);
    expect(launched.alpha / (launched.alpha + launched.beta)).toBeCloseTo(0.5, 1);
  });

  it("leaves nonsense out", () => {
    const book = bookOf(success(true));
    const before = book.estimate(who, audited, NOW);
    book.record({ who, atMs: NOW, kind: "uptime", hours: -3, interrupted: true });
    book.record({ who, atMs: NOW, kind: "uptime", hours: Number.POSITIVE_INFINITY, interrupted: true });
    book.record({ who, atMs: NOW, kind: "launch", ok: true, hours: Number.NaN });
    book.record({ who, atMs: NOW, kind: "speed", logRatio: Number.NaN });
    book.record({ who, atMs: Number.NaN, kind: "success", ok: false });
    expect(book.estimate(who, audited, NOW)).toEqual(before);
    expect(book.revision).toBe(1);
    book.record({ who, atMs: NOW, kind: "speed", logRatio: Number.POSITIVE_INFINITY });
    expect(Number.isFinite(book.estimate(who, audited, NOW).slowness.mean)).toBe(true);
  });
});

describe("wrong results", () => {
  it("trusts an operator the more the more of its results were confirmed", () => {
    const { node: _, ...operator } = who;
    const phis = [0, 1, 20, 194].map((k) => bookOf(...repeat(k, check(true, NOW, operator))).estimate(operator, audited, NOW).wrong);
    expect(phis[0]).toBe(0.05);
    expect([...phis].sort((a, b) => b - a)).toEqual(phis);
    // 194 checks are what makes a single use sound at 1e-4 with 5 % saboteurs.
    expect(phis[3]).toBeLessThanOrEqual(1e-4);
  });

  it("counts checks of an operator's other machines a tenth for a machine", () => {
    const book = bookOf(...repeat(100, check(true)));
    const sibling = book.estimate({ ...who, node: "node-2" }, audited, NOW).wrong;
    expect(sibling).toBeCloseTo(0.05 / (0.95 * 10 * Math.E), 9);
    expect(book.estimate(who, audited, NOW).wrong).toBeCloseTo(0.05 / (0.95 * 100 * Math.E), 9);
  });

  it("uses the weaker bound where nobody answers for a machine", () => {
    const free: NodeIdentity = { backend: "market", node: "n" };
    const known: NodeIdentity = { backend: "market", operator: "wallet", node: "n" };
    const book = bookOf(...repeat(10, check(true, NOW, free)), ...repeat(10, check(true, NOW, known)));
    expect(book.estimate(free, permissionless, NOW).wrong).toBeCloseTo(0.02, 9);
    expect(book.estimate(known, permissionless, NOW).wrong).toBeLessThan(0.01);
  });

  it("one wrong result makes a trusted node's word worthless for months, and its operator's with it", () => {
    const book = bookOf(...repeat(50, check(true)), check(false));
    expect(book.estimate(who, audited, NOW).wrong).toBe(0.5);
    expect(book.estimate({ ...who, node: "node-2" }, audited, NOW).wrong).toBeGreaterThan(0.3);
    expect(book.estimate(who, audited, NOW + 60 * DAY).wrong).toBeGreaterThan(0.35);
    expect(book.estimate({ ...who, operator: "op-2", node: "node-9" }, audited, NOW).wrong).toBeLessThan(0.06);
  });

  it("raises the assumed share of saboteurs where more are seen, and never lowers it", () => {
    const lies = Array.from({ length: 30 }, (_, i) => check(i % 2 === 0, NOW, { backend: "market", operator: `op-${i}` }));
    const stranger: NodeIdentity = { backend: "market", operator: "new", node: "new" };
    expect(bookOf(...lies).estimate(stranger, audited, NOW).wrong).toBeGreaterThan(0.25);
    const honest = Array.from({ length: 300 }, (_, i) => check(true, NOW, { backend: "market", operator: `op-${i}` }));
    expect(bookOf(...honest).estimate(stranger, audited, NOW).wrong).toBe(0.05);
  });

  it("a company's backend answers for all of its machines", () => {
    const cloud: NodeIdentity = { backend: "cloud", node: "i-1" };
    const contract: EstimatePrior = { operator: "single", interruptible: false };
    const book = bookOf(...repeat(100, check(true, NOW, cloud)));
    expect(book.estimate({ backend: "cloud", node: "i-2" }, contract, NOW).wrong).toBeLessThan(1e-5);
  });
});

describe("breakers", () => {
  it("open for a backend after five failures on different nodes, and for a node after two", () => {
    const book = new TrustBook();
    for (let i = 0; i < 4; i++) book.record(success(false, NOW + i, { backend: "market", node: `n${i}` }));
    expect(book.breaker({ backend: "market" }, NOW + 5).state).toBe("closed");
    book.record(success(false, NOW + 5, { backend: "market", node: "n0" }));
    expect(book.breaker({ backend: "market" }, NOW + 6)).toEqual({ state: "open", untilMs: NOW + 5 + 60_000, share: 0 });
    expect(book.breaker({ backend: "market", node: "n0" }, NOW + 6).state).toBe("open");
    expect(book.breaker({ backend: "market", node: "n1" }, NOW + 6).state).toBe("closed");
    expect(book.breaker({ backend: "market", node: "unknown" }, NOW + 6).state).toBe("closed");
    expect(book.breaker({ backend: "other" }, NOW + 6).state).toBe("closed");
    expect(book.breaker({ backend: "market" }, NOW + 5 + 60_000).state).toBe("half-open");
  });

  it("rest a node that keeps vanishing, but not the spot market it is part of", () => {
    const book = new TrustBook();
    for (let i = 0; i < 10; i++) book.record({ who, atMs: NOW + i, kind: "uptime", hours: 0.1, interrupted: true });
    expect(book.breaker(who, NOW + 20).state).toBe("open");
    expect(book.breaker({ backend: "market" }, NOW + 20).state).toBe("closed");
  });

  it("count a lost lease once, though it is told as a failed attempt and as an interruption", () => {
    const book = new TrustBook();
    book.record(success(false, NOW));
    book.record({ who, atMs: NOW + 60_000, kind: "uptime", hours: 1, interrupted: true });
    expect(book.breaker(who, NOW + 70_000).state).toBe("closed");
    book.record(success(false, NOW + 2 * HOUR));
    expect(book.breaker(who, NOW + 2 * HOUR).state).toBe("open");
  });

  it("take other thresholds", () => {
    const book = new TrustBook({}, { nodeBreaker: { failures: 1, coolDownMs: 5 } });
    book.record(success(false));
    expect(book.breaker(who, NOW + 4).state).toBe("open");
    expect(book.breaker(who, NOW + 5).state).toBe("half-open");
  });
});

describe("memory", () => {
  it("forgets the least recently observed nodes beyond the limit and keeps their evidence in wider scopes", () => {
    const book = new TrustBook({}, { maxScopes: 10 });
    const node = (i: number): NodeIdentity => ({ backend: "market", node: `n${i}` });
    for (let i = 0; i < 100; i++) book.record(success(i !== 0, NOW + i, node(i)));
    const pooled = book.estimate({ backend: "market" }, audited, NOW).success;
    expect(pooled.alpha + pooled.beta).toBeCloseTo(104, 3);
    expect(book.estimate(node(0), audited, NOW).success).toEqual(pooled);
    expect(book.estimate(node(89), audited, NOW).success).toEqual(pooled);
    expect(book.estimate(node(90), audited, NOW).success).not.toEqual(pooled);
    // Seen again, it starts afresh below what the backend has taught.
    book.record(success(true, NOW + 200, node(0)));
    expect(successMean(book.estimate(node(0), audited, NOW + 200))).toBeGreaterThan(0.95);
  });

  it("raises its revision with every fact and with nothing else", () => {
    const book = bookOf(success(true), success(false));
    expect(book.revision).toBe(2);
    book.estimate(who, audited, NOW);
    book.breaker(who, NOW);
    expect(book.revision).toBe(2);
  });
});
