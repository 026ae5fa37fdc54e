import { describe, expect, test } from "vitest";
import { AKASH_CONSOLE_AUDITOR, type AkashOptions, akash } from "../../../../src/backends/akash/index.js";

const HOUR_MS = 3_600_000;
const apiKey = "ac.sk.test.key";
const fails = (options: object, ...words: readonly string[]) => {
  for (const word of words) {
    expect(() => akash(options as AkashOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIG", message: expect.stringContaining(word) }),
    );
  }
};

describe("options", () => {
  test("a missing key is named with its variable", () => {
    fails({}, "`apiKey`", "AKASH_API_KEY");
  });

  test("misspelt, and out of range", () => {
    fails({ apiKey, statusport: 1 }, "statusPort");
    fails({ apiKey, auditors: ["somebody"] }, "auditors");
    fails({ apiKey, denominations: { uact: "much" } }, "denominations");
    fails({ apiKey, denominations: {} }, "denominations");
    fails({ apiKey, blockMs: 6.5 }, "blockMs");
    fails({ apiKey, mostHours: 72 }, "mostHours");
    fails({ apiKey, funding: { check: "never" } }, "funding.check");
    fails({ apiKey, gateway: "carrier pigeon" }, "gateway");
  });

  test("a wallet of one's own is not available yet, and what to do instead is said without a key as well", () => {
    const signer = { kind: "wallet", mnemonic: "very secret words", rpcUrl: "https://rpc.example", grpcUrl: "https://grpc.example" };
    fails({ signer }, "not available yet", "AKASH_API_KEY");
    const make = () => akash({ signer } as AkashOptions);
    expect(make).toThrow(expect.objectContaining({ details: expect.objectContaining({ field: "signer", reason: "not-available-yet" }) }));
    expect(make).not.toThrow(/very secret/);
  });

  test("the key is not shown", () => {
    expect(JSON.stringify(akash({ apiKey: "very-secret" }))).not.toContain("very-secret");
  });
});

describe("capabilities", () => {
  test("by the block, wrapped, with the runner's port, and anybody's machines", () => {
    expect(akash({ apiKey }).capabilities).toMatchObject({
      paid: true,
      images: "required",
      exitCode: false,
      staging: "wrapper",
      statusPort: 8_080,
      logs: true,
      charges: "reported",
      billing: { granularityMs: 6_000, minimumMs: 0, prepaid: false },
      enforcesLifetime: false,
      trust: { operators: ["permissionless"], certifications: [], agreements: [], tee: [] },
      countries: "any",
    });
  });

  test("auditors whose word is taken make another class of operators possible, and nothing else", () => {
    expect(akash({ apiKey, auditors: [AKASH_CONSOLE_AUDITOR] }).capabilities.trust).toEqual({
      operators: ["audited", "permissionless"],
      certifications: [],
      agreements: [],
      tee: [],
    });
  });

  test("a lifetime has a limit only where the runtime limit is insisted on and exists", () => {
    expect(akash({ apiKey }).capabilities.lifetimeLimitMs).toBeUndefined();
    expect(akash({ apiKey, runtimeLimit: "require" }).capabilities.lifetimeLimitMs).toBe(48 * HOUR_MS);
    expect(akash({ apiKey, runtimeLimit: "require", mostHours: 6 }).capabilities.lifetimeLimitMs).toBe(6 * HOUR_MS);
    expect(akash({ apiKey, runtimeLimit: "require", contract: "2026-08" }).capabilities.lifetimeLimitMs).toBeUndefined();
  });
});
