import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Scheduler } from "spillway";
import { local } from "spillway/backends/local";
import { fileStore } from "spillway/data/file";
import type { ArtifactStore } from "spillway/spec";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../support/temporary.js";
import { shell, staged } from "./fixture.js";

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

/** A store that lets something happen just before a verb is carried out. */
const before = <V extends "copy" | "read">(store: ArtifactStore, verb: V, happens: (uri: string) => void): ArtifactStore => ({
  ...store,
  [verb]: async (...args: Parameters<ArtifactStore[V]>) => {
    happens(args[0]);
    return Reflect.apply(store[verb], store, args) as unknown;
  },
});

test("an accepted object that is changed before it is promoted is refused, and the destination stays as it was", async () => {
  const outer = await staged();
  const { server, artifacts } = outer;
  server.seed("results/out", Buffer.from("of an earlier run"));
  const tampering = before(artifacts, "copy", (uri) => {
    if (uri.endsWith("/0/out")) server.seed(uri.replace("s3://test-bucket/", ""), Buffer.from("changed"));
  });
  await outer.scheduler.close();
  const { scheduler } = await staged({ scheduler: { artifacts: [tampering] } });
  const run = await scheduler.schedule(shell("echo right > out", { outputs: { out: "s3://test-bucket/results/out" } }));
  expect(await failure(run.result())).toMatchObject({
    code: "PROMOTION_FAILED",
    message: expect.stringContaining("changed after it was checked") as string,
  });
  expect(outer.text("results/out")).toBe("of an earlier run");
});

test("the same where the store knows no versions: nothing appears at the destination but what was accepted", async () => {
  const folder = temporaryDirectory("changed");
  const store = fileStore({ directory: join(folder, "store") });
  const tampering = before(store, "read", (uri) => writeFileSync(new URL(uri), "changed"));
  const scheduler = new Scheduler({ backends: [local({ usdPerHour: 0 })], artifacts: [tampering] });
  onTestFinished(async () => void (await scheduler.close({ mode: "cancel" })));
  writeFileSync(join(folder, "result"), "of an earlier run");
  const run = await scheduler.schedule(
    shell("echo right > out", { outputs: { out: `file://${folder}/result` }, resources: { cpu: 0.1, memory: "16MiB" } }),
  );
  expect(await failure(run.result())).toMatchObject({ code: "PROMOTION_FAILED" });
  expect(readFileSync(join(folder, "result"), "utf8")).toBe("of an earlier run");
});

test("what is changed after its promotion is not taken for the result", async () => {
  const { scheduler, server } = await staged();
  const run = await scheduler.schedule(shell("echo right > out", { outputs: { out: "s3://test-bucket/results/out" } }));
  const result = await run.result();
  expect(result.output("out")).not.toHaveProperty("version");
  server.seed("results/out", Buffer.from("wrong\n"));
  expect(await failure(result.output("out").download())).toMatchObject({ code: "OUTPUT_DIGEST_MISMATCH", retry: "never" });
});
