// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell or of the platform, not ours
import { expect, test, vi } from "vitest";
import { wrapLaunch } from "../../../../src/data/runner/index.js";
import { manifestFromLog, parseManifest, runnerToken } from "../../../../src/kit/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { akashProcessContainers } from "../../../../src/testing/akash/index.js";
import { eventually } from "../../../support/eventually.js";
import { freePort } from "../../../support/free-port.js";
import { objectServer } from "../../../support/object-server.js";
import { onRealTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const NONCE = "ab".repeat(32);

/** The runner with a real shell in a container of the simulator, as the runtime would launch it. */
async function wrapped(argv: readonly string[], options: { readonly hold: boolean }) {
  const store = await objectServer();
  const statusPort = await freePort();
  const host = systemHost();
  const on = await onRealTime({ containers: akashProcessContainers(host) }, { statusPort });
  const key = `testns-${host.newId()}`;
  const token = new Secret(runnerToken({ secret: "00" }, key, host));
  const launch = wrapLaunch(
    {
      key,
      image: "registry.example/work:1",
      argv,
      env: {},
      secrets: { TOKEN: new Secret("a $secret ${x}") },
      resources: { cpu: 2, memoryMiB: 4_096, diskMiB: 4_096 },
      inputs: [],
      outputs: [{ path: "/out", optional: false }],
      timeoutMs: 600_000,
      maxLifetimeMs: 3_600_000,
      nonce: NONCE,
      labels: {},
    },
    {
      manifestPut: store.url("PUT", "manifest"),
      manifestGet: store.url("GET", "manifest"),
      outputs: { "/out": store.url("PUT", "out") },
      status: { port: statusPort, token },
    },
    options,
  );
  // The runner's second is short here.
  const { ref } = await on.bind({ ...launch, env: { ...launch.env, SPILLWAY_TICK: "0.05" } });
  const expected = { nonce: NONCE, places: { "/out": "mem:///out" } };
  const manifest = () =>
    eventually(
      () => {
        const bytes = store.objects.get("manifest");
        return bytes && parseManifest(bytes, expected);
      },
      "the manifest",
      120_000,
    );
  const released = () =>
    eventually(async () => (await on.backend.release(ref, { graceMs: 0 }, on.call())) === "released", "the release", 120_000);
  const starts = (): number => on.simulator.deployments()[0]?.containers[0]?.starts ?? 0;
  return { ...on, store, ref, manifest, expected, released, starts };
}

test("command, secrets and outputs survive the way; the manifest object comes first, the marked line second", {
  timeout: 60_000,
}, async () => {
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

test("a container that exits is started again by the platform, and its command still runs once", { timeout: 240_000 }, async () => {
  const on = await wrapped(["sh", "-c", 'echo ran; echo x >"$SPILLWAY_ROOT/out"; exit 0'], { hold: false });
  await on.manifest();
  await eventually(() => on.starts() >= 3, "two restarts", 120_000);
  expect(on.store.count("PUT", "out")).toBe(1);
  await on.released();
});
