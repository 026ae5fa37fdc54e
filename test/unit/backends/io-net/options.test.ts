import { describe, expect, test } from "vitest";
import { ioNet } from "../../../../src/backends/io-net/index.js";
import type { IoNetOptions } from "../../../../src/backends/io-net/options.js";

const HOUR_MS = 3_600_000;
const fails = (options: object, ...words: readonly string[]) => {
  for (const word of words) {
    expect(() => ioNet(options as IoNetOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIG", message: expect.stringContaining(word) }),
    );
  }
};

describe("options", () => {
  test("a missing key is named with its variable", () => {
    fails({}, "`apiKey`", "IONET_API_KEY");
  });

  test("misspelt, and out of range", () => {
    fails({ apiKey: "k", trafficport: 1 }, "trafficPort");
    fails({ apiKey: "k", trafficPort: 70_000 }, "trafficPort");
    fails({ apiKey: "k", billing: { refund: "minutes" } }, "refund");
    fails({ apiKey: "k", nodePool: { id: "my pool" } }, "nodePool.id");
    fails({ apiKey: "k", countries: ["Finland"] }, "countries");
    fails({ apiKey: "k", assume: { memoryPerGpu: "much" } }, "memoryPerGpu");
  });

  test("the key is not shown", () => {
    expect(JSON.stringify(ioNet({ apiKey: "very-secret" }))).not.toContain("very-secret");
  });
});

describe("capabilities", () => {
  test("hours are bought beforehand, one at least, and whole ones come back", () => {
    expect(ioNet({ apiKey: "k" }).capabilities).toMatchObject({
      paid: true,
      images: "required",
      exitCode: false,
      staging: "wrapper",
      reuse: true,
      enforcesLifetime: true,
      lifetimeLimitMs: 8_760 * HOUR_MS,
      billing: { granularityMs: HOUR_MS, minimumMs: HOUR_MS, prepaid: true, refund: "unused" },
    });
  });

  test("the uncertain rules of billing are options", () => {
    const { billing } = ioNet({ apiKey: "k", billing: { refund: "none", minimumHours: 2 } }).capabilities;
    expect(billing).toEqual({ granularityMs: HOUR_MS, minimumMs: 2 * HOUR_MS, prepaid: true, refund: "none" });
  });

  test("machines are anybody's, unless a pool is stated to be audited; nothing can be signed or certified", () => {
    const id = "8f2c2c3e-6f1e-4f0e-9a53-0d6f4a7f2b11";
    const trustOf = (options: IoNetOptions) => ioNet({ apiKey: "k", ...options }).capabilities.trust;
    const nothing = { certifications: [], agreements: [], tee: [] };
    expect(trustOf({})).toEqual({ operators: ["permissionless"], ...nothing });
    expect(trustOf({ nodePool: { id } })).toEqual({ operators: ["permissionless"], ...nothing });
    expect(trustOf({ nodePool: { id, operator: "audited" } })).toEqual({ operators: ["audited"], ...nothing });
    fails({ apiKey: "k", nodePool: { id, operator: "single" } }, "operator");
  });
});
