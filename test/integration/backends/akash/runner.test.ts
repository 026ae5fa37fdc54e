// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell or of the platform, not ours
import { expect, test, vi } from "vitest";
import { manifestFromLog } from "../../../../src/kit/runner/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { akashProcessContainers } from "../../../../src/testing/akash/index.js";
import { eventually } from "../../../support/eventually.js";
import { freePort } from "../../../support/free-port.js";
import { bindWrapped, LIMIT_MS } from "../support/wrapped-runner.js";
import { onRealTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

/** The runner with a real shell in a container of the simulator. */
async function wrapped(argv: readonly string[], { hold }: { readonly hold: boolean }) {
  const statusPort = await freePort();
  const on = await onRealTime({ containers: akashProcessContainers(systemHost()) }, { statusPort });
  const run = await bindWrapped(on.host, on.bind, { argv, hold, statusPort });
  const released = () =>
    eventually(async () => (await on.backend.release(run.ref, { graceMs: 0 }, on.call())) === "released", "the release", LIMIT_MS);
  const starts = (): number => on.simulator.deployments()[0]?.containers[0]?.starts ?? 0;
  return { ...on, ...run, released, starts };
}

test("command, secrets and outputs survive the way; the manifest object comes first, the marked line second", async () => {
  const on = await wrapped(["sh", "-c", 'echo "to stdout $1"; echo "$TOKEN" >"$SPILLWAY_ROOT/out"', "me", "${HOME} $$ $1 $(HOME)"], {
    hold: true,
  });
  expect(await on.manifest()).toMatchObject({ exitCode: 0, outputs: [{ path: "/out", uri: "mem:///out" }] });
  expect(on.store.objects.get("out")?.toString()).toBe("a $secret ${x}\n");

  // Held by the runner, so that the platform has nothing to start again, and no report calls it the end.
  expect(on.starts()).toBe(1);
  const [report] = await on.backend.inspect([on.ref], on.call());
  expect(report).toMatchObject({ kind: "status", phase: "running", endpoint: expect.stringMatching(/^http:\/\//) });

  let text = "";
  for await (const chunk of on.backend.logs?.(on.ref, on.call()) ?? []) text += chunk.text;
  expect(text).toContain("to stdout ${HOME} $$ $1 $(HOME)\n");
  expect(manifestFromLog(text, on.expected)).toMatchObject({ exitCode: 0 });
  // Nothing was sent into the container to find that out.
  expect(on.simulator.requests.map(({ operation }) => operation)).not.toContain("gatewayShell");

  await on.released();
  expect(on.simulator.openDeployments()).toEqual([]);
});

test("a container that exits is started again by the platform, and its command still runs once", async () => {
  const on = await wrapped(["sh", "-c", 'echo ran; echo x >"$SPILLWAY_ROOT/out"; exit 0'], { hold: false });
  await on.manifest();
  await eventually(() => on.starts() >= 3, "two restarts", LIMIT_MS);
  expect(on.store.count("PUT", "out")).toBe(1);
  await on.released();
});
