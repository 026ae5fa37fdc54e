import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withLock } from "../../../../src/backends/local/lock.js";
import { callOf, host } from "../../../support/local-lease.js";
import { crash, nextLine, otherProcesses } from "../../../support/other-process.js";
import { temporaryDirectory } from "../../../support/temporary.js";

describe("the lock of a directory", () => {
  const otherProcess = otherProcesses({ lock: "backends/local/lock.ts", host: "runtime/system-host.ts" });

  const holding = (directory: string) => `
    const { withLock } = await import("#lock");
    const { systemHost } = await import("#host");
    const call = { host: systemHost(), signal: new AbortController().signal, deadlineMs: Number.MAX_SAFE_INTEGER };
    await withLock(${JSON.stringify(directory)}, call, async () => {
      const alive = setInterval(() => {}, 1000);
      const asked = new Promise((resolve) => process.once("SIGTERM", resolve));
      console.log("held");
      await asked;
      clearInterval(alive);
    });`;

  it("lets one at a time in, and all in the end", async () => {
    const directory = temporaryDirectory("lock");
    let inside = 0;
    let most = 0;
    let done = 0;
    const work = async () => {
      inside++;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      done++;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLock(directory, callOf(), work)));
    expect([most, done]).toEqual([1, 20]);
  });

  it("is given back when the work fails", async () => {
    const directory = temporaryDirectory("lock");
    await expect(withLock(directory, callOf(), () => Promise.reject(new Error("work failed")))).rejects.toThrow("work failed");
    expect(await withLock(directory, callOf(), async () => "next")).toBe("next");
  });

  it("is kept by another process that lives, and taken from one that died", async () => {
    const directory = temporaryDirectory("lock");
    const other = otherProcess(holding(directory));
    await nextLine(other);
    await expect(withLock(directory, callOf({ deadlineMs: host.now() + 100 }), async () => "mine")).rejects.toMatchObject({
      code: "BACKEND_TIMEOUT",
      effect: "none",
    });
    const abort = new AbortController();
    const waiting = withLock(directory, callOf({ signal: abort.signal }), async () => "mine");
    abort.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    const patient = withLock(directory, callOf(), async () => "mine");
    await crash(other);
    expect(await patient).toBe("mine");
  });

  it("passes to a waiting process when it is given back", async () => {
    const directory = temporaryDirectory("lock");
    const other = otherProcess(holding(directory));
    await nextLine(other);
    const waiting = withLock(directory, callOf(), async () => "mine");
    const exited = once(other, "exit");
    other.kill("SIGTERM");
    expect(await waiting).toBe("mine");
    expect(await exited).toEqual([0, null]);
  });

  it("is not taken by a number that belongs to the past", async () => {
    const directory = temporaryDirectory("lock");
    // As a process would see it that fell asleep before it created number 3, while others went on to 40.
    writeFileSync(join(directory, "000000000040"), JSON.stringify({ pid: process.pid, start: "not this process", free: false }));
    writeFileSync(join(directory, "000000000003"), JSON.stringify({ pid: 1, start: "", free: false }));
    await withLock(directory, callOf(), async () => undefined);
    expect(readdirSync(directory)).toContain("000000000041");
  });

  it("keeps only a few used numbers", async () => {
    const directory = temporaryDirectory("lock");
    for (let i = 0; i < 40; i++) await withLock(directory, callOf(), async () => undefined);
    const names = readdirSync(directory).sort();
    expect(names.length).toBeLessThanOrEqual(17);
    expect(names.at(-1)).toBe("000000000040");
  });
});
