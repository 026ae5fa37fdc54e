import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Scheduler } from "spillway";
import { local } from "spillway/backends/local";
import { fileStore } from "spillway/data/file";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isComplete, programPath } from "../../support/runner.js";
import { temporaryDirectory } from "../../support/temporary.js";
import { shell, staged } from "./fixture.js";

const key = "age196vfl7ygwhklyzzt2ws8j2s6s5rvl0ap5g89kceatt0d9x0xxspszelmd9";
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);
const isThere = programPath("age") !== undefined && programPath("age-keygen") !== undefined;

test("outputs that no backend can encrypt are refused when they are handed in, and nothing is started", async () => {
  const folder = temporaryDirectory("sealed");
  const scheduler = new Scheduler({ backends: [local({ usdPerHour: 0 })], artifacts: [fileStore({ directory: folder })] });
  onTestFinished(async () => void (await scheduler.close({ mode: "cancel" })));
  const work = shell("echo > out", { outputs: { out: { encryptTo: key } }, resources: { cpu: 0.1, memory: "16MiB" } });
  expect(await failure(scheduler.schedule(work))).toMatchObject({
    code: "ENCRYPTION_UNAVAILABLE",
    retry: "never",
    message: expect.stringContaining("only backends with `wrapper` staging") as string,
  });
});

test("a backend that cannot encrypt is passed over for one that can", async () => {
  const { scheduler, market } = await staged();
  await scheduler.close();
  const both = new Scheduler({
    backends: [local({ usdPerHour: 0 }), market],
    artifacts: [fileStore({ directory: temporaryDirectory("sealed") })],
  });
  onTestFinished(async () => void (await both.close({ mode: "cancel" })));
  // The market could encrypt, but has no store to write to: that is another refusal, and it says both.
  const error = await failure(both.schedule(shell("echo > out", { outputs: { out: { encryptTo: key } } })));
  expect(error).toMatchObject({ code: "NO_FEASIBLE_PLACEMENT" });
  expect(String(error)).toMatch(/local: .*encrypted.*containers: .*artifact store/);
});

test("a node that stores plaintext under that name is found out, and nothing of it is kept", async () => {
  const bin = temporaryDirectory("bin");
  writeFileSync(join(bin, "age"), "#!/bin/sh\nexec cat\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"] ?? ""}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { scheduler, keys } = await staged();
  const run = await scheduler.schedule(
    shell("echo secret > out", { outputs: { out: { uri: "s3://test-bucket/results/out", encryptTo: key } } }),
  );
  expect(await failure(run.result())).toMatchObject({ code: "ATTEMPTS_EXHAUSTED" });
  for (const { error } of await run.attempts()) {
    expect(error).toMatchObject({
      code: "OUTPUT_DIGEST_MISMATCH",
      message: expect.stringContaining("not stored as it was asked to be") as string,
    });
  }
  await run.settled();
  await scheduler.close();
  expect(keys()).toEqual([]);
});

test.skipIf(!isThere && !isComplete)(isThere ? "the real age is tested below" : "age: not installed here", () =>
  expect(isThere).toBe(true),
);

describe.runIf(isThere)("with the real age", () => {
  test("results arrive as ciphertext under their own names, and the owner of the key reads them", async () => {
    const folder = temporaryDirectory("keys");
    const identity = join(folder, "identity");
    spawnSync("age-keygen", ["-o", identity]);
    const encryptTo = execFileSync("age-keygen", ["-y", identity]).toString().trim();
    const { scheduler, server, keys } = await staged();
    const run = await scheduler.schedule(
      shell("echo secret > one; mkdir many; echo secret > many/a; echo open > open", {
        outputs: { one: "s3://test-bucket/results/", many: "s3://test-bucket/results/", open: "s3://test-bucket/results/open" },
        data: { sensitivity: "public", encryptTo },
      }),
    );
    const result = await run.result();
    expect(result.outputs.map(({ uri, encrypted }) => [uri, encrypted?.holds])).toEqual([
      ["s3://test-bucket/results/one.age", "file"],
      ["s3://test-bucket/results/many.tar.age", "tar"],
      ["s3://test-bucket/results/open", "file"],
    ]);
    const decrypted = async (path: string) =>
      spawnSync("age", ["-d", "-i", identity], { input: await result.output(path).download() }).stdout.toString();
    expect(await decrypted("one")).toBe("secret\n");
    expect(await decrypted("open")).toBe("open\n");
    expect(await decrypted("many")).toContain("secret\n");
    await run.settled();
    await scheduler.close();
    expect(keys().sort()).toEqual(["results/many.tar.age", "results/one.age", "results/open"]);
    for (const { bytes } of server.objects().values()) expect(Buffer.from(bytes).includes("secret")).toBe(false);
  });
});
