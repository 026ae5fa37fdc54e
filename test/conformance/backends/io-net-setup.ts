import { type IoNetOptions, ioNet } from "../../../src/backends/io-net/index.js";
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
  type IoNetFault,
  type IoNetOperation,
  type IoNetSimulator,
  type IoNetSimulatorOptions,
  ioNetProcessContainers,
  type SimulatedIoNetDeployment,
  startIoNetSimulator,
} from "../../../src/testing/io-net/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { freePort } from "../../support/free-port.js";

const HOUR_MS = 3_600_000;
const SLOW_MS = 100_000;

/** The requests in which a verb's fault strikes: the one with the effect, or the first. */
const OPERATIONS: Readonly<Partial<Record<FaultyVerb, IoNetOperation>>> = {
  listOffers: "hardware",
  bind: "deploy",
  find: "list",
  inspect: "details",
  release: "destroy",
  listLeases: "list",
  logs: "log",
};

const FAULT: Readonly<Record<Fault, IoNetFault>> = {
  "request-lost": { kind: "silence", effect: false },
  "answer-lost": { kind: "silence", effect: true },
  "server-error": { kind: "status", status: 503, effect: false },
  "server-error-after-effect": { kind: "status", status: 502, effect: true },
  "rate-limited": { kind: "status", status: 429, headers: { "retry-after": "2" }, effect: false },
  malformed: { kind: "garbage" },
  unauthorized: { kind: "status", status: 400, body: { key_set: true }, effect: false },
  slow: { kind: "slow", ms: SLOW_MS },
};

function faultControl(simulator: IoNetSimulator): FaultControl {
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

/**
 * The platform's fetch, which knows what is between here and the simulator: each request by a name of its own, since the simulator may learn late that
 * one was given up. Bodies of JSON are read to their end.
 */
function countingFetch() {
  const underWay = new Set<string>();
  let made = 0;
  let hasStreamed = false;
  const counted: typeof globalThis.fetch = async (input, init) => {
    made += 1;
    const id = String(made);
    underWay.add(id);
    const headers = new Headers(init?.headers);
    headers.set("x-request-id", id);
    try {
      const response = await fetch(input, { ...init, headers });
      if (response.headers.get("content-type") !== "application/json") {
        hasStreamed = true;
        return response;
      }
      return new Response(await response.text(), { status: response.status, headers: response.headers });
    } finally {
      underWay.delete(id);
    }
  };
  return { fetch: counted, underWay: () => [...underWay], hasStreamed: () => hasStreamed };
}

/** The backend and a simulator on a real socket, with everything else on virtual time. */
export async function createIoNet(
  habits: Partial<IoNetSimulatorOptions> = {},
  options: IoNetOptions = {},
): Promise<BackendUnderTest & { readonly simulator: IoNetSimulator }> {
  const host = createVirtualHost();
  const simulator = await startIoNetSimulator({ host, ...habits });
  const traffic = countingFetch();
  const instance = () => ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url, fetch: traffic.fetch, ...options });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const atRest = async (): Promise<void> => {
    // What was written to a stream is there by the time that a later question is answered.
    if (traffic.hasStreamed())
      for (let asked = 0; asked < 2; asked += 1) await fetch(`${simulator.url}/ping`).then((answer) => answer.text());
    const isOnItsWay = (): boolean => traffic.underWay().some((id) => !simulator.isHeld(id));
    for (let calm = 0; calm < 5; calm = isOnItsWay() ? 0 : calm + 1) await turn();
  };
  let passing: Promise<void> = Promise.resolve();
  /** Whose launch a container was started with: the one that the deployment was made for, unless it was changed in place and names another. */
  const attemptIn = ({ name, started }: SimulatedIoNetDeployment, { SPILLWAY_ATTEMPT: named }: Readonly<Record<string, string>>): string =>
    named === undefined || named === started[0]?.env["SPILLWAY_ATTEMPT"] ? keyOf(name) : named;
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
    ledger: () => new Map([...simulator.ledger()].map(([name, amount]) => [keyOf(name), amount])),
    openCount: () => simulator.openCount(),
    hasEnded: (key) =>
      simulator.deployments().some((deployment) => attemptIn(deployment, deployment.env) === key && deployment.commandEnded),
    received: async (key) =>
      simulator
        .deployments()
        .flatMap((deployment) =>
          deployment.started.flatMap(({ argv, env }) => (attemptIn(deployment, env) === key ? [{ args: argv.slice(2), env }] : [])),
        ),
    close: () => simulator.close(),
  };
}

/** The backend on a simulator whose containers are processes of this machine, with steps of milliseconds. */
async function createIoNetContainers(): Promise<ContainersUnderTest> {
  const host = systemHost();
  const trafficPort = await freePort();
  const simulator = await startIoNetSimulator({
    host,
    containers: ioNetProcessContainers(host),
    requestMs: 5,
    pullMs: 5,
    urlMs: 5,
    destroyMs: 5,
    restartMs: 20,
  });
  const backend = ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url, trafficPort, logIdleMs: 400 });
  const deploymentOf = (key: string) => simulator.deployments().find(({ name }) => keyOf(name) === key);
  return {
    backend,
    host,
    namespace: { id: "testns", secret: "5e".repeat(32) },
    openCount: () => simulator.openCount(),
    hasEnded: (key) => deploymentOf(key)?.commandEnded ?? false,
    starts: (key) => deploymentOf(key)?.starts ?? 0,
    restart: (key) => simulator.loseNode(deploymentOf(key)?.name ?? ""),
    close: () => simulator.close(),
  };
}

/** The placement key behind a deployment's name. */
const keyOf = (name: string): string => name.replace(/^spw-[a-z0-9]+-/, "");

export const ioNetSetup: BackendConformanceSetup = {
  kind: "io-net",
  capabilities: ioNet({ apiKey: "any" }).capabilities,
  create: createIoNet,
  demand: { cpu: 2, memoryMiB: 8_192, diskMiB: 10_240, image: true, interruptible: true, maxLifetimeMs: 4 * HOUR_MS },
  launches: {
    succeed: () => ["exit", "0"],
    fail: (code) => ["exit", String(code)],
    sleep: (ms) => ["sleep", String(ms)],
    record: (args) => ["exit", "0", ...args],
    print: (text) => ["print", text],
  },
  // Nothing is documented of a signal before the end.
  containers: { create: createIoNetContainers, terminates: false, visibilityMs: 0, limits: { bindMs: 30_000, startMs: 30_000 } },
  image: "registry.example/conformance:1",
  faults: FAULTS,
  // Whole hours are bought, and the clock of the reservation begins when there is a machine.
  limits: { lifetimeMs: HOUR_MS, runMs: 120_000 },
};
