import { parseWorkload } from "spillway";
import { s3 } from "spillway/data/s3";
import { describe, expect, test } from "vitest";
import {
  attemptPlaces,
  cheapestFar,
  dataCost,
  farWorkspace,
  isWorthCopying,
  keptUri,
  nearWorkspace,
  planStaging,
  STORAGE_PRICES,
  type StagingStore,
  sourceOf,
  storeOf,
  withCopies,
} from "../../../../src/data/staging/index.js";
import type { Workload } from "../../../../src/model/workload.js";
import type { Capabilities } from "../../../../src/spec/capabilities.js";

const store = (id: string, egressUsdPerGB: number, more: Partial<StagingStore> = {}): StagingStore => ({
  id,
  schemes: ["s3"],
  write: true,
  workspace: `s3://${id}/spillway/`,
  prices: { egressUsdPerGB, storageUsdPerGBMonth: 0.02 },
  writeUrl: async () => "",
  ...more,
});
const files: StagingStore = {
  id: "file",
  schemes: ["file"],
  write: true,
  local: true,
  workspace: "file:///var/spillway/",
  prices: { egressUsdPerGB: 0, storageUsdPerGBMonth: 0 },
  writeUrl: async () => "",
};
const dear = store("dear", 0.09);
const free = store("free", 0);
const GB = 1e9;
const sha256 = "ab".repeat(32);

const workload = (input: object): Workload => {
  const parsed = parseWorkload({ command: ["work"], ...input });
  if (parsed.kind !== "single") throw new Error("one workload was meant");
  return parsed.workload;
};
const can = (staging: Capabilities["staging"], exitCode = false) => ({ staging, exitCode });

describe("a URI is read by", () => {
  test("the store of its own bucket, else by the first that knows its scheme", () => {
    expect(storeOf("s3://free/a", [dear, free])?.id).toBe("free");
    expect(storeOf("s3://another/a", [dear, free])?.id).toBe("dear");
    expect(storeOf("S3://FREE/a", [dear, free])?.id).toBe("free");
    expect(storeOf("ipfs://x", [dear, free])).toBeUndefined();
    expect(storeOf("no scheme", [dear, free])).toBeUndefined();
  });
});

describe("results are kept in", () => {
  test("the first writable store when this process collects them, and in one with URLs that work elsewhere otherwise", () => {
    expect(nearWorkspace([store("r", 0, { write: false }), files, dear])?.id).toBe("file");
    expect(farWorkspace([files, store("urls", 0, { write: false }), dear])?.id).toBe("dear");
    const { writeUrl: _, ...readOnly } = dear;
    expect(farWorkspace([files, readOnly])).toBeUndefined();
    expect(cheapestFar([files, dear, free])?.id).toBe("free");
    expect(cheapestFar([store("a", 0, { prices: { egressUsdPerGB: 0, storageUsdPerGBMonth: 0.03 } }), free])?.id).toBe("free");
  });
});

describe("files move", () => {
  const io = workload({ inputs: { in: "s3://free/a" }, outputs: { out: {} } });

  test.each([
    ["native", false, "native"],
    ["native", true, "native"],
    ["wrapper", false, "wrapper"],
    ["wrapper", true, "wrapper"],
    ["sidecar", true, "sidecar"],
  ] as const)("with %s staging (exit code: %s) as %s", (staging, exitCode, mode) => {
    expect(planStaging(io, can(staging, exitCode), [free])).toEqual({ kind: "possible", mode });
  });

  test("not at all when there are none and the platform tells the exit code", () => {
    const bare = workload({});
    expect(planStaging(bare, can("wrapper", true), [])).toEqual({ kind: "possible", mode: "none" });
    expect(planStaging(bare, can("none", true), [])).toEqual({ kind: "possible", mode: "none" });
    // Without an exit code the runner's manifest is the only word on how the command ended.
    expect(planStaging(bare, can("wrapper", false), [free])).toEqual({ kind: "possible", mode: "wrapper" });
    expect(planStaging(workload({ checkpoint: "ckpt" }), can("wrapper", true), [free])).toEqual({ kind: "possible", mode: "wrapper" });
    expect(planStaging(workload({ checkpoint: "ckpt" }), can("none", true), [])).toEqual({ kind: "possible", mode: "none" });
  });

  const plan = (input: object, stores: readonly StagingStore[] = [free], staging: Capabilities["staging"] = "wrapper") =>
    planStaging(workload(input), can(staging), stores);

  test.each([
    ["no shell in the image", { image: "scratch" }, "image", /has no shell/],
    ["a distroless image", { image: "gcr.io/distroless/static" }, "image", /has no shell/],
    ["an odd file name", { inputs: { 'a"b': "s3://free/a" } }, "inputs", /holds a `"`/],
    ["a variable that the runner needs", { env: { SPILLWAY_JOB: "x" } }, "env.SPILLWAY_JOB", /belongs to the runner/],
    ["an input that no store reads", { inputs: { in: "ipfs://x" } }, "inputs.in", /no artifact store reads/],
  ])("nowhere with %s", (_, input, field, message) => {
    expect(plan(input)).toEqual({ kind: "impossible", field, message: expect.stringMatching(message) });
  });

  test("through helpers even where the image has no shell, since it is not the image that moves them", () => {
    expect(plan({ image: "scratch", outputs: { out: {} } }, [free], "sidecar")).toEqual({ kind: "possible", mode: "sidecar" });
    expect(plan({ image: "scratch", outputs: { out: {} } }, [free], "native")).toEqual({ kind: "possible", mode: "native" });
  });

  test("encrypted only where the runner sends them", () => {
    const sealed = workload({
      outputs: { "/out": { encryptTo: "age196vfl7ygwhklyzzt2ws8j2s6s5rvl0ap5g89kceatt0d9x0xxspszelmd9" }, "/log": {} },
    });
    expect(planStaging(sealed, can("wrapper"), [free])).toEqual({ kind: "possible", mode: "wrapper" });
    for (const staging of ["native", "sidecar", "none"] as const) {
      expect(planStaging(sealed, can(staging), [free])).toMatchObject({
        kind: "impossible",
        field: "outputs./out.encryptTo",
        code: "ENCRYPTION_UNAVAILABLE",
      });
    }
  });

  test("nowhere without a store that hands out URLs", () => {
    expect(plan({ outputs: { out: {} } }, [files])).toMatchObject({ kind: "impossible", field: "artifacts" });
    expect(plan({ outputs: { out: {} } }, [files], "sidecar")).toMatchObject({ kind: "impossible", field: "artifacts" });
  });

  test("nowhere from a place that is not trusted, unless the digest is given", () => {
    const gateway = store("gateway", 0, { schemes: ["ipfs"], write: false, needsDigest: true });
    expect(plan({ inputs: { in: "ipfs://x" } }, [free, gateway])).toMatchObject({ kind: "impossible", field: "inputs.in" });
    expect(plan({ inputs: { in: { uri: "ipfs://x", sha256 } } }, [free, gateway])).toMatchObject({ kind: "possible" });
  });

  test("however many there are: then the job text goes its own way", () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`in/${index}`, `s3://free/${index}`]));
    expect(plan({ inputs: many })).toEqual({ kind: "possible", mode: "wrapper" });
  });
});

describe("one copy is cheaper than many fetches", () => {
  const to = { egressUsdPerGB: 0, storageUsdPerGBMonth: 0.015 };

  test.each([
    // 2 * 0.09 > 0.09 + 0.015
    [2, 0.09, true],
    [1, 0.09, false],
    [50, 0, false],
    // 2 * 0.01 < 0.01 + 0.015; 3 * 0.01 > 0.025
    [2, 0.01, false],
    [3, 0.01, true],
  ])("%s fetches from a place at $%s per GB: %s", (fetches, fromUsdPerGB, worth) => {
    expect(isWorthCopying({ bytes: GB, fetches, fromUsdPerGB, to })).toBe(worth);
  });

  test("is kept for as long as storage does not eat the saving", () => {
    const question = { bytes: GB, fetches: 2, fromUsdPerGB: 0.09, to };
    expect(isWorthCopying({ ...question, keptDays: 179 })).toBe(true);
    expect(isWorthCopying({ ...question, keptDays: 180 })).toBe(false);
  });
});

describe("copies are noted", () => {
  const reading = (uri: string, more: object = {}) => workload({ inputs: { in: { uri, sha256, size: "10GB", ...more } } });
  const staged = (workloads: readonly Workload[], stores: readonly StagingStore[]) =>
    withCopies(workloads, stores).map(({ inputs }) => inputs["in"]?.stagedUri);
  const copy = (id: string) => `s3://${id}/spillway/inputs/${sha256}`;

  test("for files that several workloads read, in the cheapest store", () => {
    const uri = "s3://dear/a";
    expect(staged([reading(uri)], [dear, free])).toEqual([undefined]);
    expect(staged([reading(uri), reading(uri)], [dear, free])).toEqual([copy("free"), copy("free")]);
    expect(staged([reading(uri), reading("s3://dear/b")], [dear, free])).toEqual([undefined, undefined]);
  });

  test("for files that replicas read", () => {
    const input = { inputs: { in: { uri: "s3://dear/a", sha256, size: "10GB" } }, outputs: { out: {} }, verification: { kind: "quorum" } };
    expect(staged([workload(input)], [dear, free])).toEqual([copy("free")]);
  });

  test("only for files whose digest is known, and not where they lie cheapest already", () => {
    const unknown = workload({ inputs: { in: { uri: "s3://dear/a", size: "10GB" } } });
    expect(staged([unknown, unknown], [dear, free])).toEqual([undefined, undefined]);
    expect(staged([reading("s3://free/a"), reading("s3://free/a")], [dear, free])).toEqual([undefined, undefined]);
  });

  test("for every file of this machine, for machines elsewhere alone", () => {
    const [noted] = withCopies([reading("file:///data/a")], [files, dear, free]);
    const input = noted?.inputs["in"];
    // Uploaded to the store that attempts write to, which is asked for anyway.
    expect(input?.stagedUri).toBe(copy("dear"));
    if (input === undefined) throw new Error("the input is there");
    expect(sourceOf(input, true, [files, dear])).toBe("file:///data/a");
    expect(sourceOf(input, false, [files, dear])).toBe(copy("dear"));
    expect(staged([reading("file:///data/a")], [files])).toEqual([undefined]);
  });
});

test("prices of inputs are those of the place from which each backend reads them", () => {
  const input = { inputs: { big: { uri: "s3://dear/a", sha256, size: "3GB" }, own: { uri: "file:///b", sha256, size: "1GB" } } };
  const [noted] = withCopies([workload(input)], [files, dear]);
  const backends = [
    { backend: "here", capabilities: can("native") },
    { backend: "there", capabilities: can("wrapper") },
  ];
  const cost = dataCost(noted ?? workload(input), backends, [files, dear], 7);
  expect(cost).toMatchObject({ inputBytes: 4 * GB, outputBytes: 7 });
  // Here the local file costs nothing; there its copy is fetched too.
  expect(cost.inputEgressByBackend["here"]).toBeCloseTo((3 * 0.09) / 4, 12);
  expect(cost.inputEgressByBackend["there"]).toBeCloseTo(0.09, 12);
  expect(cost.inputEgressUsdPerGB).toBeCloseTo((3 * 0.09) / 4, 12);
  expect(dataCost(workload({}), backends, [], 0)).toEqual({
    inputBytes: 0,
    outputBytes: 0,
    inputEgressUsdPerGB: 0,
    inputEgressByBackend: {},
  });
});

test("places of an attempt are apart from all others, and what the node writes from what is ours", () => {
  const one = attemptPlaces("s3://b/spillway/", "run", "ns-run-1", ["/out", "logs"]);
  const two = attemptPlaces("s3://b/spillway/", "run", "ns-run-2", ["/out", "logs"]);
  const written = [one.manifest, ...Object.values(one.outputs), ...one.slots.flatMap(({ archive, record }) => [archive, record])];
  expect(new Set(written).size).toBe(7);
  for (const uri of written) expect(uri.startsWith(`${one.prefix}node/`)).toBe(true);
  const ours = [one.job, one.restore.archive, one.restore.facts, keptUri(one.prefix, 0, { path: "/out", member: "" })];
  for (const uri of ours) expect(uri.startsWith(`${one.prefix}node/`)).toBe(false);
  expect(two.prefix.startsWith(one.prefix)).toBe(false);
});

test("kept outputs have their own names, and archives say what they are", () => {
  const archive = { format: "tar", treeSha256: sha256 } as const;
  expect(keptUri("p/", 2, { path: "/out/result.json", member: "" })).toBe("p/2/result.json");
  expect(keptUri("p/", 0, { path: "/out/", member: "a b/c#d" })).toBe("p/0/a%20b/c%23d");
  expect(keptUri("p/", 1, { path: "/out/frames/", member: "", archive })).toBe("p/1/frames.tar");
});

test("an encrypted output says what comes out of it", () => {
  const encrypted = (holds: "file" | "tar") => ({ path: "/out/a", member: "", encrypted: { format: "age", holds } }) as const;
  expect([encrypted("file"), encrypted("tar")].map((output) => keptUri("s3://b/p/", 0, output))).toEqual([
    "s3://b/p/0/a.age",
    "s3://b/p/0/a.tar.age",
  ]);
  expect(keptUri("s3://b/p/", 0, { path: "a/.", member: "" })).toBe("s3://b/p/0/a");
});

test("the list prices are the defaults of the stores, and can be overridden there", () => {
  const credentials = { accessKeyId: "AK", secretAccessKey: "SK" };
  const aws = s3({ bucket: "b-1", region: "us-east-1", credentials });
  const { egressUsdPerGB, storageUsdPerGBMonth } = STORAGE_PRICES["aws-s3"];
  expect(aws.prices).toEqual({ egressUsdPerGB, storageUsdPerGBMonth });
  expect(s3({ bucket: "b-1", region: "us-east-1", credentials, prices: { egressUsdPerGB: 0.05 } }).prices.egressUsdPerGB).toBe(0.05);
  for (const price of Object.values(STORAGE_PRICES)) {
    expect(price.sources.length).toBeGreaterThan(0);
    expect(price.observed).toMatch(/^20\d\d-\d\d$/);
  }
});
