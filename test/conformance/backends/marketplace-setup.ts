import type { BackendConformanceSetup, BackendUnderTest, Fault, FaultControl } from "../../../src/conformance/backend/index.js";
import { FAULTS } from "../../../src/conformance/backend/index.js";
import type { Launch } from "../../../src/spec/launch.js";
import type { CallRule } from "../../../src/testing/faults/index.js";
import {
  type MarketplaceOptions,
  marketplace,
  type SimulatedMarketplace,
  type VirtualJob,
} from "../../../src/testing/marketplace/index.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { interpret, launches } from "../reference/commands.js";

/** Time until a lost request or answer shows, ms. */
const SILENCE_MS = 5_000;

/** What the market's own fault script has to do for each fault. */
const RULES: Readonly<Record<Fault, Pick<CallRule, "before" | "after">>> = {
  "request-lost": { before: { kind: "fail", code: "BACKEND_TIMEOUT", delayMs: SILENCE_MS } },
  "answer-lost": { after: { kind: "fail", code: "BACKEND_TIMEOUT", delayMs: SILENCE_MS } },
  "server-error": { before: { kind: "fail", code: "BACKEND_UNAVAILABLE" } },
  "server-error-after-effect": { after: { kind: "fail", code: "BACKEND_UNAVAILABLE" } },
  "rate-limited": { before: { kind: "fail", code: "BACKEND_RATE_LIMITED", retryAfterMs: 1_500 } },
  malformed: { after: { kind: "fail", code: "BACKEND_RESPONSE_INVALID" } },
  unauthorized: { before: { kind: "fail", code: "BACKEND_AUTH_FAILED" } },
  slow: { after: { kind: "delay", ms: 60_000 } },
};

const VERBS = ["listOffers", "bind", "find", "inspect", "release", "listLeases", "start", "collect", "logs"] as const;

function faultControl(market: SimulatedMarketplace): FaultControl {
  return {
    supported: FAULTS,
    inject: (fault, verb, times = 1) => {
      market.faults.clear();
      for (const struck of verb === undefined ? VERBS : [verb]) market.faults.call({ verb: struck, times, ...RULES[fault] });
    },
    clear: () => market.faults.clear(),
  };
}

/** What a command of the reference machines comes to in the simulated market, whose nodes read no files. */
function jobOf(launch: Launch): VirtualJob {
  const { durationMs, exitCode, stdout, files } = interpret(launch.argv, { digestOf: () => undefined, bytesOf: () => undefined });
  return { durationMs, exitCode, outputs: files, logs: stdout.split("\n").slice(0, -1) };
}

/** The simulated marketplace on virtual time, with steady nodes and everything about answers that may be late. */
export function marketplaceSetup(options: Partial<MarketplaceOptions> = {}): BackendConformanceSetup {
  const make = (started: Launch[]): SimulatedMarketplace =>
    marketplace({
      seed: "conformance",
      providers: [{ name: "steady", nodes: 6, usdPerHour: [0.2, 0.4] }],
      visibilityMs: 3_000,
      finalChargeMs: 30_000,
      faults: { releasePendingMs: [0, 10_000] },
      bidShare: 1,
      virtualJob: (launch) => {
        started.push(launch);
        return jobOf(launch);
      },
      ...options,
    });
  const create = async (): Promise<BackendUnderTest> => {
    const host = createVirtualHost();
    const started: Launch[] = [];
    const market = make(started);
    return {
      backend: market,
      // The market is the other side; what a process holds of it has no state of its own.
      another: async () => ({ ...market }),
      host,
      advance: (ms) => host.advance(ms),
      namespace: { id: "ourown1", secret: host.randomHex(32) },
      faults: faultControl(market),
      ledger: () => new Map(market.ledger().map(({ key, amount }) => [key, amount])),
      openCount: () => new Set([...market.openLeases().map(({ key }) => key), ...market.openOrders()]).size,
      received: async (key) => started.filter((launch) => launch.key === key).map(receivedOf),
      close: async () => {},
    };
  };
  const { checkInput: _, copy: _copy, ...understood } = launches;
  return {
    kind: "marketplace",
    capabilities: make([]).capabilities,
    create,
    demand: { cpu: 1, memoryMiB: 1_024, diskMiB: 1_024, image: false, interruptible: true, maxLifetimeMs: 14_400_000 },
    launches: understood,
    partial: options.binding === "indicative",
    enforcesTimeout: true,
    faults: FAULTS,
  };
}

const receivedOf = ({ argv, env, secrets }: Launch) => ({
  args: argv.slice(1),
  env: { ...env, ...Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()])) },
});
