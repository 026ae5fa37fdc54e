import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { carriersOf, membersOfGroup, processSource, readProcessState, startProcess, stopProcess } from "../../../src/kit/process/index.js";
import { supervisorScript } from "../../../src/kit/process/supervisor-program.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { eventually } from "../../support/eventually.js";
import { crash, nextLine, otherProcesses } from "../../support/other-process.js";
import { alive, commandOf, exitOf, printed, script, start } from "../../support/supervised.js";
import { temporaryDirectory } from "../../support/temporary.js";

const host = systemHost();

describe("stopping", () => {
  it("ends the command, its children and their children", async () => {
    const { directory, cwd, marker } = await start(script("sh -c 'sleep 61 & echo $! > a; wait' & sleep 62 & echo $! > b; wait"));
    const pids = await eventually(() => {
      const found = ["a", "b"].map((name) => (existsSync(join(cwd, name)) ? Number(readFileSync(join(cwd, name), "utf8")) : 0));
      return found.every((pid) => pid > 0) && found;
    });
    const { pid } = await commandOf(directory);
    expect(await membersOfGroup(pid)).toEqual(expect.arrayContaining([pid, ...pids]));
    expect(await stopProcess(directory, { host, graceMs: 2_000, waitMs: 5_000, marker })).toBe("stopped");
    expect(await Promise.all(pids.map(alive))).toEqual([false, false]);
    expect(await membersOfGroup(pid)).toEqual([]);
    expect(await exitOf(directory)).toMatchObject({ code: 143, cause: "stopped" });
  });

  it("finds children that left the group and the session, where the system shows environments", async () => {
    if (processSource() !== "procfs") return;
    const daemon =
      "const c = require('child_process').spawn('sleep', ['63'], { detached: true, stdio: 'ignore' }); c.unref(); console.log(c.pid)";
    const { directory, marker } = await start(script(`"$0" -e "$1"; sleep 30`).concat(process.execPath, daemon));
    const pid = await eventually(() => Number(printed(directory)) || undefined);
    expect(await alive(pid)).toBe(true);
    expect(await carriersOf(marker)).toContain(pid);
    await stopProcess(directory, { host, graceMs: 500, waitMs: 5_000, marker });
    expect(await alive(pid)).toBe(false);
    expect(await carriersOf(marker)).toEqual([]);
  });

  it("lets nothing survive a command that ends by itself", async () => {
    const { directory, cwd, marker } = await start(script("sleep 64 & echo $! > pid; exit 0"));
    expect(await exitOf(directory)).toMatchObject({ code: 0 });
    expect(await alive(Number(readFileSync(join(cwd, "pid"), "utf8")))).toBe(false);
    expect(await carriersOf(marker)).toEqual([]);
  });

  it("answers while a long grace runs, and a second request shortens it", async () => {
    const { directory } = await start(script("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
    await eventually(() => printed(directory) === "ready\n");
    expect(await stopProcess(directory, { host, graceMs: 60_000, waitMs: 50 })).toBe("stopping");
    expect((await readProcessState(directory)).kind).toBe("running");
    expect(await stopProcess(directory, { host, graceMs: 0, waitMs: 5_000 })).toBe("stopped");
    expect(await exitOf(directory)).toMatchObject({ code: 137, cause: "stopped" });
  });

  it("asks nobody to end who has no time for it", async () => {
    const { directory, cwd } = await start(script("trap 'echo asked >asked; exit 9' TERM; echo ready; while :; do sleep 0.05; done"));
    await eventually(() => printed(directory) === "ready\n");
    expect(await stopProcess(directory, { host, graceMs: 0, waitMs: 5_000 })).toBe("stopped");
    expect(await exitOf(directory)).toMatchObject({ code: 137, cause: "stopped" });
    expect(existsSync(join(cwd, "asked"))).toBe(false);
  });

  it("is idempotent and leaves the record of an earlier end alone", async () => {
    const { directory } = await start(script("exit 4"));
    const exit = await exitOf(directory);
    for (let i = 0; i < 2; i++) expect(await stopProcess(directory, { host, graceMs: 0, waitMs: 1_000 })).toBe("stopped");
    expect(await exitOf(directory)).toEqual(exit);
  });

  it("forbids a later start in the same directory", async () => {
    const directory = temporaryDirectory("stopped");
    expect(await stopProcess(directory, { host, graceMs: 0, waitMs: 0 })).toBe("stopped");
    const request = { directory, argv: script("echo ran"), env: {}, cwd: directory };
    expect(await startProcess(request, host)).toBe(false);
    const state = await eventually(async () => {
      const now = await readProcessState(directory);
      return now.kind === "starting" ? undefined : now;
    });
    expect([state.kind, printed(directory)]).toEqual(["lost", ""]);
  });

  it("leaves a process alone that merely got the same id", async () => {
    const other = spawn("sleep", ["65"], { detached: true, stdio: "ignore" });
    const directory = temporaryDirectory("reuse");
    const record = { pid: other.pid, start: "another-boot/1" };
    writeFileSync(join(directory, "supervisor.json"), JSON.stringify(record));
    writeFileSync(join(directory, "command.json"), JSON.stringify({ ...record, startedAtMs: 1 }));
    expect((await readProcessState(directory)).kind).toBe("lost");
    expect(await stopProcess(directory, { host, graceMs: 0, waitMs: 1_000 })).toBe("stopped");
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill("SIGKILL");
    await once(other, "exit");
  });

  it("cleans up after a supervisor that was killed", async () => {
    const { directory, marker } = await start(script("sleep 66 & sleep 67"));
    const command = await commandOf(directory);
    const state = await readProcessState(directory);
    if (state.kind !== "running") throw new Error(state.kind);
    process.kill(state.supervisor.pid, "SIGKILL");
    await eventually(async () => (await readProcessState(directory)).kind === "lost");
    expect(await alive(command.pid)).toBe(true);
    expect(await stopProcess(directory, { host, graceMs: 0, waitMs: 5_000, marker })).toBe("stopped");
    expect(await membersOfGroup(command.pid)).toEqual([]);
  });

  it("copes with a directory that is removed under a running command", async () => {
    const { directory, marker } = await start(script("sleep 0.2"));
    await commandOf(directory);
    rmSync(directory, { recursive: true });
    await eventually(async () => (await carriersOf(marker)).length === 0);
    expect((await readProcessState(directory)).kind).toBe("absent");
  });
});

describe("a scheduler that dies", () => {
  const otherProcess = otherProcesses({ process: "kit/process/index.ts", host: "runtime/system-host.ts" });
  const starting = (directory: string, command: readonly string[]) => `
    const { startProcess } = await import("#process");
    const { systemHost } = await import("#host");
    const directory = ${JSON.stringify(directory)};
    await startProcess({ directory, cwd: directory, env: { PATH: process.env.PATH }, argv: ${JSON.stringify(command)} }, systemHost());
    console.log("started");`;

  it("leaves a command whose end and exit code another process finds", async () => {
    const directory = temporaryDirectory("orphan");
    const scheduler = otherProcess(
      `${starting(directory, script("while [ ! -e go ]; do sleep 0.02; done; echo late; exit 5"))} setInterval(() => {}, 1000);`,
    );
    await nextLine(scheduler);
    await crash(scheduler);
    await commandOf(directory);
    writeFileSync(join(directory, "go"), "");
    expect(await exitOf(directory)).toMatchObject({ code: 5 });
    expect(printed(directory)).toBe("late\n");
  });

  it("while it gives orders, leaves nothing that was half understood", () => {
    const directory = temporaryDirectory("cut-off");
    const whole = supervisorScript({
      directory,
      argv: ["touch", join(directory, "ran")],
      env: { PATH: process.env["PATH"] },
      cwd: directory,
      graceMs: 0,
    });
    const obey = (input: string) =>
      spawnSync(process.execPath, ["--input-type=commonjs", "-"], { input, stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"] });
    const ordersAt = whole.indexOf("main(JSON");
    for (const length of [0, 1, ordersAt >> 1, ordersAt, ordersAt + 4, ordersAt + 20, ordersAt + 60, whole.trimEnd().length - 3]) {
      obey(whole.slice(0, length));
      expect(readdirSync(directory), `after ${length} of ${whole.length} characters`).toEqual([]);
    }
    obey(whole);
    expect(readdirSync(directory).sort()).toEqual(["command.json", "exit.json", "ran"]);
  });

  it("does not have to wait for the command before it can end", async () => {
    const directory = temporaryDirectory("detach");
    const [code] = await once(otherProcess(starting(directory, ["sleep", "68"])), "exit");
    expect(code).toBe(0);
    await commandOf(directory);
    expect(await stopProcess(directory, { host, graceMs: 500, waitMs: 5_000 })).toBe("stopped");
  });
});
