import { expect, test } from "vitest";
import { shell, staged } from "./fixture.js";

test("a receipt holds what the store bills for reading the inputs, for each attempt that read them, and the budget counts it", async () => {
  const { scheduler, server, market, store } = await staged({
    market: { providers: [{ name: "acme", nodes: 8, startMs: 0 }] },
    scheduler: { budget: "$5" },
  });
  server.seed("data/in", Buffer.alloc(1_000_000));
  const run = await scheduler.schedule(
    shell("wc -c < in > out", {
      inputs: { in: "s3://test-bucket/data/in" },
      outputs: { out: "s3://test-bucket/results/out" },
      verification: { kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 9 },
    }),
  );
  await run.result();
  const receipt = await run.settled();
  expect(receipt.lines.length).toBeGreaterThan(1);
  const succeeded = receipt.lines.filter(({ outcome }) => outcome === "succeeded");
  // A megabyte at 0.09 USD per gigabyte, the list price that is assumed for an unknown service.
  expect(succeeded.map(({ read }) => read)).toEqual(succeeded.map(() => 90_000n));
  const read = receipt.lines.reduce((sum, line) => sum + line.read, 0n);
  expect(receipt.charged).toBe(market.charged() + read);
  expect(await store.balances(["budget/total"])).toEqual([{ account: "budget/total", held: 0n, spent: receipt.charged }]);
});
