import { describe, expect, it } from "vitest";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import { WORKLOAD_KINDS } from "../../../src/model/workload.js";
import { parseWorkload, type WorkloadInput } from "../../../src/model/workload-input.js";
import { fc } from "../../support/property.js";

const RUNS = 250;

/** Good workloads, one for each kind, with every field that there is. */
const good: readonly Readonly<Record<string, unknown>>[] = WORKLOAD_KINDS.map((kind) => ({
  kind,
  name: "job",
  image: "alpine:3",
  command: ["run", "--fast"],
  env: { LEVEL: "3" },
  secrets: { TOKEN: "env:TOKEN" },
  secretsTo: "trusted",
  registry: { server: "ghcr.io", username: "acme", password: "env:P" },
  resources: { cpu: 2, memory: "4GiB", disk: "8GiB", gpu: { model: "l4", count: 1, memory: "24GiB", vendor: "nvidia" }, arch: "x86_64" },
  inputs: { "/in": { uri: "s3://b/in", sha256: "0".repeat(64), size: 5 } },
  outputs: { "/out": { uri: "s3://b/out", optional: false } },
  data: { sensitivity: "public", residency: ["DE"], certifications: ["soc2"], agreements: ["dpa"], tee: ["tdx"], transferBasis: "scc" },
  expectedDuration: "20m",
  timeout: "1h",
  deadline: "6h",
  startWithin: "1h",
  latency: "batch",
  near: "DE",
  interruptible: true,
  checkpoint: { path: "/c", every: "5m", cost: "10s", restore: "30s", size: "1GiB" },
  maxCost: "$5",
  valueAtRisk: "$5",
  priority: 1,
  tenant: "t",
  verification: { kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 5 },
  labels: { a: "b" },
  backendOptions: { local: { a: [1] } },
  nodes: 1,
}));

/** Values that no field of a workload takes, whatever its type. */
const wrongEverywhere = fc.constantFrom<unknown>(
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1e308,
  1n,
  Symbol("x"),
  () => "x",
  new Map([["a", 1]]),
  new Set(),
  /x/,
  new Uint8Array(3),
  Promise.resolve(1),
  new Date(Number.NaN),
  "\0",
  "x".repeat(1_100_000),
  [[[]]],
  { ["\0"]: { "": [] } },
  new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("trap");
      },
    },
  ),
  Object.defineProperty({}, "x", {
    enumerable: true,
    get: () => {
      throw new Error("getter");
    },
  }),
);

type Path = readonly string[];

/** Every path of an object, its own branches included; free maps and plain JSON only down to themselves. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  const here = path.length === 0 ? [] : [path];
  const isFree = ["backendOptions", "command", "residency", "certifications", "agreements", "tee"].includes(path.at(-1) ?? "");
  if (typeof value !== "object" || value === null || Array.isArray(value) || isFree) return here;
  return [...here, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const members = value as Record<string, unknown>;
  return { ...members, [key]: replaced(members[key], rest, by) };
}

/** What went wrong, which has to be a coded error that names a field; anything else thrown is the failure looked for. */
function refusalOf(input: unknown): SchedulerError | undefined {
  try {
    parseWorkload(input);
    return undefined;
  } catch (thrown) {
    if (!SchedulerError.isInstance(thrown)) throw new Error("something else than a SchedulerError was thrown", { cause: thrown });
    expect(["INVALID_WORKLOAD", "UNSUPPORTED_WORKLOAD"]).toContain(thrown.code);
    expect(typeof thrown.details.field === "string" && thrown.details.field !== "").toBe(true);
    expect(thrown.message).toContain(`\`${thrown.details.field}\``);
    expect(thrown.message.length).toBeLessThan(1_000);
    expect(JSON.stringify(thrown).length).toBeLessThan(100_000);
    return thrown;
  }
}

describe("bad input", () => {
  it("starts from input that is good", () => {
    for (const input of good) expect(refusalOf(input)).toBeUndefined();
  });

  it("names the field in which a good workload was spoilt", () => {
    const spoilt = fc
      .constantFrom(...good)
      .chain((input) => fc.record({ input: fc.constant(input), path: fc.constantFrom(...pathsOf(input)), value: wrongEverywhere }));
    fc.assert(
      fc.property(spoilt, ({ input, path, value }) => {
        // A variable may be any finite number: it becomes its text.
        fc.pre(!(path[0] === "env" && path.length === 2 && Number.isFinite(value)));
        const error = refusalOf(replaced(input, path, value));
        expect(error, `${path.join(".")} was accepted`).toBeDefined();
        expect(String(error?.details.field).split(/[.[]/)[0]).toBe(path[0]);
      }),
      { numRuns: RUNS },
    );
  });

  it("names a key that nobody knows, wherever it stands", () => {
    const levels: Path[] = [
      [],
      ["resources"],
      ["resources", "gpu"],
      ["data"],
      ["checkpoint"],
      ["verification"],
      ["registry"],
      ["inputs", "/in"],
      ["outputs", "/out"],
    ];
    const key = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `x-${text}`);
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.constantFrom(...levels), key, (input, level, name) => {
        const error = refusalOf(replaced(input, [...level, name], 1));
        expect(error?.code).toBe("INVALID_WORKLOAD");
        expect(error?.message).toMatch(/not a known field|not a field of/);
        expect(String(error?.details.field)).toContain(name.startsWith("x-") ? "x-" : name);
      }),
      { numRuns: RUNS },
    );
  });

  it("never ends in another error, whatever is handed over", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withBoxedValues: true,
      key: fc.oneof(
        fc.string(),
        fc.constantFrom("__proto__", "constructor", "toString", "command", "kind", "sweep", "seeds", "frames", "shards"),
      ),
      maxDepth: 4,
    });
    fc.assert(
      fc.property(anything, (input) => {
        expect(refusalOf(input)).toBeDefined();
      }),
      { numRuns: RUNS },
    );
    const spoilt = fc.record({
      input: fc.constantFrom(...good),
      key: fc.constantFrom(...Object.keys(good[0] ?? {}), "shards", "frames", "seeds", "sweep"),
      value: anything,
    });
    fc.assert(
      fc.property(spoilt, ({ input, key, value }) => {
        // Some of these are good by luck; only the manner of failing matters.
        refusalOf({ ...input, [key]: value });
      }),
      { numRuns: RUNS },
    );
  });

  it("comes out clean where text is nearly right", () => {
    const near = fc.oneof(
      fc.stringMatching(/^[-+$€]?[0-9.,e]{0,8} ?(ms|s|m|h|d|GiB|GB|G|USD|\/day)?$/),
      fc.stringMatching(/^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?$/),
      fc.double(),
    );
    const fields: Path[] = [
      ["timeout"],
      ["expectedDuration"],
      ["deadline"],
      ["maxCost"],
      ["valueAtRisk"],
      ["resources", "memory"],
      ["resources", "gpu", "memory"],
      ["checkpoint", "size"],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.constantFrom(...fields), near, (input, path, value) => {
        const spoilt = replaced(input, path, value);
        if (refusalOf(spoilt)) return;
        const parsed = parseWorkload(spoilt as WorkloadInput);
        expect(parsed.kind).toBe("single");
        if (parsed.kind !== "single") return;
        const { timeoutMs, expectedDurationMs, maxCost, resources, checkpoint } = parsed.workload;
        for (const number of [timeoutMs, expectedDurationMs, resources.memoryMiB])
          expect(Number.isSafeInteger(number) && number > 0).toBe(true);
        expect(timeoutMs).toBeGreaterThanOrEqual(expectedDurationMs);
        expect((maxCost ?? 0n) > 0n).toBe(true);
        expect(Number.isSafeInteger(checkpoint?.sizeBytes)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
