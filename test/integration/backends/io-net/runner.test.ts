// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell or of the platform, not ours
import { expect, test } from "vitest";
import { wrapLaunch } from "../../../../src/data/runner/index.js";
import { parseManifest, readStatus, runnerToken } from "../../../../src/kit/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { ioNetProcessContainers } from "../../../../src/testing/io-net/index.js";
import { eventually } from "../../../support/eventually.js";
import { freePort } from "../../../support/free-port.js";
import { objectServer } from "../../../support/object-server.js";
import { onRealTime } from "./fixture.js";

const NONCE = "ab".repeat(32);

/** The runner with a real shell in a container of the simulator, as the runtime would launch it. */
async function wrapped(argv: readonly string[], options: { readonly hold: boolean }) {
  const store = await objectServer();
  const trafficPort = await freePort();
  const host = systemHost();
  const on = await onRealTime({ containers: ioNetProcessContainers(host) }, { trafficPort, logIdleMs: 400 });
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
      timeoutMs: 60_000,
      maxLifetimeMs: 3_600_000,
      nonce: NONCE,
      labels: {},
    },
    {
      manifestPut: store.url("PUT", "manifest"),
      manifestGet: store.url("GET", "manifest"),
      outputs: { "/out": store.url("PUT", "out") },
      status: { port: trafficPort, token },
    },
    options,
  );
  // The runner's second is short here.
  const { ref } = await on.bind({ ...launch, env: { ...launch.env, SPILLWAY_TICK: "0.05" } });
  const expected = { nonce: NONCE, places: { "/out": "mem:///out" } };
  const manifest = () =>
    eventually(() => {
      const bytes = store.objects.get("manifest");
      return bytes && parseManifest(bytes, expected);
    }, "the manifest");
  return { ...on, store, ref, manifest, expected, token };
}

test("the runner's command, secrets and outputs survive the way; its status page is the reported endpoint", async () => {
  const on = await wrapped(["sh", "-c", 'echo "to stdout $1"; echo "$TOKEN" >"$SPILLWAY_ROOT/out"', "me", "${HOME} $$ $1"], { hold: true });
  expect(await on.manifest()).toMatchObject({ exitCode: 0, outputs: [{ path: "/out", uri: "mem:///out" }] });
  expect(on.store.objects.get("out")?.toString()).toBe("a $secret ${x}\n");

  const report = await on.report(on.ref);
  expect(report).toMatchObject({ kind: "status", phase: "running", endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  const endpoint = report.kind === "status" ? (report.endpoint ?? "") : "";
  const ask = () => readStatus({ backend: "io-net", endpoint, token: on.token, ...on.expected }, on.call());
  expect(await eventually(async () => (await ask()).manifest, "the status page")).toMatchObject({ exitCode: 0 });

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
  await eventually(() => (on.simulator.deployments()[0]?.starts ?? 0) >= 3, "two restarts");
  expect(on.store.count("PUT", "out")).toBe(1);
  expect(await on.report(on.ref)).toMatchObject({ kind: "status", phase: "running" });
  await on.released(on.ref);
});
