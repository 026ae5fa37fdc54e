import type { Backend } from "spillway/spec";
import { expect, test } from "vitest";
import { freePort } from "../../support/free-port.js";
import { shell, staged } from "./fixture.js";

test("a runner that cannot store its manifest is asked on its port, while the platform still says that it runs", async () => {
  const port = await freePort();
  const { market, server, ...first } = await staged();
  await first.scheduler.close();
  const reachable: Backend = {
    ...market,
    capabilities: { ...market.capabilities, statusPort: port, logs: false },
    inspect: async (leases, call) =>
      (await market.inspect(leases, call)).map((report) =>
        report.kind === "status" ? { ...report, endpoint: `http://127.0.0.1:${port}` } : report,
      ),
  };
  const { scheduler, text } = await staged({ scheduler: { backends: [reachable], artifacts: [first.artifacts] } });
  const denied = { kind: "status", status: 403, code: "AccessDenied" } as const;
  server.inject({ operation: "PutObject", key: /\/node\/manifest$/, times: 1_000, fault: denied });
  const run = await scheduler.schedule(shell("echo asked > out", { outputs: { out: "s3://test-bucket/results/asked" } }));
  const { winner } = await run.result();
  expect(winner).toMatchObject({ outcome: "succeeded", exitCode: 0 });
  expect(first.text("results/asked")).toBe("asked\n");
  expect(text("results/asked")).toBe("");
  // A minute's timeout and ten of grace were not waited for.
  expect((winner.endedAtMs ?? 0) - (winner.startedAtMs ?? 0)).toBeLessThan(15_000);
});
