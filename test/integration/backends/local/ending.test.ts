import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { carriersOf, processSource } from "../../../../src/kit/process/index.js";
import { eventually } from "../../../support/eventually.js";
import {
  bind,
  callOf,
  ended,
  host,
  launchOf,
  leftovers,
  newKey,
  newLocal,
  refOf,
  release,
  reportOn,
  script,
  untilPrinted,
} from "../../../support/local-lease.js";
import { temporaryDirectory } from "../../../support/temporary.js";

describe("limits", () => {
  it("ends the command at its timeout with all its children", async () => {
    const { backend, directory } = newLocal();
    const key = await bind(backend, launchOf(script("sleep 61 & sleep 62"), { timeoutMs: 200 }));
    const root = join(directory, "leases", key, "root");
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: 143, reason: "WORKLOAD_TIMED_OUT" });
    if (processSource() === "procfs") expect(await carriersOf({ name: "SPILLWAY_ROOT", value: root })).toEqual([]);
    await release(backend, key);
  });

  it("ends the command at the end of the lease's life, and charges no longer than that", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("sleep 63"), { maxLifetimeMs: 400 }));
    const report = await ended(backend, key);
    expect(report).toMatchObject({ phase: "ended", reason: "LEASE_LOST" });
    await eventually(() => host.now() > (report.startedAtMs ?? 0) + 600);
    await release(backend, key);
    expect(await reportOn(backend, key)).toMatchObject({ kind: "gone", charge: { amount: 400_000n, final: true } });
  });

  it("does not blame memory for a SIGKILL without evidence", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("kill -KILL $$")));
    const report = await ended(backend, key);
    expect(report).toMatchObject({ phase: "exited", exitCode: 137, message: expect.stringContaining("SIGKILL") });
    expect(report.reason).toBeUndefined();
    await release(backend, key);
  });
});

describe("release", () => {
  it("gives the command its grace, answers pending meanwhile, and kills it then", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("trap '' TERM; echo ready; while :; do sleep 0.05; done")));
    await untilPrinted(backend, key, "ready");
    const call = callOf({ deadlineMs: host.now() + 200 });
    expect(await backend.release(refOf(backend, key), { graceMs: 60_000 }, call)).toBe("pending");
    expect(await reportOn(backend, key)).toMatchObject({ kind: "status", phase: "running" });
    await release(backend, key, 0);
    expect(await reportOn(backend, key)).toMatchObject({ kind: "gone" });
  });

  it("lets a command that handles SIGTERM end by itself", async () => {
    const { backend } = newLocal();
    const note = join(temporaryDirectory("note"), "note");
    const key = await bind(backend, launchOf(script(`trap 'echo bye > ${note}; exit 0' TERM; echo ready; while :; do sleep 0.02; done`)));
    await untilPrinted(backend, key, "ready");
    await release(backend, key, 10_000);
    expect(readFileSync(note, "utf8")).toBe("bye\n");
  });

  it("leaves no process, whatever the command started", async () => {
    if (processSource() !== "procfs") return;
    const { backend, directory } = newLocal();
    const daemon = "require('child_process').spawn('sleep', ['64'], { detached: true, stdio: 'ignore' }).unref()";
    const key = await bind(
      backend,
      launchOf(script(`"$0" -e "$1"; (sleep 65 &) ; sh -c 'sleep 66 & wait'`).concat(process.execPath, daemon)),
    );
    const marker = { name: "SPILLWAY_ROOT", value: join(directory, "leases", key, "root") };
    await eventually(async () => (await carriersOf(marker)).length >= 4);
    await release(backend, key);
    expect(await carriersOf(marker)).toEqual([]);
  });

  it("is idempotent, and takes what it never heard of for released", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("sleep 67")));
    await release(backend, key);
    for (const unknown of [key, newKey(), "Not A Key", "../../etc"]) {
      expect(await backend.release(refOf(backend, unknown), { graceMs: 0 }, callOf())).toBe("released");
    }
  });

  it("gives up staging that is under way", async () => {
    const { backend, directory } = newLocal();
    const server = createServer((_, response) => void response.write("a little"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
    const key = await bind(backend, launchOf(script("echo ran"), { inputs: [{ path: "in", url }] }));
    expect(await reportOn(backend, key)).toMatchObject({ phase: "starting" });
    await release(backend, key);
    expect(leftovers(directory)).toEqual([]);
    expect(await reportOn(backend, key)).toMatchObject({ kind: "gone" });
    server.closeAllConnections();
    server.close();
  });

  it("removes directories that the command closed to itself", async () => {
    const { backend, directory } = newLocal();
    const key = await bind(backend, launchOf(script("mkdir -p a/b; echo x > a/b/c; ln -s / a/b/slash; chmod 0 a/b a")));
    await ended(backend, key);
    await release(backend, key);
    expect(leftovers(directory)).toEqual([]);
  });

  it("empties the trash that an interrupted release left", async () => {
    const { backend, directory } = newLocal();
    await release(backend, await bind(backend, launchOf(script("true"))));
    mkdirSync(join(directory, "trash/left/over"), { recursive: true });
    writeFileSync(join(directory, "trash/left/over/file"), "x");
    await backend.listLeases(callOf());
    expect(leftovers(directory)).toEqual([]);
  });
});
