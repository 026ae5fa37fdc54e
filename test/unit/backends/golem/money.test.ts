import { describe, expect, test } from "vitest";
import { createExchangeRate } from "../../../../src/backends/golem/exchange-rate.js";
import { attoGlm, glmToNanoUsd, readGlm, toGlm, writeGlm } from "../../../../src/backends/golem/glm.js";
import { glmPerHour, readOfferFacts } from "../../../../src/backends/golem/offer-properties.js";
import { isAllocationOf, taggedAmount } from "../../../../src/backends/golem/tags.js";
import { ceilingOf, termsOf } from "../../../../src/backends/golem/terms.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { fc } from "../../../support/property.js";

const host = systemHost();

describe("GLM", () => {
  test("every amount survives being written and read", () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 27n }), (amount) => readGlm(writeGlm(amount)) === amount));
  });

  test.each(["", "-1", "one", "1,5", "NaN"])("%j is no amount", (text) => expect(readGlm(text)).toBeUndefined());

  test("is worth what it is worth, rounded up", () => {
    expect(glmToNanoUsd(readGlm("2") ?? 0n, 0.25)).toBe(500_000_000n);
    expect(glmToNanoUsd(10n ** 10n, 0.25)).toBe(3n);
    expect(toGlm(attoGlm(0.125))).toBe(0.125);
  });
});

describe("names in amounts", () => {
  test("an amount is never less than asked for, by a worthless sum, and tells its lease from others", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 21n }), fc.stringMatching(/^[a-z][a-z0-9-]{0,47}$/), (amount, key) => {
        const tagged = taggedAmount(amount, key, host);
        const allocation = { allocationId: "a", totalAmount: writeGlm(tagged) };
        expect(tagged > amount && tagged - amount <= 2n * 10n ** 10n).toBe(true);
        expect(isAllocationOf(allocation, key, host)).toBe(true);
        expect(isAllocationOf(allocation, `${key}x`, host)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test("round amounts of others belong to nobody", () => {
    expect(isAllocationOf({ allocationId: "a", totalAmount: "5" }, "ns-1", host)).toBe(false);
  });
});

describe("prices", () => {
  const offer = {
    "golem.com.usage.vector": ["golem.usage.duration_sec", "golem.usage.cpu_sec"],
    "golem.com.pricing.model.linear.coeffs": [0.00002, 0.00001, 0.01],
    "golem.inf.cpu.threads": 4,
    "golem.inf.mem.gib": 8,
    "golem.inf.storage.gib": 20,
  };

  test("the order of the counters is the offer's, and an hour counts all threads", () => {
    const facts = readOfferFacts(offer);
    expect(facts).toMatchObject({ startGlm: 0.01, envGlmPerSecond: 0.00002, cpuGlmPerSecond: 0.00001, threads: 4, arch: "x86_64" });
    expect(facts && glmPerHour(facts)).toBeCloseTo(0.216, 12);
  });

  test.each([
    ["no vector", { "golem.com.usage.vector": undefined }],
    ["too few prices", { "golem.com.pricing.model.linear.coeffs": [0.1, 0.1] }],
    ["a negative price", { "golem.com.pricing.model.linear.coeffs": [-1, 0.1, 0] }],
    ["a price that is no number", { "golem.com.pricing.model.linear.coeffs": ["1", 0.1, 0] }],
    ["a charge for something that has no bound", { "golem.com.usage.vector": ["golem.usage.duration_sec", "golem.usage.gib"] }],
    ["no threads", { "golem.inf.cpu.threads": undefined }],
  ])("an offer with %s is none", (_what, wrong) => {
    expect(readOfferFacts({ ...offer, ...wrong })).toBeUndefined();
  });

  test("what is set aside covers the cap for the whole rent; what bills may come to is the agreed price", () => {
    const options = { leastRentMs: 360_000, rentMarginMs: 60_000, mostStartGlm: 0.05, billTolerance: 0.1 };
    const launch = { maxLifetimeMs: 3_600_000 } as never;
    const terms = termsOf({ launch, priceCapUsdPerHour: 0.5 }, 0.25, options);
    expect(terms.rentSeconds).toBe(3_660);
    expect(terms.glmPerHour).toBeCloseTo(2, 4);
    expect(terms.totalGlm).toBeCloseTo((0.05 + 2 * (3_660 / 3_600)) * 1.1, 4);
    const facts = readOfferFacts(offer);
    if (facts === undefined) throw new Error("The offer is sound.");
    expect(ceilingOf(facts, 2, options).totalGlm).toBeCloseTo(0.01 + 0.432, 9);
  });

  test("short lifetimes are rented for what providers take at least", () => {
    const options = { leastRentMs: 360_000, rentMarginMs: 60_000, mostStartGlm: 0, billTolerance: 0 };
    expect(termsOf({ launch: { maxLifetimeMs: 1_000 } as never, priceCapUsdPerHour: 1 }, 1, options).rentSeconds).toBe(360);
  });
});

describe("the price of GLM", () => {
  const virtual = createVirtualHost();
  const call = () => testCallContext({ host: virtual });
  const quoting = (quote: object) => createExchangeRate("golem", { quote: async () => ({ usd: 0.3, asOfMs: virtual.now(), ...quote }) });

  test("a number is taken as it is", async () => {
    expect(await createExchangeRate("golem", 0.25).usdPerGlm(1, call())).toBe(0.25);
  });

  test("a fresh quote is taken", async () => {
    expect(await quoting({ confidence: 0.001 }).usdPerGlm(120_000, call())).toBe(0.3);
  });

  test.each([
    ["old", { asOfMs: 0 }],
    ["uncertain", { confidence: 0.01 }],
    ["no price", { usd: Number.NaN }],
    ["nothing", { usd: 0 }],
  ])("a quote that is %s is refused", async (_what, quote) => {
    await expect(quoting(quote).usdPerGlm(120_000, call())).rejects.toMatchObject({ code: "PRICE_UNAVAILABLE", effect: "none" });
  });

  test("a source that fails, or throws its own, is named so", async () => {
    const rate = createExchangeRate("golem", { quote: () => Promise.reject(new Error("down")) });
    await expect(rate.usdPerGlm(120_000, call())).rejects.toMatchObject({ code: "PRICE_UNAVAILABLE" });
  });

  test("a source that hangs is not waited for longer than it may take", async () => {
    const rate = createExchangeRate("golem", { quote: () => new Promise(() => undefined) });
    const refused = expect(rate.usdPerGlm(120_000, call())).rejects.toMatchObject({ code: "PRICE_UNAVAILABLE" });
    await virtual.advance(10_000);
    await refused;
  });
});
