import { describe, expect, it } from "vitest";
import { drawGamma, seededRandom } from "../../../../src/core/random.js";
import { gammaQuantile, logNormal, normalQuantile, wilsonBound } from "../../../../src/core/trust/quantile.js";

describe("normalQuantile", () => {
  // Abramowitz and Stegun, table 26.5 and common critical values.
  it.each([
    [0.5, 0],
    [0.8, 0.8416212335],
    [0.95, 1.6448536269],
    [0.975, 1.9599639845],
    [0.999, 3.0902323061],
    [0.01, -2.326347874],
    [0.0001, -3.7190164854],
  ])("%d -> %d", (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 7);
  });

  it("is finite at the ends", () => {
    expect(normalQuantile(0)).toBeLessThan(-6);
    expect(normalQuantile(1)).toBeGreaterThan(6);
    expect(Number.isFinite(normalQuantile(0))).toBe(true);
  });
});

describe("wilsonBound", () => {
  it("agrees with Wilson's published interval: 8 of 10 at 95 % is 0.490 to 0.943", () => {
    expect(wilsonBound({ alpha: 8, beta: 2 }, -1.96)).toBeCloseTo(0.4902, 3);
    expect(wilsonBound({ alpha: 8, beta: 2 }, 1.96)).toBeCloseTo(0.9433, 3);
  });

  it("is the mean at z = 0 and narrows with evidence", () => {
    expect(wilsonBound({ alpha: 3, beta: 1 }, 0)).toBe(0.75);
    expect(wilsonBound({ alpha: 300, beta: 100 }, -2)).toBeGreaterThan(wilsonBound({ alpha: 3, beta: 1 }, -2));
  });
});

describe("gammaQuantile", () => {
  // Exponential distribution (shape 1): the exact quantile is -ln(1 - p) / b.
  it.each([0.5, 0.8, 0.95, 0.999])("is within 3 %% of the exponential's %d quantile", (p) => {
    const exact = -Math.log(1 - p) / 20;
    expect(gammaQuantile({ a: 1, b: 20 }, normalQuantile(p)) / exact).toBeCloseTo(1, 1);
    expect(Math.abs(gammaQuantile({ a: 1, b: 20 }, normalQuantile(p)) / exact - 1)).toBeLessThan(0.03);
  });

  it("leaves the right share of draws above it", () => {
    const random = seededRandom("gamma-quantile");
    const posterior = { a: 3.5, b: 40 };
    const bound = gammaQuantile(posterior, normalQuantile(0.9));
    let above = 0;
    for (let i = 0; i < 20_000; i++) if (drawGamma(posterior.a, posterior.b, random) > bound) above++;
    expect(above / 20_000).toBeGreaterThan(0.093);
    expect(above / 20_000).toBeLessThan(0.107);
  });

  it("is never negative", () => {
    expect(gammaQuantile({ a: 1, b: 20 }, -3.09)).toBe(0);
  });
});

describe("logNormal", () => {
  it("has the mean and variance asked for", () => {
    const { mu, sigma } = logNormal(0.3, 0.04);
    expect(Math.exp(mu + sigma ** 2 / 2)).toBeCloseTo(0.3, 12);
    expect(Math.expm1(sigma ** 2) * Math.exp(2 * mu + sigma ** 2)).toBeCloseTo(0.04, 12);
  });
});
