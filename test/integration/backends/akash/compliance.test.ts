import { createVirtualHost } from "spillway/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AKASH_CONSOLE_AUDITOR, type AkashOptions, akash } from "../../../../src/backends/akash/index.js";
import { startSimulatedAkash } from "../../../../src/testing/akash/index.js";
import { ABOVE_INTERNAL, ABOVE_PUBLIC, giveAways, neverHeard, PLAIN, revealing, schedulingOn, workloadOf } from "../support/compliance.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MINUTE_MS = 60_000;

async function scheduling(options: AkashOptions) {
  const host = createVirtualHost();
  const simulator = await startSimulatedAkash({ host });
  onTestFinished(() => simulator.close());
  const { apiKey, url: baseUrl, providerProxyUrl: proxyUrl } = simulator;
  return { simulator, ...(await schedulingOn(host, akash({ apiKey, baseUrl, proxyUrl, ...options }))) };
}

describe("data that must not reach Akash", () => {
  test.each([
    ["internal and above never make a request to machines that are anybody's", {}, ABOVE_PUBLIC],
    [
      "confidential, personal, phi and pci never make a request to audited providers either",
      { auditors: [AKASH_CONSOLE_AUDITOR] },
      ABOVE_INTERNAL,
    ],
  ] as const)("%s", async (_title, options, sensitivities) => {
    const on = await scheduling(options);
    await neverHeard(on, on.simulator, { sensitivities, country: "DE" });
  });
});

describe("data that may", () => {
  test.each([
    ["public", {}],
    ["internal", { auditors: [AKASH_CONSOLE_AUDITOR] }],
  ] as const)("%s is ordered; before an offer is chosen nobody hears what the work is", async (sensitivity, options) => {
    const { simulator, scheduler, settle, until, closed } = await scheduling(options);
    const drawn = { ...PLAIN, sensitivity };
    expect(await settle(scheduler.schedule(workloadOf(drawn)))).toHaveProperty("id");
    await until(() => simulator.deployments().length > 0);
    const [first] = giveAways(simulator.requests, drawn);
    // The order itself is the first to hold any of it, and it came after the offers.
    expect(first?.operation).toBe("create");
    const operations = revealing(simulator.requests).map(({ operation }) => operation);
    expect(operations.indexOf("create")).toBeGreaterThan(operations.indexOf("providers"));
    const sdl = JSON.parse(simulator.deployments()[0]?.sdl ?? "{}");
    expect(sdl.profiles.placement.spillway.signedBy).toEqual("auditors" in options ? { anyOf: options.auditors } : undefined);
    await closed();
    expect(simulator.openDeployments()).toEqual([]);
  });

  test("internal work that has to stay where nobody proves to be is never ordered, and nothing of it is told", async () => {
    const { simulator, scheduler, settle, host } = await scheduling({ auditors: [AKASH_CONSOLE_AUDITOR] });
    const confined = { ...PLAIN, sensitivity: "internal", residency: ["JP"] };
    await settle(scheduler.plan(workloadOf(confined)));
    await settle(scheduler.schedule(workloadOf(confined)));
    await host.advance(10 * MINUTE_MS);
    expect(giveAways(simulator.requests, confined)).toEqual([]);
    expect(simulator.requests.map(({ operation }) => operation)).not.toContain("create");
    await settle(scheduler.close({ mode: "cancel" }));
  });
});
