import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { followOutput, processSource, readProcessState, stopProcess } from "../../../src/kit/process/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { commandOf, exitOf, node, printed, script, start } from "../../support/supervised.js";
import { temporaryDirectory } from "../../support/temporary.js";

const host = systemHost();

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

  it("may have variables of any name", async () => {
    const { directory } = await start(["env"], { env: JSON.parse('{ "__proto__": "odd", "constructor": "c" }') as Record<string, string> });
    await exitOf(directory);
    expect(printed(directory)).toMatch(/^__proto__=odd$/m);
    expect(printed(directory)).toMatch(/^constructor=c$/m);
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
