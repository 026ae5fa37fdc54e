import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { carriersOf, processSource } from "../../../../src/kit/process/index.js";
import type { Launch } from "../../../../src/spec/launch.js";
import { eventually } from "../../../support/eventually.js";
import {
  callOf,
  ended,
  inPhase,
  launchOf,
  leftovers,
  localIn,
  logsOf,
  newLocal,
  outputNames,
  outputPlan,
  placementOf,
  refOf,
  release,
  reportOn,
  script,
} from "../../../support/local-lease.js";
import { crash, nextLine, type OtherProcess, otherProcesses } from "../../../support/other-process.js";

const otherProcess = otherProcesses({ local: "backends/local/index.ts", host: "runtime/system-host.ts", call: "testing/call-context.ts" });

/** A scheduler's process that binds a launch, says so, and goes on living. */
function scheduler(directory: string, launch: Launch, { before = "", after = "setInterval(() => {}, 1_000)" } = {}): OtherProcess {
  return otherProcess(`
    const { local } = await import("#local");
    const { systemHost } = await import("#host");
    const { testCallContext } = await import("#call");
    const host = systemHost();
    const backend = local({ usdPerHour: 3.6, directory: ${JSON.stringify(directory)}, cpu: 4, memory: 4096 });
    const call = testCallContext({ host, namespace: { id: "testns", secret: "00" } });
    const launch = ${JSON.stringify(launch)};
    ${before};
    await backend.bind({ key: launch.key, launch, offer: {}, priceCapUsdPerHour: 100, rank: () => [] }, call);
    console.log("bound");
    ${after};`);
}

/** Kills the process right before its n-th file operation from now. */
const killAtFileOperation = (n: number): string => `
    const { default: files } = await import("node:fs/promises");
    let left = ${n};
    for (const [name, original] of Object.entries(files)) {
      if (typeof original !== "function") continue;
      files[name] = (...args) => {
        if (--left === 0) process.kill(process.pid, "SIGKILL");
        return original(...args);
      };
    }
    (await import("node:module")).syncBuiltinESMExports()`;

describe("a scheduler that is killed", () => {
  it("leaves a lease that another process finds, follows, collects and releases", async () => {
    const { backend, directory } = newLocal();
    const launch = launchOf(
      script("echo early; while [ ! -e go ]; do sleep 0.02; done; mkdir out; echo result > out/file; echo late; exit 3"),
    );
    const first = scheduler(directory, launch);
    await nextLine(first);
    await inPhase(backend, launch.key, "running");
    await crash(first);

    expect((await backend.listLeases(callOf())).map(({ key }) => key)).toEqual([launch.key]);
    const [finding] = await backend.find([{ key: launch.key, intendedAtMs: 0 }], callOf());
    expect(finding).toMatchObject({ kind: "bound", lease: { ref: { key: launch.key }, report: { phase: "running" } } });

    writeFileSync(join(directory, "leases", launch.key, "root/go"), "");
    expect(await ended(backend, launch.key)).toMatchObject({ phase: "exited", exitCode: 3 });
    expect(await logsOf(backend, launch.key)).toBe("early\nlate\n");
    const manifest = await backend.collect?.(refOf(backend, launch.key), outputPlan("/out", "missing"), callOf());
    expect(manifest).toMatchObject({ exitCode: 3, nonce: launch.nonce });
    expect(outputNames(manifest?.outputs ?? [])).toEqual(["/out|file"]);

    await release(backend, launch.key);
    expect(leftovers(directory)).toEqual([]);
    expect(await backend.listLeases(callOf())).toEqual([]);
    expect(await reportOn(backend, launch.key)).toMatchObject({ kind: "gone", charge: { final: true } });
  });

  it("leaves a command that is still ended at its timeout, and one that is released while it runs", async () => {
    const { backend, directory } = newLocal();
    const timed = launchOf(script("sleep 61"), { timeoutMs: 700 });
    const endless = launchOf(script("sleep 62 & sleep 62"));
    for (const launch of [timed, endless]) {
      const first = scheduler(directory, launch);
      await nextLine(first);
      await inPhase(backend, launch.key, "running");
      await crash(first);
    }
    expect(await ended(backend, timed.key)).toMatchObject({ phase: "exited", exitCode: 143, reason: "WORKLOAD_TIMED_OUT" });
    const marker = { name: "SPILLWAY_ROOT", value: join(directory, "leases", endless.key, "root") };
    if (processSource() === "procfs") expect((await carriersOf(marker)).length).toBeGreaterThan(1);
    await release(backend, endless.key);
    expect(await carriersOf(marker)).toEqual([]);
    await release(backend, timed.key);
    expect(leftovers(directory)).toEqual([]);
  });

  it("while it stages inputs, leaves a lease that is over, never one that seems to start for ever", async () => {
    const { backend, directory } = newLocal();
    const server = createServer((_, response) => void response.write("a little"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const launch = launchOf(script("echo ran"), {
      inputs: [{ path: "in", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }],
    });
    const first = scheduler(directory, launch);
    await nextLine(first);
    expect(await reportOn(backend, launch.key)).toMatchObject({ kind: "status", phase: "starting" });
    await crash(first);
    expect(await reportOn(backend, launch.key)).toMatchObject({ kind: "status", phase: "ended", reason: "LEASE_LOST" });
    await release(backend, launch.key);
    expect(leftovers(directory)).toEqual([]);
  });

  it("at any step of a bind, leaves either no lease or one that can be released", async () => {
    const { backend, directory } = newLocal({ concurrency: 1 });
    const seen = new Set<number>();
    for (let step = 1; step < 60; step += 3) {
      const launch = launchOf(script("sleep 63"));
      const dying = scheduler(directory, launch, { before: killAtFileOperation(step), after: "process.kill(process.pid, 'SIGKILL')" });
      await once(dying, "exit");
      const keys = (await backend.listLeases(callOf())).map(({ key }) => key);
      expect([[], [launch.key]]).toContainEqual(keys);
      seen.add(keys.length);
      for (const key of keys) await release(backend, key);
      expect(await carriersOf({ name: "SPILLWAY_ROOT", value: join(directory, "leases", launch.key, "root") })).toEqual([]);
    }
    expect(seen).toEqual(new Set([0, 1]));
    // Whatever half-made directories there were, the next bind clears them away, and capacity is whole.
    const launch = launchOf(script("true"));
    await backend.bind(placementOf(launch), callOf());
    expect(readdirSync(join(directory, "leases"))).toEqual([launch.key]);
    await release(backend, launch.key);
  });

  it("may end in peace at once after a bind: the command runs", async () => {
    const { backend, directory } = newLocal();
    const launch = launchOf(script("echo ran"));
    const [code] = await once(scheduler(directory, launch, { after: "await backend.close()" }), "exit");
    expect(code).toBe(0);
    expect(await ended(backend, launch.key)).toMatchObject({ phase: "exited", exitCode: 0 });
    expect(await logsOf(backend, launch.key)).toBe("ran\n");
    await release(backend, launch.key);
  });
});

describe("two schedulers on one directory", () => {
  it("sees the other's release as an end, and binds nothing twice", async () => {
    const { backend, directory } = newLocal();
    const again = localIn(directory);
    const launch = launchOf(script("sleep 64"));
    const leases = await Promise.all([backend, again].map((one) => one.bind(placementOf(launch), callOf())));
    expect(leases[0]?.ref).toEqual(leases[1]?.ref);
    await inPhase(again, launch.key, "running");
    await release(again, launch.key);
    expect(await reportOn(backend, launch.key)).toMatchObject({ kind: "gone", charge: { final: true } });
  });

  it("lets one process release what another is still staging", async () => {
    const { backend, directory } = newLocal();
    const server = createServer((_, response) => void response.write("a little"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const launch = launchOf(script("echo ran > proof; sleep 65"), { inputs: [{ path: "deep/in", url }] });
    const other = scheduler(directory, launch);
    await nextLine(other);
    await eventually(() => existsSync(join(directory, "leases", launch.key, "root/deep")));
    await release(backend, launch.key);
    // The other one's download ends now, and must not bring the directory or the command back.
    server.closeAllConnections();
    await crash(other);
    expect(leftovers(directory)).toEqual([]);
  });
});
