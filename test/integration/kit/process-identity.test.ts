import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { identifyProcess, isRunning, membersOfGroup, processSource, runCommand } from "../../../src/kit/process/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { eventually } from "../../support/eventually.js";

const host = systemHost();

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

  it("gives it something to read, or nothing", async () => {
    const answer = async (argv: readonly string[], input?: string) =>
      (await runCommand(argv, { host, env, timeoutMs: 5_000, ...(input === undefined ? {} : { input }) })).stdout;
    expect(await answer(["cat"], "given")).toBe("given");
    expect(await answer(["cat"])).toBe("");
    expect(await answer(["echo", "deaf"], "x".repeat(1_000_000))).toBe("deaf\n");
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
