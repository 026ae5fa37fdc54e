import { Scheduler } from "spillway";
import { s3 } from "spillway/data/s3";
import { memoryStore } from "spillway/stores/memory";
import { startS3Server, type VirtualHost } from "spillway/testing";
import { expect, onTestFinished } from "vitest";
import type { Backend } from "../../../../src/kit/index.js";
import { fc } from "../../../support/property.js";

const MINUTE_MS = 60_000;

/** Every sensitivity above `public`, and those that nobody but ourselves and the named may see. */
export const ABOVE_INTERNAL = ["confidential", "personal", "phi", "pci"] as const;
export const ABOVE_PUBLIC = ["internal", ...ABOVE_INTERNAL] as const;

/** A request that has arrived at a provider. */
interface Arrived {
  readonly operation: string;
  readonly path: string;
  readonly query?: string;
  readonly body: string;
}

/** A scheduler that has one backend and nothing else, on virtual time; the sockets are real. */
export async function schedulingOn(host: VirtualHost, backend: Backend) {
  // Results come back through a store that hands out URLs; without one nothing would be asked for another reason.
  const server = await startS3Server({ host });
  onTestFinished(() => server.close());
  const { url: endpoint, region, credentials } = server;
  const scheduler = new Scheduler({
    backends: [backend],
    store: memoryStore(),
    artifacts: [s3({ bucket: "test-bucket", endpoint, region, credentials })],
    host,
    allowVolatile: true,
    budget: "$1000",
    secrets: (reference) => `resolved-${reference}`,
  });
  /** Lets time pass, and what is on the sockets arrive. Answers what came of it, an error too. */
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
  return { host, scheduler, settle, until, closed };
}

type Scheduling = Awaited<ReturnType<typeof schedulingOn>>;

/** What differs from workload to workload. */
export interface Drawn {
  readonly sensitivity: string;
  readonly kind: string;
  readonly residency: readonly string[];
  readonly gpu: object | undefined;
  readonly minutes: number;
  readonly interruptible: boolean;
  /** Long enough never to come up by chance. */
  readonly mark: string;
}

export const PLAIN: Omit<Drawn, "sensitivity"> = {
  kind: "batch",
  residency: [],
  gpu: undefined,
  minutes: 5,
  interruptible: true,
  mark: "abcdefghijkl",
};

const arbitraryWorkload = (sensitivities: readonly string[], country: string): fc.Arbitrary<Drawn> =>
  fc.record({
    sensitivity: fc.constantFrom(...sensitivities),
    kind: fc.constantFrom("batch", "inference", "training"),
    residency: fc.constantFrom([], [country], ["EU"], ["US", "CA"]),
    gpu: fc.constantFrom(undefined, { model: ["rtx4090"], count: 1 }, { count: 2 }),
    minutes: fc.integer({ min: 1, max: 300 }),
    interruptible: fc.boolean(),
    mark: fc.stringMatching(/^[a-z]{12,20}$/),
  });

/** What of a workload would give it away, wherever it stands. */
const marksOf = ({ mark }: Drawn): readonly string[] =>
  ["image", "argument", "value", "VARIABLE", "secret", "name"].map((part) => `${part}x${mark}`);

export function workloadOf(drawn: Drawn) {
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
 * What speaks of work. The reconciler asks for our own leases from time to time, whether there is work or not: always the same request without a body.
 */
export const revealing = <Request extends Arrived>(requests: readonly Request[]): readonly Request[] =>
  requests.filter(({ operation, body }) => operation !== "list" || body !== "");

/** Requests in which something of the workload stands, plain or in a usual disguise. */
export function giveAways<Request extends Arrived>(requests: readonly Request[], drawn: Drawn): readonly Request[] {
  const marks = marksOf(drawn).flatMap((mark) => [
    mark,
    Buffer.from(mark).toString("base64").replace(/=+$/, ""),
    Buffer.from(mark).toString("hex"),
  ]);
  return requests.filter(({ path, query = "", body }) =>
    marks.some((mark) => `${path}?${query}\n${body}`.toLowerCase().includes(mark.toLowerCase())),
  );
}

/** Nothing of them reaches the provider while such workloads are planned, scheduled and given up. `country` is one in which it has machines. */
export async function neverHeard(
  { host, scheduler, settle }: Scheduling,
  simulator: { readonly requests: readonly Arrived[] },
  { sensitivities, country }: { readonly sensitivities: readonly string[]; readonly country: string },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitraryWorkload(sensitivities, country), async (drawn) => {
      await settle(scheduler.plan(workloadOf(drawn)));
      const run = await settle(scheduler.schedule(workloadOf(drawn)));
      // Refused for what it may do, and not because it is malformed.
      expect(run).not.toMatchObject({ code: expect.stringMatching(/^INVALID|^PLUGIN|^INVARIANT/) });
      if (run !== null && typeof run === "object" && "result" in run && typeof run.result === "function")
        await settle(run.result() as Promise<unknown>);
      await host.advance(10 * MINUTE_MS);
      expect(revealing(simulator.requests)).toEqual([]);
      expect(giveAways(simulator.requests, drawn)).toEqual([]);
    }),
    { numRuns: 20 },
  );
  await settle(scheduler.close({ mode: "cancel" }));
  expect(revealing(simulator.requests)).toEqual([]);
}
