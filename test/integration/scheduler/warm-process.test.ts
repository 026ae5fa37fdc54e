import { policies, Scheduler } from "spillway";
import { fileStore } from "spillway/data/file";
import { memoryStore } from "spillway/stores/memory";
import { marketplace } from "spillway/testing";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../support/temporary.js";

const HOUR = 3_600_000;

test("a real command runs on the lease of the one before it, and finds nothing of it", { timeout: 60_000 }, async () => {
  const market = marketplace({
    execute: "process",
    workFolder: temporaryDirectory("warm"),
    billing: { granularityMs: HOUR, minimumMs: HOUR },
    providers: [{ name: "acme", nodes: 2, startMs: 1, usdPerHour: 1 }],
    capabilities: { pollMs: { least: 50, most: 200 } },
  });
  const scheduler = new Scheduler({
    backends: [market],
    store: memoryStore(),
    artifacts: [fileStore({ directory: temporaryDirectory("warm-store") })],
    policy: { ...policies.cheapest(), selection: { kind: "quantile", quantile: 0.5 } },
  });
  onTestFinished(async () => void (await scheduler.close({ mode: "cancel" })));
  const shell = (text: string, more: object = {}) => ({
    command: ["sh", "-c", text],
    outputs: { out: {} },
    resources: { cpu: 0.1, memory: "16MiB" },
    data: { sensitivity: "public" as const },
    timeout: "5m",
    expectedDuration: "1m",
    ...more,
  });
  const text = async (work: ReturnType<typeof shell>): Promise<string> => {
    const run = await scheduler.schedule(work);
    return new TextDecoder().decode(await (await run.result()).output("out").download());
  };
  expect(await text(shell("echo $FORMER > out; touch left-behind", { env: { FORMER: "first" } }))).toBe("first\n");
  expect(await text(shell('echo "second:$FORMER:$(ls)" > out'))).toMatch(/^second::(out)?\n$/);
  expect(market.leases()).toMatchObject([{ launches: { length: 2 } }]);
  await scheduler.close();
  expect(market.openLeases()).toEqual([]);
});
