import { Scheduler } from "spillway";
import { createVirtualHost, marketplace, memoryArtifacts } from "spillway/testing";
import { expect, test } from "vitest";

test("a backend that may not hear of a workload is told of in the decision, and never asked", async () => {
  const host = createVirtualHost();
  const limit = { limitMs: 3_600_000 };
  const strangers = marketplace({ id: "strangers", providers: [{ name: "anybody" }] });
  const known = marketplace({ id: "known", providers: [{ name: "acme", trust: { operator: "single" } }] });
  const asked: string[] = [];
  const listening = {
    ...strangers,
    listOffers: (...args: Parameters<typeof strangers.listOffers>) => {
      asked.push("strangers");
      return strangers.listOffers(...args);
    },
  };
  const scheduler = new Scheduler({ backends: [listening, known], artifacts: [memoryArtifacts()], host });
  const plan = await host.waitFor(scheduler.plan({ command: ["work"], data: "internal" }), limit);
  expect(plan.record).toMatchObject({ evaluated: 2, rejected: 1, priced: 1 });
  expect(plan.record.rejections).toMatchObject([{ code: "untrusted-operator", count: 1, example: { backend: "strangers" } }]);
  expect(plan.explain()).toContain("rejected because (1 of 2)");
  expect(asked).toEqual([]);
  await host.waitFor(scheduler.close(), limit);
});
