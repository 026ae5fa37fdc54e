import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type BackendVerbs,
  type Capabilities,
  type Demand,
  defineBackend,
  findByKey,
  type LeaseRef,
  type Placement,
  secretOption,
  type VerbsWithoutFind,
} from "../../../src/kit/index.js";
import type { Secret } from "../../../src/model/secret.js";
import { makeCall } from "./make-call.js";

const capabilities: Capabilities = {
  paid: true,
  images: "required",
  exitCode: true,
  staging: "none",
  logs: false,
  reuse: false,
  affinity: "any",
  inspect: { mode: "ids", max: 100 },
  pollMs: { least: 1_000, most: 30_000 },
  visibilityMs: 0,
  bindMs: 10_000,
  provisionMs: 60_000,
  billing: { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "none" },
  enforcesLifetime: false,
  trust: { operators: ["single"], certifications: [], agreements: [], tee: [] },
  countries: ["DE"],
  limits: { concurrency: 4, callsPerSecond: 5 },
  offersTtlMs: 60_000,
};

const options = z.object({ apiKey: secretOption().optional(), region: z.enum(["eu", "us"]).default("eu") });

/** A class with private state: verbs must be called as its methods. */
class Verbs implements VerbsWithoutFind {
  readonly #refs: LeaseRef[];
  constructor(refs: LeaseRef[] = []) {
    this.#refs = refs;
  }
  async listOffers() {
    return [];
  }
  async bind(placement: Placement) {
    const ref = { backend: "acme", key: placement.key, data: {} };
    this.#refs.push(ref);
    return { ref };
  }
  async inspect() {
    return [];
  }
  async release() {
    return "released" as const;
  }
  async listLeases(): Promise<readonly LeaseRef[]> {
    return this.#refs;
  }
}

const acme = defineBackend({
  kind: "acme-cloud",
  options,
  derive: "find-by-key",
  capabilities: () => capabilities,
  create: () => new Verbs(),
});

describe("defineBackend", () => {
  it("fills in version, kind and id", () => {
    expect(acme()).toMatchObject({ specVersion: 1, id: "acme-cloud", kind: "acme-cloud", capabilities });
    expect(acme({ id: "acme-eu" }).id).toBe("acme-eu");
  });

  it("hands validated options, tools and capabilities to the author", () => {
    const seen: unknown[] = [];
    const factory = defineBackend({
      kind: "acme",
      options,
      derive: "find-by-key",
      capabilities: (given, tools) => {
        expectTypeOf(given).toEqualTypeOf<{ apiKey?: Secret | undefined; region: "eu" | "us" }>();
        return { ...capabilities, countries: [given.region === "eu" ? "DE" : "US"], offersTtlMs: Number(tools.env("TTL")) };
      },
      create: (given, tools) => {
        seen.push(
          given.region,
          tools.id,
          tools.capabilities.countries,
          tools.setting("apiKey", { option: given.apiKey, env: "ACME_KEY", secret: true }).reveal(),
        );
        return new Verbs();
      },
    });
    factory({ region: "us", id: "acme-2" }, (name) => ({ ACME_KEY: "from-env", TTL: "5" })[name]);
    expect(seen).toEqual(["us", "acme-2", ["US"], "from-env"]);
  });

  it("takes no argument where no option is required, and demands one where one is", () => {
    const strict = defineBackend({
      kind: "acme",
      options: z.object({ project: z.string() }),
      derive: "find-by-key",
      capabilities: () => capabilities,
      create: () => new Verbs(),
    });
    expectTypeOf(acme).toBeCallableWith();
    // @ts-expect-error the option is required
    expect(() => strict()).toThrow("acme: option `project` is invalid: expected string, received undefined.");
    // @ts-expect-error the type is wrong
    expect(() => strict({ project: 1 })).toThrow(/expected string/);
    expect(strict({ project: "p" }).kind).toBe("acme");
  });

  it("names a misspelt option after the instance", () => {
    // @ts-expect-error the key is misspelt
    expect(() => acme({ id: "acme-eu", regoin: "eu" })).toThrow("acme-eu: there is no option `regoin` (did you mean `region`?).");
    expect(() => acme({ id: "Not An Id" })).toThrow(/option `id` must match/);
  });

  it("derives find from listLeases", async () => {
    const backend = acme();
    const call = makeCall();
    await backend.bind({ key: "testns-a" } as Placement, call);
    const partial = { backend: "acme-cloud", key: "testns-c", data: { order: 1 } };
    const findings = await backend.find(
      [
        { key: "testns-a", intendedAtMs: 0 },
        { key: "testns-b", intendedAtMs: 0 },
        { key: "testns-c", intendedAtMs: 0, partial },
      ],
      call,
    );
    expect(findings).toEqual([
      { kind: "bound", key: "testns-a", lease: { ref: { backend: "acme", key: "testns-a", data: {} } } },
      { kind: "absent", key: "testns-b" },
      { kind: "partial", key: "testns-c", ref: partial },
    ]);
  });

  it("prefers the author's own find, and insists on one of the two", async () => {
    const own = Object.assign(new Verbs(), { find: async () => [{ kind: "unknown", key: "k" } as const] });
    const withFind = defineBackend({ kind: "acme", options, capabilities: () => capabilities, create: () => own });
    expect(await withFind().find([], makeCall())).toEqual([{ kind: "unknown", key: "k" }]);
    // @ts-expect-error find is missing and not derived
    const without = defineBackend({ kind: "acme", options, capabilities: () => capabilities, create: () => new Verbs() });
    expect(() => without()).toThrow(
      expect.objectContaining({ code: "PLUGIN_CONTRACT_VIOLATION", message: expect.stringContaining("it has no `find`") }),
    );
  });

  it.each<[string, Partial<Capabilities>, Partial<BackendVerbs>, RegExp]>([
    ["reuse without start", { reuse: true }, {}, /declares `reuse: true` but has no `start`/],
    ["start without reuse", {}, { start: async () => undefined }, /has a `start` but does not declare/],
    ["native staging without collect", { staging: "native" }, {}, /declares `staging: "native"` but has no `collect`/],
    [
      "collect without native staging",
      { staging: "wrapper" },
      { collect: async () => ({ version: 1, exitCode: 0, outputs: [] }) },
      /has a `collect`/,
    ],
    ["logs without a verb", { logs: true }, {}, /declares `logs: true` but has no `logs`/],
    ["a logs verb without the capability", {}, { logs: async function* () {} }, /has a `logs`/],
    ["a poll interval upside down", { pollMs: { least: 10, most: 5 } }, {}, /pollMs\.most/],
    ["a limit of nothing", { limits: { concurrency: 0, callsPerSecond: 1 } }, {}, /limits\.concurrency/],
    ["a batch of part of a lease", { inspect: { mode: "ids", max: 1.5 } }, {}, /inspect\.max/],
    ["a figure that is no number", { bindMs: Number.NaN }, {}, /bindMs/],
    ["negative visibility", { visibilityMs: -1 }, {}, /visibilityMs/],
    ["nobody to trust", { trust: { ...capabilities.trust, operators: [] } }, {}, /trust\.operators/],
    ["a country in lower case", { countries: ["de"] }, {}, /ISO 3166/],
  ])("refuses %s", (_name, changed, verbs, message) => {
    const factory = defineBackend({
      kind: "acme",
      options,
      derive: "find-by-key",
      capabilities: () => ({ ...capabilities, ...changed }),
      create: () => Object.assign(new Verbs(), verbs),
    });
    expect(() => factory()).toThrow(
      expect.objectContaining({
        code: "PLUGIN_CONTRACT_VIOLATION",
        retry: "never",
        effect: "none",
        message: expect.stringMatching(message),
      }),
    );
  });

  it("keeps optional verbs off where they are not given and on where they are", async () => {
    expect(Object.keys(acme()).sort()).toEqual([
      "bind",
      "capabilities",
      "find",
      "id",
      "inspect",
      "kind",
      "listLeases",
      "listOffers",
      "release",
      "specVersion",
    ]);
    let closed = 0;
    const factory = defineBackend({
      kind: "acme",
      options,
      derive: "find-by-key",
      capabilities: () => ({ ...capabilities, logs: true, reuse: true, staging: "native" }),
      create: () =>
        Object.assign(new Verbs(), {
          start: async () => undefined,
          collect: async () => ({ version: 1 as const, exitCode: 0, outputs: [] }),
          logs: async function* () {
            yield { stream: "stdout" as const, text: "hello" };
          },
          close: async () => void closed++,
        }),
    });
    const backend = factory();
    for await (const chunk of backend.logs?.({ backend: "acme", key: "k", data: {} }, makeCall()) ?? []) expect(chunk.text).toBe("hello");
    await backend.close?.();
    expect(closed).toBe(1);
  });

  it("gives each verb call a context of its own and turns a thrown error into a rejection", async () => {
    const seen: unknown[] = [];
    const factory = defineBackend({
      kind: "acme",
      options,
      derive: "find-by-key",
      capabilities: () => capabilities,
      create: () =>
        Object.assign(new Verbs(), {
          listOffers: (_demand: Demand, call: unknown): Promise<readonly never[]> => {
            seen.push(call);
            throw new Error("thrown synchronously");
          },
        }),
    });
    const call = makeCall();
    const backend = factory();
    await expect(backend.listOffers({} as Demand, call)).rejects.toThrow("thrown synchronously");
    await expect(backend.listOffers({} as Demand, call)).rejects.toThrow();
    expect(seen[0]).not.toBe(seen[1]);
    expect(seen[0]).toMatchObject({ deadlineMs: call.deadlineMs, host: call.host });
  });

  it("refuses a kind that could not be a key", () => {
    expect(() =>
      defineBackend({ kind: "Acme Cloud", options, derive: "find-by-key", capabilities: () => capabilities, create: () => new Verbs() }),
    ).toThrow(/kebab-case/);
  });
});

describe("findByKey", () => {
  it("asks once however many intents there are", async () => {
    let calls = 0;
    const find = findByKey(async () => {
      calls++;
      return [];
    });
    await find(
      [1, 2, 3].map((n) => ({ key: `testns-${n}`, intendedAtMs: 0 })),
      makeCall(),
    );
    expect(calls).toBe(1);
  });
});
