import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  carriersOf,
  followOutput,
  identifyProcess,
  isRunning,
  membersOfGroup,
  minimalEnvironment,
  type ProcessRequest,
  processSource,
  readProcessState,
  runCommand,
  startProcess,
  stopProcess,
} from "../../../src/kit/process/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { eventually } from "../../support/eventually.js";
import { temporaryDirectory } from "../../support/temporary.js";

const host = systemHost();

/** Starts a command in a directory of its own, with a marker as backends use it. */
async function start(
  argv: readonly string[],
  more: Partial<ProcessRequest> = {},
): Promise<{ directory: string; cwd: string; marker: { name: string; value: string } }> {
  const directory = temporaryDirectory("process");
  const cwd = join(directory, "work");
  mkdirSync(cwd);
  const marker = { name: "TEST_ROOT", value: cwd };
  const env = { ...minimalEnvironment(host, { home: cwd, temporary: cwd }), TEST_ROOT: cwd, ...more.env };
  await startProcess({ directory, argv, cwd, marker, ...more, env }, host);
  return { directory, cwd, marker };
}

const script = (text: string): readonly string[] => ["sh", "-c", text];
const node = (text: string): readonly string[] => [process.execPath, "-e", text];

const exitOf = (directory: string) =>
  eventually(async () => {
    const state = await readProcessState(directory);
    return state.kind === "exited" ? state.exit : undefined;
  }, "an exit record");

const printed = (directory: string, stream: "stdout" | "stderr" = "stdout") => readFileSync(join(directory, stream), "utf8");

const commandOf = (directory: string) =>
  eventually(async () => {
    const state = await readProcessState(directory);
    return state.kind === "running" ? state.command : undefined;
  }, "a running command");

/** Living, and not only waiting to be reaped. */
const alive = async (pid: number) => (await identifyProcess(pid)) !== undefined;

describe("exit codes", () => {
  it.each([0, 1, 3, 125, 255])("keeps code %i", async (code) => {
    const { directory } = await start(script(`exit ${code}`));
    expect(await exitOf(directory)).toMatchObject({ code, outOfMemory: false });
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGKILL", 137],
    ["SIGSEGV", 139],
  ])("maps %s to %i", async (signal, code) => {
    const { directory } = await start(script(`kill -${signal.slice(3)} $$`));
    expect(await exitOf(directory)).toMatchObject({ code, signal, outOfMemory: false });
  });

  it("answers 127 for a command that does not exist and 126 for one that may not be run", async () => {
    const missing = await start(["no-such-command-anywhere"]);
    const directory = await start(["/"]);
    expect(await exitOf(missing.directory)).toMatchObject({ code: 127, error: "ENOENT" });
    expect(await exitOf(directory.directory)).toMatchObject({ code: 126, error: "EACCES" });
  });

  it("answers 126 for arguments that no program can take", async () => {
    const { directory } = await start(["printf", "a\0b"]);
    expect(await exitOf(directory)).toMatchObject({ code: 126, error: "ERR_INVALID_ARG_VALUE" });
  });

  it("tells when it began and ended", async () => {
    const before = host.now();
    const { directory } = await start(script("sleep 0.1"));
    const exit = await exitOf(directory);
    expect(exit.startedAtMs).toBeGreaterThanOrEqual(before);
    expect(exit.endedAtMs - exit.startedAtMs).toBeGreaterThanOrEqual(95);
  });
});

describe("what the command sees", () => {
  it("passes arguments through no shell", async () => {
    const odd = ["a b", "$HOME", "'\"`", "*", "", "-n", "ü\n2"];
    const { directory } = await start(node("console.log(JSON.stringify(process.argv.slice(1)))").concat("--", ...odd));
    await exitOf(directory);
    expect(JSON.parse(printed(directory))).toEqual(odd);
  });

  it("has exactly the environment that was named, whatever the scheduler's own holds", async () => {
    process.env["SPILLWAY_TEST_LEAK"] = "leaked";
    const { directory, cwd } = await start(node("console.log(JSON.stringify(process.env))"), { env: { DECLARED: "x=1\ny" } });
    delete process.env["SPILLWAY_TEST_LEAK"];
    await exitOf(directory);
    expect(JSON.parse(printed(directory))).toEqual({
      PATH: process.env["PATH"],
      LANG: process.env["LANG"] ?? "C.UTF-8",
      HOME: cwd,
      TMPDIR: cwd,
      TEST_ROOT: cwd,
      DECLARED: "x=1\ny",
    });
  });

  it("runs in its working directory with nothing to read", async () => {
    const { directory, cwd } = await start(
      node("console.log(process.cwd()); process.stdin.on('data', () => {}).on('end', () => console.log('end'))"),
    );
    await exitOf(directory);
    expect(printed(directory)).toBe(`${cwd}\nend\n`);
  });

  it("keeps what must not be seen off the disk and out of the supervisor's own environment and arguments", async () => {
    const secret = "s3cr3t-0123456789";
    const { directory } = await start(script("sleep 30"), { env: { TOKEN: secret } });
    await commandOf(directory);
    const state = await readProcessState(directory);
    if (state.kind !== "running") throw new Error(state.kind);
    const seen = [];
    if (processSource() === "procfs") {
      for (const file of ["environ", "cmdline"]) seen.push(readFileSync(`/proc/${state.supervisor.pid}/${file}`, "utf8"));
      expect(readFileSync(`/proc/${state.command.pid}/environ`, "utf8")).toContain(secret);
    }
    for (const name of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) seen.push(readFileSync(join(name.parentPath, name.name), "utf8"));
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.filter((text) => text.includes(secret))).toEqual([]);
    await stopProcess(directory, { host, graceMs: 0, waitMs: 5_000 });
  });
});

describe("output", () => {
  it("streams both streams from the beginning while the command runs, and ends with it", async () => {
    const { directory, cwd } = await start(script("echo one; echo oops >&2; while [ ! -e go ]; do sleep 0.02; done; echo two"));
    const chunks: { stream: string; text: string }[] = [];
    for await (const chunk of followOutput(directory, { host })) {
      chunks.push(chunk);
      if (chunks.some(({ text }) => text.includes("one")) && !existsSync(join(cwd, "go"))) writeFileSync(join(cwd, "go"), "");
    }
    const all = (stream: string) =>
      chunks
        .filter((chunk) => chunk.stream === stream)
        .map(({ text }) => text)
        .join("");
    expect([all("stdout"), all("stderr")]).toEqual(["one\ntwo\n", "oops\n"]);
    expect(chunks.filter(({ stream }) => stream === "stdout").length).toBeGreaterThan(1);
  });

  it("never splits a character, however the bytes arrive", async () => {
    const { directory } = await start(node("const b = Buffer.from('ä€😀'.repeat(30_000)); require('fs').writeSync(1, b); "));
    await exitOf(directory);
    let text = "";
    for await (const chunk of followOutput(directory, { host })) text += chunk.text;
    expect(text).toBe("ä€😀".repeat(30_000));
  });

  it("rejects promptly with the signal's reason", async () => {
    const { directory } = await start(script("sleep 30"));
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of followOutput(directory, { host, signal: abort.signal }));
    })();
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await stopProcess(directory, { host, graceMs: 0, waitMs: 5_000 });
  });
});

describe("limits", () => {
  it("ends the command when its time is over, and says so", async () => {
    const { directory } = await start(script("sleep 30"), { timeoutMs: 150 });
    expect(await exitOf(directory)).toMatchObject({ code: 143, signal: "SIGTERM", cause: "timeout" });
  });

  it("kills what ignores SIGTERM once the grace is over", async () => {
    const { directory } = await start(script("trap '' TERM; echo ready; while :; do sleep 0.05; done"), { timeoutMs: 200, graceMs: 200 });
    const exit = await exitOf(directory);
    expect(exit).toMatchObject({ code: 137, signal: "SIGKILL", cause: "timeout", outOfMemory: false });
    expect(exit.endedAtMs - exit.startedAtMs).toBeGreaterThanOrEqual(390);
  });

  it("keeps the code of a command that handles SIGTERM", async () => {
    const { directory } = await start(script("trap 'exit 7' TERM; while :; do sleep 0.02; done"), { timeoutMs: 150 });
    expect(await exitOf(directory)).toMatchObject({ code: 7, cause: "timeout" });
  });

  it("ends the command at the end of the lease's life although nobody asks", async () => {
    const { directory } = await start(script("sleep 30"), { timeoutMs: 60_000, lifetimeMs: 150 });
    expect(await exitOf(directory)).toMatchObject({ code: 143, cause: "lifetime" });
  });

  it("does not take a timer of more than 24 days for one of no time", async () => {
    const { directory } = await start(script("sleep 0.2; echo done"), { timeoutMs: 2 ** 31 + 5, lifetimeMs: 2 ** 33 });
    expect(await exitOf(directory)).toMatchObject({ code: 0 });
    expect(printed(directory)).toBe("done\n");
  });

  it("runs the extra kill command first", async () => {
    const directory = temporaryDirectory("kill");
    const proof = join(directory, "proof");
    const started = await start(script("trap '' TERM; while :; do sleep 0.05; done"), {
      timeoutMs: 100,
      graceMs: 50,
      kill: { argv: ["/bin/sh", "-c", `echo $WORD > ${proof}`], env: { WORD: "killed" } },
    });
    expect(await exitOf(started.directory)).toMatchObject({ code: 137 });
    expect(readFileSync(proof, "utf8")).toBe("killed\n");
  });

  it("takes a risen kernel counter together with SIGKILL as evidence of too little memory", async () => {
    const counter = join(temporaryDirectory("cgroup"), "memory.events");
    writeFileSync(counter, "low 0\noom 4\noom_kill 2\n");
    const killed = (text: string) => start(script(text), { memoryCounters: [counter] });
    const plain = await killed("kill -KILL $$");
    expect(await exitOf(plain.directory)).toMatchObject({ code: 137, outOfMemory: false });
    const oom = await killed(`printf 'oom_kill 3\\n' > ${counter}; kill -KILL $$`);
    expect(await exitOf(oom.directory)).toMatchObject({ code: 137, outOfMemory: true });
    const survived = await killed(`printf 'oom_kill 4\\n' > ${counter}; exit 1`);
    expect(await exitOf(survived.directory)).toMatchObject({ code: 1, outOfMemory: false });
  });
});

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
  /** Runs a script that uses the sources, in a process of its own. */
  const child = (text: string) =>
    spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", text], {
      cwd: join(import.meta.dirname, "../../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });

  it("leaves a command whose end and exit code another process finds", async () => {
    const directory = temporaryDirectory("orphan");
    const source = `
      const { startProcess } = await import("./src/kit/process/index.ts");
      const { systemHost } = await import("./src/runtime/system-host.ts");
      const directory = ${JSON.stringify(directory)};
      await startProcess({ directory, cwd: directory, env: { PATH: process.env.PATH }, argv: ["sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; echo late; exit 5"] }, systemHost());
      console.log("started");
      setInterval(() => {}, 1000);`;
    const scheduler = child(source);
    await once(scheduler.stdout, "data");
    scheduler.kill("SIGKILL");
    await once(scheduler, "exit");
    await commandOf(directory);
    writeFileSync(join(directory, "go"), "");
    expect(await exitOf(directory)).toMatchObject({ code: 5 });
    expect(printed(directory)).toBe("late\n");
  });

  it("does not have to wait for the command before it can end", async () => {
    const directory = temporaryDirectory("detach");
    const source = `
      const { startProcess } = await import("./src/kit/process/index.ts");
      const { systemHost } = await import("./src/runtime/system-host.ts");
      const directory = ${JSON.stringify(directory)};
      await startProcess({ directory, cwd: directory, env: { PATH: process.env.PATH }, argv: ["sleep", "68"] }, systemHost());`;
    const [code] = await once(child(source), "exit");
    expect(code).toBe(0);
    await commandOf(directory);
    expect(await stopProcess(directory, { host, graceMs: 500, waitMs: 5_000 })).toBe("stopped");
  });
});

describe("identities", () => {
  it.each(processSource() === "procfs" ? (["procfs", "ps"] as const) : (["ps"] as const))(
    "knows a process again and tells another from it, by %s",
    async (source) => {
      const process1 = spawn("sleep", ["69"], { stdio: "ignore" });
      const identity = await eventually(() => identifyProcess(process1.pid ?? 0, source));
      expect(await identifyProcess(identity.pid, source)).toEqual(identity);
      expect(await isRunning(identity, source)).toBe(true);
      expect(await isRunning({ ...identity, start: `${identity.start}0` }, source)).toBe(false);
      process1.kill("SIGKILL");
      await once(process1, "exit");
      expect(await isRunning(identity, source)).toBe(false);
      expect(await identifyProcess(identity.pid, source)).toBeUndefined();
    },
  );

  it("finds a group both ways", async () => {
    const leader = spawn("sh", ["-c", "sleep 70 & sleep 70 & wait"], { detached: true, stdio: "ignore" });
    const group = leader.pid ?? 0;
    const members = await eventually(async () => {
      const found = await membersOfGroup(group);
      return found.length === 3 && found;
    });
    expect([...(await membersOfGroup(group, "ps"))].sort()).toEqual([...members].sort());
    process.kill(-group, "SIGKILL");
    await once(leader, "exit");
    await eventually(async () => (await membersOfGroup(group)).length === 0);
  });
});

describe("helper commands", () => {
  const env = { PATH: process.env["PATH"] ?? "" };

  it("answers code and output", async () => {
    expect(await runCommand(["sh", "-c", "echo a; echo b >&2; exit 3"], { host, env, timeoutMs: 5_000 })).toEqual({
      code: 3,
      stdout: "a\n",
      stderr: "b\n",
    });
  });

  it("fails with a code when there is no such program, or when it takes too long", async () => {
    await expect(runCommand(["no-such-program"], { host, env, timeoutMs: 5_000 })).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    await expect(runCommand(["sleep", "71"], { host, env, timeoutMs: 50 })).rejects.toMatchObject({ code: "BACKEND_TIMEOUT" });
  });

  it("rejects with the signal's reason", async () => {
    const abort = new AbortController();
    const running = runCommand(["sleep", "72"], { host, env, timeoutMs: 60_000, signal: abort.signal });
    abort.abort("enough");
    await expect(running).rejects.toBe("enough");
  });
});
