import { policies, Scheduler } from "spillway";
import { createVirtualHost, marketplace, memoryArtifacts } from "spillway/testing";
import { afterEach, expect, test } from "vitest";

const host = createVirtualHost();
const limit = { limitMs: 3_600_000 };
const open: Scheduler[] = [];

function schedulerWith(budget?: string): Scheduler {
  const market = marketplace({ providers: [{ name: "acme", nodes: 3, usdPerHour: 1, trust: { operator: "single" } }], priceVolatility: 0 });
  const scheduler = new Scheduler({
    backends: [market],
    policy: policies.fastest(),
    artifacts: [memoryArtifacts()],
    host,
    ...(budget === undefined ? {} : { budget }),
  });
  open.push(scheduler);
  return scheduler;
}

afterEach(async () => {
  for (const scheduler of open.splice(0)) await host.waitFor(scheduler.close(), limit);
});

const hour = { command: ["work"], expectedDuration: "1h", timeout: "2h" } as const;

test("a plan tells expected spend, without what the policy charges for waiting", async () => {
  const plan = await host.waitFor(schedulerWith().plan(hour), limit);
  expect(plan.chosen?.totalUsd).toBeGreaterThan(500);
  expect(plan.expectedUsd).toBeGreaterThan(0.8);
  expect(plan.expectedUsd).toBeLessThan(3);
  expect(plan.worstCaseUsd).toBeGreaterThan(plan.expectedUsd);
});

test.each([
  ["the workload's cap", { ...hour, maxCost: "$0.50" }, undefined],
  ["the scheduler's budget", hour, "$0.50/day"],
  ["the cap of a fan-out", { ...hour, shards: 10, maxCost: "$0.50" }, undefined],
] as const)("a plan that would not fit under %s says so", async (_, workload, budget) => {
  const plan = await host.waitFor(schedulerWith(budget).plan(workload), limit);
  expect(plan.chosen).toBeUndefined();
  expect(plan.record.failure?.code).toBe("BUDGET_EXHAUSTED");
  expect(plan.record.rejections.map(({ code }) => code)).toEqual(["over-budget"]);
  expect([plan.expectedUsd, plan.worstCaseUsd]).toEqual([0, 0]);
});

test("a plan for a fan-out is for all members", async () => {
  const scheduler = schedulerWith();
  const one = await host.waitFor(scheduler.plan(hour), limit);
  const ten = await host.waitFor(scheduler.plan({ ...hour, shards: 10 }), limit);
  expect(ten.members).toBe(10);
  expect(ten.expectedUsd).toBeCloseTo(10 * one.expectedUsd, 6);
  expect(ten.worstCaseUsd).toBeCloseTo(10 * one.worstCaseUsd, 6);
});
