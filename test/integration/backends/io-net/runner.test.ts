// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell or of the platform, not ours
import { expect, test, vi } from "vitest";
import { readStatus } from "../../../../src/kit/runner/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { ioNetProcessContainers } from "../../../../src/testing/io-net/index.js";
import { eventually } from "../../../support/eventually.js";
import { freePort } from "../../../support/free-port.js";
import { bindWrapped, LIMIT_MS } from "../support/wrapped-runner.js";
import { onRealTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

/** The runner with a real shell in a container of the simulator. */
async function wrapped(argv: readonly string[], { hold }: { readonly hold: boolean }) {
  const trafficPort = await freePort();
  const on = await onRealTime({ containers: ioNetProcessContainers(systemHost()) }, { trafficPort, logIdleMs: 400 });
  return { ...on, ...(await bindWrapped(on.host, on.bind, { argv, hold, statusPort: trafficPort })) };
}

test("the runner's command, secrets and outputs survive the way; its status page is the reported endpoint", async () => {
  const on = await wrapped(["sh", "-c", 'echo "to stdout $1"; echo "$TOKEN" >"$SPILLWAY_ROOT/out"', "me", "${HOME} $$ $1"], { hold: true });
  expect(await on.manifest()).toMatchObject({ exitCode: 0, outputs: [{ path: "/out", uri: "mem:///out" }] });
  expect(on.store.objects.get("out")?.toString()).toBe("a $secret ${x}\n");

  const report = await on.report(on.ref);
  expect(report).toMatchObject({ kind: "status", phase: "running", endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  const endpoint = report.kind === "status" ? (report.endpoint ?? "") : "";
  const ask = () => readStatus({ backend: "io-net", endpoint, token: on.token, ...on.expected }, on.call());
  expect(await eventually(async () => (await ask()).manifest, "the status page", LIMIT_MS)).toMatchObject({ exitCode: 0 });

  // Held by the runner, so that the platform has nothing to start again.
  expect(on.simulator.deployments()[0]?.starts).toBe(1);
  let text = "";
  for await (const chunk of on.backend.logs?.(on.ref, on.call()) ?? []) text += chunk.text;
  expect(text).toContain("to stdout ${HOME} $$ $1\n");
  expect(text).toContain("spillway-manifest ");

  await on.released(on.ref);
  expect(on.simulator.openCount()).toBe(0);
});

test("a container that exits is started again by the platform, and its command still runs once", async () => {
  const on = await wrapped(["sh", "-c", 'echo ran; echo x >"$SPILLWAY_ROOT/out"; exit 0'], { hold: false });
  await on.manifest();
  await eventually(() => (on.simulator.deployments()[0]?.starts ?? 0) >= 3, "two restarts", LIMIT_MS);
  expect(on.store.count("PUT", "out")).toBe(1);
  expect(await on.report(on.ref)).toMatchObject({ kind: "status", phase: "running" });
  await on.released(on.ref);
});
