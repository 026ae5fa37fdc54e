import { describe, expect, it } from "vitest";
import {
  bind,
  callOf,
  ended,
  inPhase,
  launchOf,
  newLocal,
  outputNames,
  outputPlan,
  refOf,
  release,
  script,
} from "../../../support/local-lease.js";

/** Runs a command and collects. */
async function collect(command: string, ...paths: Parameters<typeof outputPlan>) {
  const { backend } = newLocal();
  const key = await bind(backend, launchOf(script(command)));
  await ended(backend, key);
  const plan = outputPlan(...paths);
  try {
    return { manifest: await backend.collect?.(refOf(backend, key), plan, callOf()), stored: plan.stored };
  } finally {
    await release(backend, key);
  }
}

describe("collecting", () => {
  it("stores files and directories, under the paths as they were declared", async () => {
    const { manifest, stored } = await collect("mkdir -p a/b c; echo 1 > a/x; echo 2 > a/b/y; echo 3 > single", "/a", "./single", "c/");
    expect(outputNames(manifest?.outputs ?? [])).toEqual(["/a|b/y", "/a|x", "./single|"]);
    expect(stored.get("./single|")?.toString()).toBe("3\n");
  });

  it("keeps bytes as they are", async () => {
    const { stored } = await collect("printf '\\000\\377\\n' > bin; : > empty", "bin", "empty");
    expect([...(stored.get("bin|") ?? [])]).toEqual([0, 255, 10]);
    expect(stored.get("empty|")?.length).toBe(0);
  });

  it("fails after exit code 0 when a required output is missing, and stores nothing then", async () => {
    await expect(collect("echo 1 > a", "a", "/out/missing")).rejects.toMatchObject({
      code: "OUTPUT_MISSING",
      details: { path: "/out/missing" },
    });
    const { manifest } = await collect("echo 1 > a", "a", { path: "missing", optional: true });
    expect(outputNames(manifest?.outputs ?? [])).toEqual(["a|"]);
  });

  it("stores what there is after a failure", async () => {
    const { manifest } = await collect("echo 1 > a; ln -s /etc/passwd link; exit 9", "a", "missing", "link");
    expect(manifest).toMatchObject({ exitCode: 9 });
    expect(outputNames(manifest?.outputs ?? [])).toEqual(["a|"]);
  });

  it.each([
    ["a file outside", "mkdir out; ln -s /etc/passwd out/link"],
    ["a directory outside", "mkdir out; ln -s / out/link"],
    ["the lease's own records", "mkdir out; ln -s ../../lease.json out/link"],
    ["an output that is a link itself", "ln -s /etc out"],
  ])("refuses links to %s", async (_, command) => {
    for (const optional of [false, true]) {
      await expect(collect(command, { path: "/out", optional })).rejects.toMatchObject({
        code: "OUTPUT_MISSING",
        message: expect.stringContaining("leaves"),
      });
    }
  });

  it("follows links inside", async () => {
    const { stored } = await collect("mkdir out; echo 1 > real; ln -s ../real out/link", "out");
    expect(stored.get("out|link")?.toString()).toBe("1\n");
  });

  it("does the same when it is asked again", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("echo 1 > a")));
    await ended(backend, key);
    const collected = [];
    for (let i = 0; i < 2; i++) collected.push(await backend.collect?.(refOf(backend, key), outputPlan("a"), callOf()));
    expect(collected[0]).toEqual(collected[1]);
    await release(backend, key);
  });

  it("refuses while the command runs, and once the lease is gone", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("sleep 5")));
    await inPhase(backend, key, "running");
    await expect(backend.collect?.(refOf(backend, key), outputPlan("a"), callOf())).rejects.toMatchObject({ code: "BACKEND_REJECTED" });
    await release(backend, key);
    await expect(backend.collect?.(refOf(backend, key), outputPlan("a"), callOf())).rejects.toMatchObject({ code: "LEASE_LOST" });
  });

  it("stops when the store fails or the caller gives up", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("echo 1 > a; echo 2 > b")));
    await ended(backend, key);
    const plan = outputPlan("a", "b");
    const failing = { ...plan, put: () => Promise.reject(new Error("store is full")) };
    await expect(backend.collect?.(refOf(backend, key), failing, callOf())).rejects.toThrow("store is full");
    const abort = new AbortController();
    const aborting: typeof plan.put = (...args) => {
      abort.abort("enough");
      return plan.put(...args);
    };
    await expect(backend.collect?.(refOf(backend, key), { ...plan, put: aborting }, callOf({ signal: abort.signal }))).rejects.toBe(
      "enough",
    );
    expect([...plan.stored.keys()]).toEqual(["a|"]);
    await release(backend, key);
  });
});
