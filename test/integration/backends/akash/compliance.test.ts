import { Scheduler, type SchedulerOptions } from "spillway";
import { s3 } from "spillway/data/s3";
import { memoryStore } from "spillway/stores/memory";
import { createVirtualHost, startS3Server } from "spillway/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AKASH_CONSOLE_AUDITOR, type AkashOptions, akash } from "../../../../src/backends/akash/index.js";
import { type AkashRequestEntry, type SimulatedAkash, startSimulatedAkash } from "../../../../src/testing/akash/index.js";
import { fc } from "../../../support/property.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MINUTE_MS = 60_000;

/** A scheduler that has Akash and nothing else, on virtual time; the sockets are real. */
async function scheduling(options: AkashOptions) {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host });
  onTestFinished(() => simulator.close());
  // Results come back through a store that hands out URLs; without one nothing would be asked for another reason.
  const server = await startS3Server({ host });
  onTestFinished(() => server.close());
  const { url: endpoint, region, credentials } = server;
  const settings: SchedulerOptions = {
    backends: [akash({ apiKey: simulator.apiKey, baseUrl: simulator.url, proxyUrl: simulator.providerProxyUrl, ...options })],
    store: memoryStore(),
    artifacts: [s3({ bucket: "test-bucket", endpoint, region, credentials })],
    host,
    allowVolatile: true,
    budget: "$1000",
    secrets: (reference) => `resolved-${reference}`,
  };
  const scheduler = new Scheduler(settings);
  /** Lets time pass, and what is on the sockets arrive. */
  const settle = async (promise: Promise<unknown>): Promise<unknown> => {
    let outcome: { readonly value: unknown } | undefined;
    const keep = (value: unknown): void => {
      outcome = { value };
    };
    promise.then(keep, keep);
    for (let step = 0; outcome === undefined && step < 3_000; step += 1) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await host.advance(1_000);
    }
    return outcome?.value;
  };
  /** Lets seconds pass, each no faster than signatures, which are made on other threads, can follow. */
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let step = 0; !isTrue(); step += 1) {
      if (step > 3_000) throw new Error("It did not come true.");
      await host.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const closed = async (): Promise<void> => {
    let isClosed = false;
    const closing = scheduler.close({ mode: "cancel" }).finally(() => {
      isClosed = true;
    });
    await until(() => isClosed);
    await closing;
  };
  return { host, simulator, scheduler, settle, until, closed };
}

const arbitraryWorkload = (sensitivities: readonly string[]) =>
  fc.record({
    sensitivity: fc.constantFrom(...sensitivities),
    kind: fc.constantFrom("batch", "inference", "training"),
    residency: fc.constantFrom([], ["DE"], ["EU"], ["US", "CA"]),
    gpu: fc.constantFrom(undefined, { model: ["rtx4090"], count: 1 }, { count: 2 }),
    minutes: fc.integer({ min: 1, max: 300 }),
    interruptible: fc.boolean(),
    // Long enough never to come up by chance.
    mark: fc.stringMatching(/^[a-z]{12,20}$/),
  });

type Drawn = Readonly<Record<string, unknown>>;

/** What of a workload would give it away, wherever it stands. */
const marksOf = ({ mark }: Drawn): readonly string[] =>
  ["image", "argument", "value", "VARIABLE", "secret", "name"].map((part) => `${part}x${String(mark)}`);

function workloadOf(drawn: Drawn) {
  const { sensitivity, kind, residency, gpu, minutes, interruptible } = drawn;
  const [image = "", argument = "", value = "", variable = "", secret = "", name = ""] = marksOf(drawn);
  return {
    kind,
    name,
    image: `registry.example/${image}:1`,
    command: ["work", argument],
    env: { [variable]: value },
    secrets: { TOKEN: `vault:${secret}` },
    secretsTo: "any",
    resources: { cpu: 1, memory: "2GiB", ...(gpu === undefined ? {} : { gpu }) },
    data: { sensitivity, residency },
    interruptible,
    expectedDuration: `${String(minutes)}m`,
    deadline: "12h",
    maxCost: "$500",
  } as Parameters<Scheduler["schedule"]>[0];
}

/**
 * What reached Akash and speaks of work. The reconciler asks for our own deployments from time to time, whether there is work or not: always the same
 * request without a body.
 */
const revealing = ({ requests }: SimulatedAkash): readonly AkashRequestEntry[] =>
  requests.filter(({ operation, body }) => operation !== "list" || body !== "");

/** Requests in which something of the workload stands, plain or in a usual disguise. */
function giveAways({ requests }: SimulatedAkash, drawn: Drawn): readonly AkashRequestEntry[] {
  const marks = marksOf(drawn).flatMap((mark) => [
    mark,
    Buffer.from(mark).toString("base64").replace(/=+$/, ""),
    Buffer.from(mark).toString("hex"),
  ]);
  return requests.filter(({ path, query, body }) =>
    marks.some((mark) => `${path}?${query}\n${body}`.toLowerCase().includes(mark.toLowerCase())),
  );
}

/** Nothing of them reaches Akash while such workloads are planned, scheduled and given up. */
async function neverHeard(options: AkashOptions, sensitivities: readonly string[]): Promise<void> {
  const { host, simulator, scheduler, settle } = await scheduling(options);
  await fc.assert(
    fc.asyncProperty(arbitraryWorkload(sensitivities), async (drawn) => {
      await settle(scheduler.plan(workloadOf(drawn)));
      const run = await settle(scheduler.schedule(workloadOf(drawn)));
      // Refused for what it may do, and not because it is malformed.
      expect(run).not.toMatchObject({ code: expect.stringMatching(/^INVALID|^PLUGIN|^INVARIANT/) });
      if (run !== null && typeof run === "object" && "result" in run && typeof run.result === "function")
        await settle(run.result() as Promise<unknown>);
      await host.advance(10 * MINUTE_MS);
      expect(revealing(simulator)).toEqual([]);
      expect(giveAways(simulator, drawn)).toEqual([]);
    }),
    { numRuns: 12 },
  );
  await settle(scheduler.close({ mode: "cancel" }));
  expect(revealing(simulator)).toEqual([]);
}

describe("data that must not reach Akash", () => {
  test("internal and above never make a request to machines that are anybody's", () =>
    neverHeard({}, ["internal", "confidential", "personal", "phi", "pci"]));

  test("confidential, personal, phi and pci never make a request to audited providers either", () =>
    neverHeard({ auditors: [AKASH_CONSOLE_AUDITOR] }, ["confidential", "personal", "phi", "pci"]));
});

describe("data that may", () => {
  const drawn = {
    sensitivity: "public",
    kind: "batch",
    residency: [],
    gpu: undefined,
    minutes: 5,
    interruptible: true,
    mark: "abcdefghijkl",
  };

  test.each([
    ["public", {}],
    ["internal", { auditors: [AKASH_CONSOLE_AUDITOR] }],
  ] as const)("%s is ordered; before an offer is chosen nobody hears what the work is", async (sensitivity, options) => {
    const { simulator, scheduler, settle, until, closed } = await scheduling(options);
    expect(await settle(scheduler.schedule(workloadOf({ ...drawn, sensitivity })))).toHaveProperty("id");
    await until(() => simulator.deployments().length > 0);
    const [first] = giveAways(simulator, { ...drawn, sensitivity });
    // The order itself is the first to hold any of it, and it came after the offers.
    expect(first?.operation).toBe("create");
    const operations = revealing(simulator).map(({ operation }) => operation);
    expect(operations.indexOf("create")).toBeGreaterThan(operations.indexOf("providers"));
    const sdl = JSON.parse(simulator.deployments()[0]?.sdl ?? "{}");
    expect(sdl.profiles.placement.spillway.signedBy).toEqual("auditors" in options ? { anyOf: options.auditors } : undefined);
    await closed();
    expect(simulator.openDeployments()).toEqual([]);
  });

  test("internal work that has to stay where nobody proves to be is never ordered, and nothing of it is told", async () => {
    const { simulator, scheduler, settle, host } = await scheduling({ auditors: [AKASH_CONSOLE_AUDITOR] });
    const confined = { ...drawn, sensitivity: "internal", residency: ["JP"] };
    await settle(scheduler.plan(workloadOf(confined)));
    await settle(scheduler.schedule(workloadOf(confined)));
    await host.advance(10 * MINUTE_MS);
    expect(giveAways(simulator, confined)).toEqual([]);
    expect(simulator.requests.map(({ operation }) => operation)).not.toContain("create");
    await settle(scheduler.close({ mode: "cancel" }));
  });
});
