import { type IoNetOptions, ioNet } from "../../../src/backends/io-net/index.js";
import {
  type BackendConformanceSetup,
  type BackendUnderTest,
  type ContainersUnderTest,
  FAULTS,
  type Fault,
  type FaultyVerb,
} from "../../../src/conformance/backend/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import type { HttpFault } from "../../../src/testing/index.js";
import {
  type IoNetOperation,
  type IoNetSimulator,
  type IoNetSimulatorOptions,
  ioNetProcessContainers,
  type SimulatedIoNetDeployment,
  startIoNetSimulator,
} from "../../../src/testing/io-net/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { freePort } from "../../support/free-port.js";
import { faultControl } from "./fault-control.js";
import { HTTP_FAULTS } from "./http-faults.js";
import { PLAYED_LAUNCHES } from "./played-launches.js";
import { createTraffic, paced, ping, watchedFetch } from "./traffic.js";

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

const FAULT: Readonly<Record<Fault, HttpFault>> = {
  ...HTTP_FAULTS,
  unauthorized: { kind: "status", status: 400, body: { key_set: true }, effect: false },
  slow: { kind: "slow", ms: SLOW_MS },
};

/** The backend and a simulator on a real socket, with everything else on virtual time. */
export async function createIoNet(
  habits: Partial<IoNetSimulatorOptions> = {},
  options: IoNetOptions = {},
): Promise<BackendUnderTest & { readonly simulator: IoNetSimulator }> {
  const host = createVirtualHost();
  const simulator = await startIoNetSimulator({ host, ...habits });
  const traffic = createTraffic(simulator);
  let hasStreamed = false;
  const onStream = (): void => {
    hasStreamed = true;
  };
  const instance = () => ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url, fetch: watchedFetch(traffic, onStream), ...options });
  const settleStreams = async (): Promise<void> => {
    if (hasStreamed) for (let asked = 0; asked < 2; asked += 1) await ping(`${simulator.url}/ping`);
  };
  /** Whose launch a container was started with: the one that the deployment was made for, unless it was changed in place and names another. */
  const attemptIn = ({ name, started }: SimulatedIoNetDeployment, { SPILLWAY_ATTEMPT: named }: Readonly<Record<string, string>>): string =>
    named === undefined || named === started[0]?.env["SPILLWAY_ATTEMPT"] ? keyOf(name) : named;
  return {
    backend: instance(),
    host,
    namespace: { id: "testns", secret: "5e".repeat(32) },
    simulator,
    advance: paced(host, traffic, settleStreams),
    faults: faultControl(simulator, FAULT, OPERATIONS),
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

/** Steps of milliseconds, for real time. */
export const QUICK_IO_NET = {
  requestMs: 5,
  pullMs: 5,
  urlMs: 5,
  destroyMs: 5,
  restartMs: 20,
} as const satisfies Partial<IoNetSimulatorOptions>;

/** The backend on a simulator whose containers are processes of this machine, with steps of milliseconds. */
async function createIoNetContainers(): Promise<ContainersUnderTest> {
  const host = systemHost();
  const trafficPort = await freePort();
  const simulator = await startIoNetSimulator({
    host,
    containers: ioNetProcessContainers(host),
    ...QUICK_IO_NET,
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
  launches: PLAYED_LAUNCHES,
  // Nothing is documented of a signal before the end.
  containers: { create: createIoNetContainers, terminates: false, visibilityMs: 0, limits: { bindMs: 30_000, startMs: 30_000 } },
  image: "registry.example/conformance:1",
  faults: FAULTS,
  // Whole hours are bought, and the clock of the reservation begins when there is a machine.
  limits: { lifetimeMs: HOUR_MS, runMs: 120_000 },
};
