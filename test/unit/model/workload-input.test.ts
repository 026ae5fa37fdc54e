import { describe, expect, it } from "vitest";
import type { Workload } from "../../../src/model/workload.js";
import { parseWorkload } from "../../../src/model/workload-input.js";
import { refusal } from "./refusal.js";

const single = (input: unknown): Workload => {
  const parsed = parseWorkload(input);
  if (parsed.kind !== "single") throw new Error("expected a single workload");
  return parsed.workload;
};

const refused = (members: object) => refusal(() => parseWorkload({ command: ["true"], ...members }));

describe("parseWorkload", () => {
  it("fills every default of the smallest workload", () => {
    expect(parseWorkload({ command: ["true"] })).toEqual({
      kind: "single",
      workload: {
        kind: "batch",
        command: ["true"],
        env: {},
        secrets: {},
        secretsTo: "trusted",
        resources: { cpu: 1, memoryMiB: 2_048, diskMiB: 10_240 },
        inputs: {},
        outputs: {},
        data: { sensitivity: "internal", residency: [], certifications: [], agreements: [], tee: [] },
        expectedDurationMs: 600_000,
        timeoutMs: 1_800_000,
        latency: "batch",
        interruptible: true,
        priority: 0,
        verification: { kind: "none" },
        labels: {},
        backendOptions: {},
        task: {},
      },
    });
  });

  it("resolves every unit of a full one", () => {
    const workload = single({
      kind: "inference",
      name: "embed",
      image: "ghcr.io/acme/embed:1.4",
      command: ["python", "embed.py", ""],
      env: { BATCH: 32, VERBOSE: true, TEXT: "two\nlines" },
      secrets: { HF_TOKEN: "env:HF_TOKEN" },
      secretsTo: "any",
      registry: { server: "ghcr.io", username: "acme", password: "env:GHCR" },
      resources: {
        cpu: 1.5,
        memory: "32GiB",
        disk: 1_024,
        gpu: { model: ["l4", "a10g"], count: 2, memory: "24GiB", vendor: "nvidia" },
        arch: "amd64",
      },
      inputs: { "/in/a": "./parts/a", "/in/b": { uri: "s3://acme/b", sha256: "AB".repeat(32), size: "3MB" } },
      outputs: { "/out": "s3://acme/results/", "/log": {}, "/debug": { uri: "./debug", optional: true } },
      data: {
        sensitivity: "phi",
        residency: ["de", "eea", "DE"],
        certifications: "ISO27001",
        agreements: ["BAA"],
        tee: ["TDX"],
        transferBasis: "scc",
      },
      expectedDuration: "20m",
      timeout: "1h",
      deadline: "6h",
      startWithin: "30m",
      near: "de",
      checkpoint: { path: "/ckpt", every: "5m", cost: "20s", size: "2GiB" },
      maxCost: "$2.50",
      valueAtRisk: 40,
      priority: -3,
      tenant: "team-a",
      verification: { kind: "quorum", maxErrorProbability: 0.01 },
      labels: { "app/part": "x" },
      backendOptions: { "aws-batch": { queue: "q", nested: { constructor: [1, null] } } },
      nodes: 1,
      model: "e5",
      precision: "fp16",
      batchSize: 64,
    });
    expect(workload).toEqual({
      kind: "inference",
      name: "embed",
      image: "ghcr.io/acme/embed:1.4",
      command: ["python", "embed.py", ""],
      env: { BATCH: "32", VERBOSE: "true", TEXT: "two\nlines" },
      secrets: { HF_TOKEN: "env:HF_TOKEN" },
      secretsTo: "any",
      registry: { server: "ghcr.io", username: "acme", password: "env:GHCR" },
      resources: {
        cpu: 1.5,
        memoryMiB: 32_768,
        diskMiB: 1_024,
        gpu: { models: ["l4", "a10g"], count: 2, memoryGiB: 24, vendor: "nvidia" },
        arch: "x86_64",
      },
      inputs: { "/in/a": { uri: "./parts/a" }, "/in/b": { uri: "s3://acme/b", sha256: "ab".repeat(32), size: 3_000_000 } },
      outputs: {
        "/out": { uri: "s3://acme/results/", optional: false },
        "/log": { optional: false },
        "/debug": { uri: "./debug", optional: true },
      },
      data: {
        sensitivity: "phi",
        residency: ["DE", "EEA"],
        certifications: ["iso27001"],
        agreements: ["baa"],
        tee: ["tdx"],
        transferBasis: "scc",
      },
      expectedDurationMs: 1_200_000,
      timeoutMs: 3_600_000,
      deadline: { afterMs: 21_600_000 },
      startWithinMs: 1_800_000,
      latency: "batch",
      near: "DE",
      interruptible: true,
      checkpoint: { path: "/ckpt", everyMs: 300_000, costMs: 20_000, restoreMs: 30_000, sizeBytes: 2_147_483_648 },
      maxCost: 2_500_000_000n,
      valueAtRiskUsd: 40,
      priority: -3,
      tenant: "team-a",
      verification: { kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 7 },
      labels: { "app/part": "x" },
      backendOptions: { "aws-batch": { queue: "q", nested: { constructor: [1, null] } } },
      task: { model: "e5", precision: "fp16", batchSize: 64 },
    });
  });

  it("accepts the short forms", () => {
    const workload = single({
      command: ["x"],
      resources: { gpu: "l4" },
      data: "public",
      verification: "quorum",
      outputs: { out: "./out" },
      checkpoint: "/c",
    });
    expect(workload.resources.gpu).toEqual({ models: ["l4"], count: 1 });
    expect(workload.data.sensitivity).toBe("public");
    expect(workload.verification).toEqual({ kind: "quorum", maxErrorProbability: 0.001, maxReplicas: 7 });
    expect(workload.checkpoint).toEqual({ path: "/c", costMs: 10_000, restoreMs: 30_000, sizeBytes: 1_073_741_824 });
    expect(single({ command: ["x"], resources: { gpu: ["l4", "a10"] } }).resources.gpu?.models).toEqual(["l4", "a10"]);
    expect(
      single({ command: ["x"], verification: { kind: "custom", name: "render-diff", options: { tolerance: 0.1 } } }).verification,
    ).toEqual({
      kind: "custom",
      name: "render-diff",
      options: { tolerance: 0.1 },
    });
  });

  it("takes a deadline as duration, Date, or time", () => {
    const atMs = Date.parse("2026-11-24T18:00:00Z");
    expect(single({ command: ["x"], deadline: 90_000 }).deadline).toEqual({ afterMs: 90_000 });
    expect(single({ command: ["x"], deadline: new Date(atMs) }).deadline).toEqual({ atMs });
    expect(single({ command: ["x"], deadline: "2026-11-24T19:00:00+01:00" }).deadline).toEqual({ atMs });
    expect(refused({ deadline: new Date(Number.NaN) }).details.field).toBe("deadline");
    expect(refused({ deadline: "2026-11-24T18:00:00" }).message).toContain("no time zone");
  });

  it("takes a key that holds undefined for an absent one", () => {
    expect(single({ command: ["x"], name: undefined, resources: { gpu: undefined } })).toEqual(single({ command: ["x"] }));
  });

  it("keeps no reference to the caller's objects", () => {
    const input = { command: ["x"], backendOptions: { local: { list: [1] } } };
    const workload = single(input);
    input.command.push("y");
    input.backendOptions.local.list.push(2);
    expect(workload.command).toEqual(["x"]);
    expect(workload.backendOptions).toEqual({ local: { list: [1] } });
  });
});

describe("times", () => {
  it("gives three times the guess, at least ten minutes", () => {
    expect(single({ command: ["x"], expectedDuration: "1m" }).timeoutMs).toBe(600_000);
    expect(single({ command: ["x"], expectedDuration: "5h" }).timeoutMs).toBe(54_000_000);
  });

  it("expects no more than the timeout allows", () => {
    expect(single({ command: ["x"], timeout: "1m" }).expectedDurationMs).toBe(60_000);
  });

  it("refuses a timeout that contradicts the guess", () => {
    const error = refused({ timeout: "1m", expectedDuration: "5m" });
    expect(error.details.field).toBe("timeout");
    expect(error.message).toContain("5m");
  });
});

describe("interruptible", () => {
  it.each<[string, object, boolean]>([
    ["batch work", {}, true],
    ["interactive work", { latency: "interactive" }, false],
    ["training without checkpoints", { kind: "training" }, false],
    ["training with checkpoints", { kind: "training", checkpoint: "/c" }, true],
    ["interactive training with checkpoints", { kind: "training", checkpoint: "/c", latency: "interactive" }, false],
    ["whatever the caller says", { kind: "training", interruptible: true }, true],
  ])("of %s", (_, members, expected) => {
    expect(single({ command: ["x"], ...members }).interruptible).toBe(expected);
  });
});

describe("suggestions", () => {
  it.each<[string, object, string, string]>([
    ["at the top", { comand: ["x"] }, "comand", "`command`"],
    ["in case", { maxcost: 3 }, "maxcost", "`maxCost`"],
    ["of another tool", { args: ["x"] }, "args", "`command`"],
    ["on the wrong level", { gpu: "l4" }, "gpu", "`resources.gpu`"],
    ["of resources", { resources: { memroy: "8GiB" } }, "resources.memroy", "`memory`"],
    ["by other names", { resources: { ram: "8GiB" } }, "resources.ram", "`memory`"],
    ["of a GPU", { resources: { gpu: { modle: "l4" } } }, "resources.gpu.modle", "`model`"],
    ["of an input", { inputs: { "/in": { url: "x" } } }, 'inputs["/in"].url', "`uri`"],
    ["of an output", { outputs: { out: { option: true } } }, "outputs.out.option", "`optional`"],
    ["of data", { data: { sensitvity: "phi" } }, "data.sensitvity", "`sensitivity`"],
    ["of a checkpoint", { checkpoint: { path: "/c", evry: "5m" } }, "checkpoint.evry", "`every`"],
    ["of verification", { verification: { kind: "quorum", maxReplica: 3 } }, "verification.maxReplica", "`maxReplicas`"],
    ["of a registry", { registry: { server: "s", username: "u", password: "env:P", pasword: "x" } }, "registry.pasword", "`password`"],
    ["of a kind", { kind: "rendring" }, "kind", "`rendering`"],
    ["of a class", { data: "personl" }, "data.sensitivity", "`personal`"],
    ["of a field's kind", { epochs: 3 }, "epochs", "the kind training has it"],
    ["of a fan-out's kind", { frames: { from: 1, to: 2 } }, "frames", "use the kind rendering"],
    ["of a frame range", { kind: "rendering", frames: { form: 1, to: 2 } }, "frames.form", "`from`"],
  ])("for a misspelling %s", (_, members, field, meant) => {
    const error = refused(members);
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe(field);
    expect(error.message).toContain(meant);
  });

  it("name the misspelt key before the key that is missing for it", () => {
    const error = refusal(() => parseWorkload({ comand: ["x"] }));
    expect(error.details.field).toBe("comand");
    expect(error.details["issues"]).toMatchObject([{ field: "comand" }, { field: "command" }]);
    expect(error.message).toContain("1 more problem");
  });
});

describe("refusals", () => {
  it.each<[string, object, string]>([
    ["no command", { command: undefined }, "command"],
    ["an empty command", { command: [] }, "command"],
    ["a blank program", { command: [" "] }, "command"],
    ["a shell line", { command: "python x.py" }, "command"],
    ["a number as argument", { command: ["sleep", 5] }, "command"],
    ["a NUL in an argument", { command: ["echo", "a\0b"] }, "command"],
    ["a bad name of a variable", { env: { "MY-VAR": "x" } }, "env.MY-VAR"],
    ["a NUL in a variable", { env: { A: "a\0b" } }, "env.A"],
    ["an object in a variable", { env: { A: {} } }, "env.A"],
    ["a variable set twice", { env: { A: "x" }, secrets: { A: "env:A" } }, "secrets.A"],
    ["a secret instead of a reference", { secrets: { A: "hunter2" } }, "secrets.A"],
    ["a login without an image", { registry: { server: "s", username: "u", password: "env:P" } }, "registry"],
    ["an image with a blank", { image: "alpine latest" }, "image"],
    ["no CPU", { resources: { cpu: 0 } }, "resources.cpu"],
    ["an ambiguous size", { resources: { memory: "8G" } }, "resources.memory"],
    ["half a GPU", { resources: { gpu: { count: 0.5 } } }, "resources.gpu.count"],
    ["GPU memory without its unit", { resources: { gpu: { model: "l4", memory: 24 } } }, "resources.gpu.memory"],
    ["more memory than the model has", { resources: { gpu: { model: "l4", memory: "48GiB" } } }, "resources.gpu"],
    ["a model of another vendor", { resources: { gpu: { model: "l4", vendor: "amd" } } }, "resources.gpu"],
    ["a parent directory", { outputs: { "../out": "./out" } }, 'outputs["../out"]'],
    ["a hidden parent directory", { outputs: { "/a/../../etc": "./out" } }, 'outputs["/a/../../etc"]'],
    ["the root", { outputs: { "/": "./out" } }, 'outputs["/"]'],
    ["the working directory", { outputs: { "./": "./out" } }, 'outputs["./"]'],
    ["a NUL in a path", { inputs: { "a\0b": "./x" } }, 'inputs["a\\u0000b"]'],
    ["backslashes", { inputs: { "in\\a": "./x" } }, 'inputs["in\\\\a"]'],
    ["one place twice", { outputs: { "/out": "./a", "/out//./": "./b" } }, 'outputs["/out//./"]'],
    ["a file below a file", { inputs: { "/in": "./a", "/in/b": "./b" } }, 'inputs["/in/b"]'],
    ["a password in a URI", { inputs: { a: "https://me:pw@example.org/a" } }, "inputs.a.uri"],
    ["a short digest", { inputs: { a: { uri: "./a", sha256: "abc" } } }, "inputs.a.sha256"],
    ["a country that is none", { data: { residency: "Germany" } }, "data.residency[0]"],
    ["UK", { data: { residency: ["DE", "uk"] } }, "data.residency[1]"],
    ["a sentence as certification", { data: { certifications: ["ISO 27001"] } }, "data.certifications[0]"],
    ["a negative cap", { maxCost: "-$5" }, "maxCost"],
    ["a cap of nothing", { maxCost: 0 }, "maxCost"],
    ["an urgent priority", { priority: 1e9 }, "priority"],
    ["certainty", { outputs: { o: "./o" }, verification: { kind: "quorum", maxErrorProbability: 0 } }, "verification.maxErrorProbability"],
    [
      "a coin toss",
      { outputs: { o: "./o" }, verification: { kind: "quorum", maxErrorProbability: 0.5 } },
      "verification.maxErrorProbability",
    ],
    ["a quorum over nothing", { verification: "quorum" }, "outputs"],
    ["an unnamed verifier", { verification: { kind: "custom" } }, "verification.name"],
    ["a long label", { labels: { a: "x".repeat(257) } }, "labels.a"],
    ["an odd label", { labels: { "-a": "x" } }, 'labels["-a"]'],
    ["many labels", { labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, ""])) }, "labels"],
    ["a Date among JSON", { backendOptions: { local: { at: new Date(0) } } }, "backendOptions.local"],
    ["a list for an object", { env: [] }, "env"],
    ["null for an object", { resources: null }, "resources"],
  ])("of %s", (_, members, field) => {
    const error = refused(members);
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe(field);
    expect(error.message).toMatch(/^`.+` .+[.?]/s);
    expect(error.message.length).toBeLessThan(500);
  });

  it("tells several machines apart from a mistake", () => {
    const error = refused({ nodes: 2 });
    expect(error.code).toBe("UNSUPPORTED_WORKLOAD");
    expect(error.details.field).toBe("nodes");
    expect(error.message).toContain("shards");
    expect(refused({ nodes: 0 }).code).toBe("INVALID_WORKLOAD");
    expect(refused({ nodes: 2, comand: 1 }).code).toBe("INVALID_WORKLOAD");
  });

  it("never show a value that may be a secret", () => {
    const secret = "sk-live-0123456789";
    for (const members of [
      { secrets: { A: secret } },
      { secrets: secret },
      { env: { A: { value: secret } } },
      { env: { "bad name": secret } },
      { command: ["x", `${secret}\0`] },
      { inputs: { a: `https://u:${secret}@example.org` } },
      { registry: { server: "s", username: "u", password: secret } },
      { labels: { a: `${secret}\n` } },
    ]) {
      const { message, details } = refused(members);
      expect(JSON.stringify([message, details])).not.toContain(secret);
    }
  });

  it("list at most fifty problems", () => {
    const error = refused(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`bad key ${index}`, 1])));
    expect(error.details["issues"]).toHaveLength(50);
  });
});
