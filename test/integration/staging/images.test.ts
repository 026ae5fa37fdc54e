import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { programPath } from "../../support/runner.js";
import { temporaryDirectory } from "../../support/temporary.js";
import { shell, staged } from "./fixture.js";

const key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const TOOLS = "sh cat date find ls mkdir mv readlink rm sed setsid sha256sum sleep sort tail wc curl".split(" ");

/** Lets the machines have no other programs than those that are named. */
function havingOnly(programs: readonly string[]): void {
  const bin = temporaryDirectory("image");
  for (const name of programs) symlinkSync(programPath(name) ?? "", join(bin, name));
  vi.stubEnv("PATH", bin);
  onTestFinished(() => void vi.unstubAllEnvs());
}

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

test.each([
  ["IMAGE_UNSUITABLE", "no tar", TOOLS, { out: "s3://test-bucket/results/" }, "mkdir out"],
  ["IMAGE_UNSUITABLE", "no sha256sum", TOOLS.filter((name) => name !== "sha256sum"), {}, "cat /dev/null"],
  ["ENCRYPTION_UNAVAILABLE", "no age", TOOLS, { out: { encryptTo: key } }, "echo x > out"],
] as const)("%s ends the run at the first machine: an image with %s has it nowhere", async (code, lack, programs, outputs, line) => {
  havingOnly(programs);
  const { scheduler, keys } = await staged();
  const run = await scheduler.schedule(shell(line, { outputs }));
  expect(await failure(run.result())).toMatchObject({
    code,
    retry: "never",
    message: expect.stringContaining(lack.replace("no ", "has no ")) as string,
  });
  expect((await run.attempts()).map(({ outcome }) => outcome)).toEqual(["workload-failed"]);
  await run.settled();
  await scheduler.close();
  expect(keys()).toEqual([]);
});
