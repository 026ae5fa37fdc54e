import { type AkashOptions, akash } from "../../../src/backends/akash/index.js";
import {
  type BackendConformanceSetup,
  type BackendUnderTest,
  type ContainersUnderTest,
  FAULTS,
  type Fault,
  type FaultControl,
  type FaultyVerb,
} from "../../../src/conformance/backend/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import {
  type AkashFault,
  type AkashOperation,
  akashProcessContainers,
  type SimulatedAkash,
  type SimulatedAkashDeployment,
  type SimulatedAkashOptions,
  startSimulatedAkash,
} from "../../../src/testing/akash/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { freePort } from "../../support/free-port.js";

const HOUR_MS = 3_600_000;
const SLOW_MS = 300_000;

/** The requests in which a verb's fault strikes: the one with the effect, or the first. */
const OPERATIONS: Readonly<Partial<Record<FaultyVerb, AkashOperation>>> = {
  listOffers: "providers",
  bind: "create",
  find: "list",
  inspect: "detail",
  release: "close",
  listLeases: "list",
  logs: "proxySocket",
};

const FAULT: Readonly<Record<Fault, AkashFault>> = {
  "request-lost": { kind: "silence", effect: false },
  "answer-lost": { kind: "silence", effect: true },
  "server-error": { kind: "status", status: 503, effect: false },
  "server-error-after-effect": { kind: "status", status: 502, effect: true },
  "rate-limited": { kind: "status", status: 429, headers: { "retry-after": "2" }, effect: false },
  malformed: { kind: "garbage" },
  unauthorized: { kind: "status", status: 401, effect: false },
  slow: { kind: "slow", ms: SLOW_MS },
};

function faultControl(simulator: SimulatedAkash): FaultControl {
  return {
    supported: FAULTS,
    inject: (fault, verb, times = 1) => {
      simulator.clearFaults();
      const operation = verb === undefined ? undefined : OPERATIONS[verb];
      simulator.inject({ fault: FAULT[fault], times, ...(operation === undefined ? {} : { operation }) });
    },
    clear: () => simulator.clearFaults(),
  };
}

/** The platform's fetch with a count of what is between here and the simulator. Bodies are read to their end. */
function countingFetch() {
  let underWay = 0;
  const counted: typeof globalThis.fetch = async (input, init) => {
    underWay += 1;
    try {
      const response = await fetch(input, init);
      const { status, headers } = response;
      const text = await response.text();
      return new Response(status === 204 ? null : text, { status, headers });
    } finally {
      underWay -= 1;
    }
  };
  return { fetch: counted, underWay: () => underWay };
}

/** The backend and a simulator on real sockets, with everything else on virtual time. */
export async function createAkash(
  habits: Partial<SimulatedAkashOptions> = {},
  options: AkashOptions = {},
): Promise<BackendUnderTest & { readonly simulator: SimulatedAkash }> {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host, ...habits });
  const traffic = countingFetch();
  const instance = () =>
    akash({
      apiKey: simulator.apiKey,
      baseUrl: simulator.url,
      proxyUrl: simulator.providerProxyUrl,
      fetch: traffic.fetch,
      contract: habits.contract === "aug" ? "2026-08" : "2026-09",
      ...options,
    });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const ping = async (url: string): Promise<void> => void (await fetch(url).then((answer) => answer.text()));
  const atRest = async (): Promise<void> => {
    // What was written to a stream is there by the time that a later question is answered.
    if (simulator.openStreams > 0) await ping(`${simulator.providerProxyUrl}/ping`);
    for (let calm = 0; calm < 5; calm = traffic.underWay() > simulator.heldRequests ? 0 : calm + 1) await turn();
  };
  let passing: Promise<void> = Promise.resolve();
  const keyOf = ({ env }: SimulatedAkashDeployment): string => env["SPILLWAY_ATTEMPT"] ?? "";
  const of = (key: string): readonly SimulatedAkashDeployment[] => simulator.deployments().filter((one) => keyOf(one) === key);
  return {
    backend: instance(),
    host,
    namespace: { id: "testns", secret: "5e".repeat(32) },
    simulator,
    advance: (ms) => {
      // One after another: a case that makes a call while it waits for another drives time from both.
      const passed = passing.then(async () => {
        await atRest();
        await host.advance(ms);
        await atRest();
      });
      passing = passed.catch(() => undefined);
      return passed;
    },
    faults: faultControl(simulator),
    another: async () => instance(),
    ledger: () => {
      const accounts = simulator.ledger();
      const charged = new Map<string, bigint>();
      for (const one of simulator.deployments()) {
        charged.set(keyOf(one), (charged.get(keyOf(one)) ?? 0n) + (accounts.get(one.dseq)?.charged ?? 0n));
      }
      return charged;
    },
    openCount: () => simulator.openDeployments().length,
    hasEnded: (key) => of(key).some(({ containers }) => containers.some(({ commandEnded }) => commandEnded)),
    received: async (key) =>
      of(key).flatMap(({ containers }) =>
        containers.flatMap(({ argv, env, starts }) => Array.from({ length: starts }, () => ({ args: argv.slice(2), env }))),
      ),
    close: () => simulator.close(),
  };
}

/** The backend on a simulator whose containers are processes of this machine, with steps of milliseconds. */
async function createAkashContainers(): Promise<ContainersUnderTest> {
  const host = systemHost();
  const statusPort = await freePort();
  const simulator = await startSimulatedAkash({
    host,
    containers: akashProcessContainers(host),
    transactionMs: [5, 10],
    bidMs: [5, 30],
    scheduleMs: 5,
    pullMs: 5,
    restartMs: 20,
    fundingMs: 5,
    publicCacheMs: 0,
    providersCacheMs: 0,
  });
  const { apiKey, url: baseUrl, providerProxyUrl: proxyUrl } = simulator;
  const backend = akash({ apiKey, baseUrl, proxyUrl, statusPort, bidWindowMs: 300, bidLimitMs: 6_000, logIdleMs: 400 });
  const of = (key: string) => simulator.deployments().find(({ env }) => env["SPILLWAY_ATTEMPT"] === key);
  return {
    backend,
    host,
    namespace: { id: "testns", secret: "5e".repeat(32) },
    openCount: () => simulator.openDeployments().length,
    hasEnded: (key) => of(key)?.containers.some(({ commandEnded }) => commandEnded) ?? false,
    starts: (key) => of(key)?.containers.reduce((sum, { starts }) => sum + starts, 0) ?? 0,
    restart: (key) => simulator.restart(of(key)?.dseq ?? ""),
    close: () => simulator.close(),
  };
}

/** How launches really run: once is enough. A provider's signal before the end is not documented. */
export const akashContainers = {
  create: createAkashContainers,
  terminates: false,
  visibilityMs: 0,
  limits: { bindMs: 60_000, startMs: 60_000 },
};

/** The setup for one way in which Akash may be. */
export function akashSetup(habits: Partial<SimulatedAkashOptions> = {}, options: AkashOptions = {}): BackendConformanceSetup {
  const contract = habits.contract === "aug" ? "2026-08" : "2026-09";
  return {
    kind: "akash",
    capabilities: akash({ apiKey: "any", contract, ...options }).capabilities,
    create: () => createAkash(habits, options),
    demand: { cpu: 2, memoryMiB: 4_096, diskMiB: 10_240, image: true, interruptible: true, maxLifetimeMs: 4 * HOUR_MS },
    launches: {
      succeed: () => ["exit", "0"],
      fail: (code) => ["exit", String(code)],
      sleep: (ms) => ["sleep", String(ms)],
      record: (args) => ["exit", "0", ...args],
      print: (text) => ["print", text],
    },
    image: "registry.example/conformance:1",
    partial: true,
    faults: FAULTS,
    limits: { runMs: 180_000 },
  };
}
