import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { kill } from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { systemHost } from "../../../src/runtime/system-host.js";
import { ChildProcess } from "../../../src/testing/processes/index.js";
import { eventually } from "../../support/eventually.js";

/** A line of shell that runs and has printed `ready`. */
async function ready(line: string) {
  const told: (string | number)[] = [];
  const child = new ChildProcess({
    argv: ["sh", "-c", `${line}; echo ready; sleep 600 & wait`],
    env: {},
    prefix: "spillway-child-process-",
    host: systemHost(),
    onLine: (_stream, text) => void told.push(text),
    onExit: (exitCode) => void told.push(exitCode),
  });
  onTestFinished(() => child.dispose());
  await eventually(() => told.includes("ready"), "the line");
  return { child, told, ended: () => eventually(() => told.some((one) => typeof one === "number"), "the end") };
}

test("a command that is terminated tells what it still prints and how it ended", async () => {
  const { child, told, ended } = await ready("trap 'echo bye; exit 7' TERM");
  await child.terminate(30_000);
  await ended();
  expect(told).toEqual(["ready", "bye", 7]);
});

test("one that does not listen is killed after its time, and tells that", async () => {
  const { child, told, ended } = await ready("trap '' TERM");
  await child.terminate(50);
  await ended();
  expect(told).toEqual(["ready", 137]);
});

test("one that is stopped tells nothing any more", async () => {
  const { child, told } = await ready("trap 'exit 7' TERM");
  await child.stop(30_000);
  expect(told).toEqual(["ready"]);
});

test("one whose supervisor was killed counts as killed", async () => {
  const { child, told, ended } = await ready(":");
  const records = join(dirname(await child.root()), "records");
  kill(JSON.parse(readFileSync(join(records, "supervisor.json"), "utf8")).pid, "SIGKILL");
  await ended();
  expect(told).toEqual(["ready", 137]);
});
