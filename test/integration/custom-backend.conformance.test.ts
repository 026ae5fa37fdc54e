import { backendConformance, type ConformanceReport } from "spillway/conformance";
import { describe, expect, test } from "vitest";
import { tinfoil } from "../../examples/05-custom-backend/backend.js";
import type { Clock } from "../../examples/05-custom-backend/jobs.js";
import { startService } from "../../examples/05-custom-backend/service.js";
import type { Backend } from "../../src/kit/index.js";
import { nanoUsd } from "../../src/model/money.js";
import { createVirtualHost, type VirtualHost } from "../../src/testing/virtual-host.js";
import { observeFetch } from "./custom-backend/observed-fetch.js";
import { timerMachine } from "./custom-backend/timer-machine.js";

const NAMESPACE = { id: "testns", secret: "00".repeat(32) };

const clockOf = (host: VirtualHost): Clock => ({
  now: () => host.now(),
  after: (ms, fire) => {
    const timer = host.setTimer(ms, fire);
    return () => timer.cancel();
  },
});

/** The service on a real socket, with its machines and its bill on virtual time. */
async function create() {
  const host = createVirtualHost();
  const clock = clockOf(host);
  const service = await startService({ apiKey: "tf-key", creditUsd: 1_000, bootMs: 5_000, clock, machine: timerMachine(clock) });
  const { fetch, faults, atRest } = observeFetch(host);
  let passing: Promise<void> = Promise.resolve();
  const instance = (): Backend => tinfoil({ baseUrl: service.baseUrl, apiKey: "tf-key", fetch });
  const keyOf = (name: string): string => name.slice("sw-".length);
  return {
    backend: instance(),
    host,
    namespace: NAMESPACE,
    advance: (ms: number) => {
      // One after another: a case that makes a call while it waits for another drives time from both.
      const passed = passing.then(async () => {
        await atRest();
        await host.advance(ms);
        await atRest();
      });
      passing = passed;
      return passed;
    },
    faults,
    another: async () => instance(),
    ledger: () => new Map([...service.jobs].map(([name, job]) => [keyOf(name), nanoUsd(job.billedUsd, "up")])),
    openCount: () => [...service.jobs.values()].filter((job) => job.open).length,
    received: async (key: string) => {
      const request = service.jobs.get(`sw-${key}`)?.request;
      return request === undefined ? [] : [{ args: request.command.slice(2), env: request.env }];
    },
    close: () => service.close(),
  };
}

let report: ConformanceReport | undefined;

backendConformance(
  { describe, expect, test },
  {
    kind: "tinfoil",
    capabilities: tinfoil({ baseUrl: "http://127.0.0.1", apiKey: "tf-key" }).capabilities,
    create,
    demand: { cpu: 2, memoryMiB: 2_048, diskMiB: 1_024, image: false, interruptible: true, maxLifetimeMs: 4 * 3_600_000 },
    launches: {
      succeed: () => ["exit", "0"],
      fail: (code) => ["exit", String(code)],
      sleep: (ms) => ["sleep", String(ms)],
      print: (text) => ["print", text],
      record: (args) => ["exit", "0", ...args],
    },
    faults: [
      "request-lost",
      "answer-lost",
      "server-error",
      "server-error-after-effect",
      "rate-limited",
      "malformed",
      "unauthorized",
      "slow",
    ],
    onReport: (made) => {
      report = made;
    },
  },
);

test("every clause on money, faults, leases and the rest of what it declares applied and passed", () => {
  const inapplicable = report?.clauses.filter(({ status }) => status === "inapplicable").map(({ id }) => id) ?? [];
  expect(report?.counts).toMatchObject({ failed: 0, skipped: 0, inapplicable: inapplicable.length });
  expect(report?.counts.passed).toBeGreaterThan(90);
  expect(inapplicable.filter((id) => !/^backend\/(bind|find|staging|runner|reuse|lifetime|hygiene)\//.test(id))).toEqual([]);
});
