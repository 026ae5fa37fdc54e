import { createVirtualHost } from "spillway/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type IoNetOptions, ioNet } from "../../../../src/backends/io-net/index.js";
import { startIoNetSimulator } from "../../../../src/testing/io-net/index.js";
import { ABOVE_INTERNAL, ABOVE_PUBLIC, giveAways, neverHeard, PLAIN, revealing, schedulingOn, workloadOf } from "../support/compliance.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const POOL = "8f2c2c3e-6f1e-4f0e-9a53-0d6f4a7f2b11";
const AUDITED: IoNetOptions = { nodePool: { id: POOL, operator: "audited" } };

async function scheduling(options: IoNetOptions) {
  const host = createVirtualHost();
  const simulator = await startIoNetSimulator({ host, nodePools: [POOL] });
  onTestFinished(() => simulator.close());
  return { simulator, ...(await schedulingOn(host, ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url, ...options }))) };
}

describe("data that must not reach io.net", () => {
  test.each([
    ["internal and above never make a request to machines that are anybody's", {}, ABOVE_PUBLIC],
    ["confidential, personal, phi and pci never make a request to an audited pool either", AUDITED, ABOVE_INTERNAL],
  ] as const)("%s", async (_title, options, sensitivities) => {
    const on = await scheduling(options);
    await neverHeard(on, on.simulator, { sensitivities, country: "FI" });
  });
});

describe("data that may", () => {
  test.each([
    ["public", {}],
    ["internal", AUDITED],
  ] as const)("%s is asked about and deployed", async (sensitivity, options) => {
    const { simulator, scheduler, settle, until, closed } = await scheduling(options);
    const drawn = { ...PLAIN, sensitivity };
    expect(await settle(scheduler.schedule(workloadOf(drawn)))).toHaveProperty("id");
    await until(() => simulator.deployments().length > 0);
    const operations = revealing(simulator.requests).map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(["hardware", "price", "deploy"]));
    // The deployment is the first to hold anything of the work itself: what was asked before it were sizes and places.
    expect(giveAways(simulator.requests, drawn)[0]?.operation).toBe("deploy");
    await closed();
    expect(simulator.openCount()).toBe(0);
  });
});
