import { describe, expect, test } from "vitest";
import { type GcpBatchOptions, gcpBatch } from "../../../../src/backends/gcp-batch/index.js";
import { maxRunSeconds, toJob } from "../../../../src/backends/gcp-batch/job-request.js";
import { jobLabels } from "../../../../src/backends/gcp-batch/labels.js";
import { createJobNames, jobIdOf, keyOfJob, requestIdOf } from "../../../../src/backends/gcp-batch/names.js";
import { gcpBatchOptions } from "../../../../src/backends/gcp-batch/options.js";
import { countryOfRegion } from "../../../../src/backends/gcp-batch/regions.js";
import type { Launch } from "../../../../src/spec/launch.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

const shape = { machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.04 } as const;
const options: GcpBatchOptions = { project: "acme-jobs", location: "europe-west4", shapes: [shape] };

describe("options", () => {
  test.each<[string, object, string]>([
    ["a zone for a region", { location: "us-central1-a" }, "location"],
    ["no shape", { shapes: [] }, "shapes"],
    ["a shape without a price", { shapes: [{ ...shape, usdPerHour: undefined }] }, "shapes[0].usdPerHour"],
    ["a free shape", { shapes: [{ ...shape, usdPerHour: 0 }] }, "shapes[0].usdPerHour"],
    ["two shapes of one name", { shapes: [shape, shape] }, "shapes[1].name"],
    ["a label in upper case", { labels: { Team: "x" } }, "labels.Team"],
    ["a priority above 99", { priority: 100 }, "priority"],
    ["an unknown option", { shapess: [] }, "shapess"],
    ["something that is no client", { client: {} }, "client"],
  ])("%s is refused by name", (_what, change, field) => {
    const bad = { ...options, ...change } as GcpBatchOptions;
    expect(() => gcpBatch(bad)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG", details: expect.objectContaining({ field }) }));
  });

  test("countries are those of the region, or what the user says, or anywhere", () => {
    expect(gcpBatch(options).capabilities.countries).toEqual(["NL"]);
    expect(gcpBatch({ ...options, location: "us-south9" }).capabilities.countries).toEqual(["US"]);
    expect(gcpBatch({ ...options, location: "moon-east1" }).capabilities.countries).toBe("any");
    expect(gcpBatch({ ...options, location: "moon-east1", country: "LU" }).capabilities.countries).toEqual(["LU"]);
    expect(countryOfRegion("europe-west12")).toBe("IT");
  });
});

describe("names", () => {
  test.each(["a", "abc123-r1-a1", `x${"9".repeat(47)}`, "k--0-"])("the job id of %s is valid and leads back", (key) => {
    expect(jobIdOf(key)).toMatch(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
    expect(keyOfJob(`projects/p/locations/l/jobs/${jobIdOf(key)}`)).toBe(key);
  });

  test.each(["nightly", "spillway-", "spillway--job", "spillway-job", "spillway-UP-job"])("%s is nobody's key", (id) => {
    expect(keyOfJob(`projects/p/locations/l/jobs/${id}`)).toBeUndefined();
  });

  test("a reference keeps its own place when the configuration moves on, but is not led astray", () => {
    const before = createJobNames("gcp", "p1", "us-east1").refTo("key");
    const after = createJobNames("gcp", "p1", "us-west1");
    expect(after.nameOf(before)).toBe("projects/p1/locations/us-east1/jobs/spillway-key-job");
    expect(after.nameOf({ ...before, key: "other" })).toBe("projects/p1/locations/us-west1/jobs/spillway-other-job");
    expect(after.nameOf({ backend: "gcp", key: "key", data: null })).toBe("projects/p1/locations/us-west1/jobs/spillway-key-job");
  });

  test("a key's request id is a UUID and always the same", () => {
    const host = createVirtualHost();
    expect(requestIdOf("a-1", host)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(requestIdOf("a-1", host)).toBe(requestIdOf("a-1", createVirtualHost({ seed: "other" })));
    expect(requestIdOf("a-2", host)).not.toBe(requestIdOf("a-1", host));
  });
});

describe("labels", () => {
  test("are made fit for Google, and ours cannot be taken", () => {
    const labels = jobLabels(
      "gcp",
      { id: "abc123" },
      { "spillway-run": "R/1.a", "9x": "y", "spillway-namespace": "evil", "google-x": "n", long: "v".repeat(99) },
      { team: "search" },
    );
    expect(labels).toEqual({
      team: "search",
      "spillway-run": "r-1-a",
      long: "v".repeat(63),
      "spillway-namespace": "abc123",
      "spillway-backend": "gcp",
    });
  });

  test("are at most as many as Google takes", () => {
    const many = Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`l${index}`, "v"]));
    const labels = jobLabels("gcp", { id: "abc123" }, many, {});
    expect(Object.keys(labels).length).toBeLessThanOrEqual(64);
    expect(labels).toMatchObject({ "spillway-namespace": "abc123" });
  });
});

describe("a job", () => {
  const resolved = gcpBatchOptions.parse(options);
  const launch: Launch = {
    key: "k",
    image: "busybox",
    argv: ["true"],
    env: {},
    secrets: {},
    resources: { cpu: 1, memoryMiB: 1, diskMiB: 1 },
    inputs: [],
    outputs: [],
    timeoutMs: 1,
    maxLifetimeMs: 3_600_000,
    nonce: "",
    labels: {},
  };
  const make = (change: Partial<Launch>) => {
    const [first] = resolved.shapes;
    if (first === undefined) throw new Error("There is a shape.");
    return toJob({
      launch: { ...launch, ...change },
      shape: first,
      options: resolved,
      location: "europe-west4",
      labels: {},
      secretVariables: {},
    });
  };

  test.each<[string, Partial<Launch>, string]>([
    ["a variable with an odd name", { env: { "MY-VAR": "x" } }, "env"],
    ["a NUL in a variable", { env: { A: "a\0b" } }, "env"],
    ["a NUL in an argument", { argv: ["a\0b"] }, "command"],
    ["an oversized environment", { env: { A: "x".repeat(1_100_000) } }, "env"],
  ])("%s is refused before anything is sent", (_what, change, field) => {
    expect(() => make(change)).toThrow(
      expect.objectContaining({ code: "BACKEND_REJECTED", effect: "none", details: expect.objectContaining({ field }) }),
    );
  });

  test("is never retried by Batch, keeps logs and has the machine to itself", () => {
    const job = make({});
    expect(job.taskGroups?.[0]?.taskSpec).toMatchObject({ maxRetryCount: 0, computeResource: { cpuMilli: 2_000, memoryMib: 8_192 } });
    expect(job.logsPolicy).toEqual({ destination: "CLOUD_LOGGING" });
    expect(job.allocationPolicy?.location).toEqual({ allowedLocations: ["regions/europe-west4"] });
  });

  test.each([
    [3_600_000, 3_300],
    [600_000, 300],
    [60_000, 30],
    [1, 1],
  ])("of %i ms may run for %i s: the rest is for the machine to come and go", (maxLifetimeMs, seconds) => {
    expect(maxRunSeconds(maxLifetimeMs)).toBe(seconds);
  });
});
