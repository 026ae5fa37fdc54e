import type { Logger } from "spillway/spec";
import { expect, test } from "vitest";
import { systemHost } from "../../../src/runtime/system-host.js";
import { eventually } from "../../support/eventually.js";
import { shell, staged } from "./fixture.js";

/** The real host, whose time of day can be moved. */
function movable() {
  const real = systemHost();
  const host = { ...real, offsetMs: 0, now: () => real.now() + host.offsetMs };
  return host;
}

test("what a run has left is removed by the reconciler when the store was down at its end, and not before it is due", async () => {
  const host = movable();
  const said: string[] = [];
  const say = (_: object, message: string): void => void said.push(message);
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: say, error: say };
  const { scheduler, server, keys } = await staged({ scheduler: { host, logger, reconcileEvery: 0 } });
  const refusals = () => server.log.filter(({ operation, status }) => operation === "DeleteObject" && status === 403).length;
  server.inject({ operation: "DeleteObject", times: 2, fault: { kind: "status", status: 403, code: "AccessDenied" } });
  const run = await scheduler.schedule(shell("echo x > out", { outputs: { out: "s3://test-bucket/results/out" } }));
  await run.result();
  await run.settled();
  await eventually(() => said.some((message) => message.includes("could not be removed yet")), "the first failure");
  const left = keys().filter((key) => key.includes(run.id));
  expect(left.length).toBeGreaterThan(0);

  await scheduler.reconcile();
  expect(refusals()).toBe(1);
  host.offsetMs += 61_000;
  await scheduler.reconcile();
  expect(refusals()).toBe(2);
  // Twice as long after the second failure.
  host.offsetMs += 61_000;
  await scheduler.reconcile();
  expect(keys().filter((key) => key.includes(run.id))).toEqual(left);
  host.offsetMs += 61_000;
  await scheduler.reconcile();
  expect(keys()).toEqual(["results/out"]);
  const requests = server.log.length;
  host.offsetMs += 3_600_000;
  await scheduler.reconcile();
  expect(server.log.length).toBe(requests);
});
