import { type AkashOptions, akash } from "../../../src/backends/akash/index.js";
import {
  type BackendConformanceSetup,
  type BackendUnderTest,
  type ContainersUnderTest,
  FAULTS,
  type Fault,
  type FaultyVerb,
} from "../../../src/conformance/backend/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import {
  type AkashOperation,
  akashProcessContainers,
  type SimulatedAkash,
  type SimulatedAkashDeployment,
  type SimulatedAkashOptions,
  startSimulatedAkash,
} from "../../../src/testing/akash/index.js";
import type { HttpFault } from "../../../src/testing/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { freePort } from "../../support/free-port.js";
import { faultControl } from "./fault-control.js";
import { HTTP_FAULTS } from "./http-faults.js";
import { PLAYED_LAUNCHES } from "./played-launches.js";
import { createTraffic, paced, ping, watchedFetch } from "./traffic.js";

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

const FAULT: Readonly<Record<Fault, HttpFault>> = {
  ...HTTP_FAULTS,
  unauthorized: { kind: "status", status: 401, effect: false },
  slow: { kind: "slow", ms: SLOW_MS },
};

/** The backend and a simulator on real sockets, with everything else on virtual time. */
export async function createAkash(
  habits: Partial<SimulatedAkashOptions> = {},
  options: AkashOptions = {},
): Promise<BackendUnderTest & { readonly simulator: SimulatedAkash }> {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host, ...habits });
  const traffic = createTraffic(simulator);
  const instance = () =>
    akash({
      apiKey: simulator.apiKey,
      baseUrl: simulator.url,
      proxyUrl: simulator.providerProxyUrl,
      fetch: watchedFetch(traffic),
      contract: habits.contract === "aug" ? "2026-08" : "2026-09",
      ...options,
    });
  const settleStreams = async (): Promise<void> => {
    if (simulator.openStreams > 0) await ping(`${simulator.providerProxyUrl}/ping`);
  };
  const keyOf = ({ env }: SimulatedAkashDeployment): string => env["SPILLWAY_ATTEMPT"] ?? "";
  const of = (key: string): readonly SimulatedAkashDeployment[] => simulator.deployments().filter((one) => keyOf(one) === key);
  return {
    backend: instance(),
    host,
    namespace: { id: "testns", secret: "5e".repeat(32) },
    simulator,
    advance: paced(host, traffic, settleStreams),
    faults: faultControl(simulator, FAULT, OPERATIONS),
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

/** Steps of milliseconds, for real time. */
export const QUICK_AKASH = {
  transactionMs: [5, 10],
  bidMs: [5, 30],
  scheduleMs: 5,
  pullMs: 5,
  restartMs: 20,
  fundingMs: 5,
  publicCacheMs: 0,
  providersCacheMs: 0,
} as const satisfies Partial<SimulatedAkashOptions>;

/** The backend on a simulator whose containers are processes of this machine, with steps of milliseconds. */
async function createAkashContainers(): Promise<ContainersUnderTest> {
  const host = systemHost();
  const statusPort = await freePort();
  const simulator = await startSimulatedAkash({
    host,
    containers: akashProcessContainers(host),
    ...QUICK_AKASH,
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
    launches: PLAYED_LAUNCHES,
    image: "registry.example/conformance:1",
    partial: true,
    faults: FAULTS,
    limits: { runMs: 180_000 },
  };
}
