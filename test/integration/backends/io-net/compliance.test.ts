import { Scheduler, type SchedulerOptions } from "spillway";
import { s3 } from "spillway/data/s3";
import { memoryStore } from "spillway/stores/memory";
import { createVirtualHost, startS3Server } from "spillway/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type IoNetOptions, ioNet } from "../../../../src/backends/io-net/index.js";
import { type IoNetSimulator, startIoNetSimulator } from "../../../../src/testing/io-net/index.js";
import { fc } from "../../../support/property.js";

const POOL = "8f2c2c3e-6f1e-4f0e-9a53-0d6f4a7f2b11";
const MINUTE_MS = 60_000;

/** A scheduler that has io.net and nothing else, on virtual time; the socket is real. */
async function scheduling(options: IoNetOptions) {
  const host = createVirtualHost();
  const simulator = await startIoNetSimulator({ host, nodePools: [POOL] });
  onTestFinished(() => simulator.close());
  // Results come back through a store that hands out URLs; without one nothing would be asked for another reason.
  const server = await startS3Server({ host });
  onTestFinished(() => server.close());
  const { url: endpoint, region, credentials } = server;
  const settings: SchedulerOptions = {
    backends: [ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url, ...options })],
    store: memoryStore(),
    artifacts: [s3({ bucket: "test-bucket", endpoint, region, credentials })],
    host,
    allowVolatile: true,
    budget: "$1000",
  };
  const scheduler = new Scheduler(settings);
  /** Lets time pass, and what is on the socket arrive. */
  const settle = async (promise: Promise<unknown>): Promise<unknown> => {
    let outcome: { readonly value: unknown } | undefined;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { value: error };
      },
    );
    for (let step = 0; outcome === undefined && step < 2_000; step += 1) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await host.advance(1_000);
    }
    return outcome?.value;
  };
  return { host, simulator, scheduler, settle };
}

const arbitraryWorkload = (sensitivities: readonly string[]) =>
  fc.record({
    sensitivity: fc.constantFrom(...sensitivities),
    kind: fc.constantFrom("batch", "inference", "training"),
    residency: fc.constantFrom([], ["FI"], ["EU"], ["US", "CA"]),
    gpu: fc.constantFrom(undefined, { model: ["rtx4090"], count: 1 }, { count: 2 }),
    minutes: fc.integer({ min: 1, max: 300 }),
    interruptible: fc.boolean(),
  });

type Drawn = Readonly<Record<string, unknown>>;

const workloadOf = ({ sensitivity, kind, residency, gpu, minutes, interruptible }: Drawn) =>
  ({
    kind,
    image: "registry.example/work:1",
    command: ["work"],
    resources: { cpu: 1, memory: "2GiB", ...(gpu === undefined ? {} : { gpu }) },
    data: { sensitivity, residency },
    interruptible,
    expectedDuration: `${String(minutes)}m`,
    deadline: "12h",
    maxCost: "$500",
  }) as Parameters<Scheduler["schedule"]>[0];

/**
 * What reached io.net and speaks of work. The reconciler asks for our own deployments from time to time, whether there is work or not: always the same
 * empty request.
 */
const revealing = (simulator: IoNetSimulator) => simulator.requests.filter(({ operation, body }) => operation !== "list" || body !== "");

/** Nothing of them reaches io.net while such workloads are planned, scheduled and given up. */
async function neverHeard(options: IoNetOptions, sensitivities: readonly string[]): Promise<void> {
  const { host, simulator, scheduler, settle } = await scheduling(options);
  await fc.assert(
    fc.asyncProperty(arbitraryWorkload(sensitivities), async (drawn) => {
      await settle(scheduler.plan(workloadOf(drawn)));
      const run = await settle(scheduler.schedule(workloadOf(drawn)));
      if (run !== null && typeof run === "object" && "result" in run && typeof run.result === "function")
        await settle(run.result() as Promise<unknown>);
      await host.advance(10 * MINUTE_MS);
      expect(revealing(simulator)).toEqual([]);
    }),
    { numRuns: 20 },
  );
  await settle(scheduler.close({ mode: "cancel" }));
  expect(revealing(simulator)).toEqual([]);
}

describe("data that must not reach io.net", () => {
  test("internal and above never make a request to machines that are anybody's", () =>
    neverHeard({}, ["internal", "confidential", "personal", "phi", "pci"]));

  test("confidential, personal, phi and pci never make a request to an audited pool either", () =>
    neverHeard({ nodePool: { id: POOL, operator: "audited" } }, ["confidential", "personal", "phi", "pci"]));
});

describe("data that may", () => {
  test.each([
    ["public", {}],
    ["internal", { nodePool: { id: POOL, operator: "audited" } }],
  ] as const)("%s is asked about and deployed", async (sensitivity, options) => {
    const { host, simulator, scheduler, settle } = await scheduling(options);
    const workload = workloadOf({ sensitivity, kind: "batch", residency: [], gpu: undefined, minutes: 5, interruptible: true });
    expect(await settle(scheduler.schedule(workload))).toHaveProperty("id");
    const deployed = (): boolean => simulator.deployments().length > 0;
    // Seconds pass no faster than signatures, which are made on other threads, can follow.
    for (let step = 0; !deployed() && step < 2_000; step += 1) {
      await host.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(revealing(simulator).map(({ operation }) => operation)).toEqual(expect.arrayContaining(["hardware", "price", "deploy"]));
    // The deployment is the first to hold anything of the work itself: what was asked before it were sizes and places.
    const telling = simulator.requests.filter(({ path, body }) => /registry\.example|"work"/.test(`${path}\n${body}`));
    expect(telling[0]?.operation).toBe("deploy");
    await settle(scheduler.close({ mode: "cancel" }));
    expect(simulator.openCount()).toBe(0);
  });
});
