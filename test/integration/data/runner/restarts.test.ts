import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { manifestFromLog } from "../../../../src/kit/runner/index.js";
import { eventually } from "../../../support/eventually.js";
import { Attempt, type Container, fewLanes } from "../../../support/runner.js";
import { temporaryDirectory } from "../../../support/temporary.js";

/** An attempt whose command writes down each of its runs outside the container. */
async function counted(lane: Parameters<typeof Attempt.on>[0], command = "") {
  const attempt = await Attempt.on(lane);
  const notes = `${temporaryDirectory("notes")}/runs`;
  appendFileSync(notes, "");
  attempt.output("/out");
  attempt.argv = ["sh", "-c", `echo run >>${notes}; echo result >"$SPILLWAY_ROOT/out"; ${command}`];
  return { attempt, runs: () => readFileSync(notes, "utf8").split("run").length - 1 };
}

const printed = (container: Container, attempt: Attempt) =>
  eventually(() => manifestFromLog(container.stdout, attempt.expected), "the manifest in the log");

describe.each(fewLanes())("a platform that starts again, with $shell and $client", (lane) => {
  test.each(["same-disk", "fresh"] as const)("whatever exits, on a disk that is %s: the command runs once", async (disk) => {
    const { attempt, runs } = await counted(lane);
    for (let start = 1; start <= 4; start++) {
      const { code, stdout } = await attempt.start(disk).ended;
      expect(code).toBe(0);
      expect(manifestFromLog(stdout, attempt.expected)).toEqual(attempt.manifest);
    }
    expect(runs()).toBe(1);
    expect(attempt.store.count("PUT", "out0")).toBe(1);
  });

  test.each([3, 0])("an end with exit code %i is remembered with its code", async (code) => {
    const { attempt, runs } = await counted(lane, `exit ${code}`);
    for (const disk of ["same-disk", "same-disk", "fresh", "fresh"] as const) expect((await attempt.start(disk).ended).code).toBe(code);
    expect(runs()).toBe(1);
  });

  test("the first end counts when staging fails, too", async () => {
    const { attempt, runs } = await counted(lane);
    attempt.input("/in", "x");
    attempt.store.trouble = ({ name, earlier }) => (name === "in0" && earlier === 0 ? { kind: "status", status: 403 } : undefined);
    for (const disk of ["same-disk", "same-disk", "fresh"] as const) expect((await attempt.start(disk).ended).code).toBe(80);
    expect(runs()).toBe(0);
  });

  test("holds the container up, and lets it go at a signal with the command's exit code", async () => {
    const { attempt, runs } = await counted(lane, "exit 5");
    attempt.options = { hold: true };
    const container = attempt.start();
    await printed(container, attempt);
    await eventually(() => attempt.manifest, "the manifest");
    // Anything that is asked of the machine now takes longer than an exit would.
    const second = attempt.start();
    await printed(second, attempt);
    expect(container.over).toBe(false);
    for (const one of [container, second]) {
      one.kill("SIGTERM");
      expect((await one.ended).code).toBe(5);
    }
    expect(runs()).toBe(1);
  });

  test("the hold and a command without end are over with the lifetime", async () => {
    const held = await counted(lane);
    held.attempt.options = { hold: true };
    held.attempt.maxLifetimeMs = 40_000;
    expect((await held.attempt.run()).code).toBe(0);

    const endless = await counted(lane, "while :; do sleep 0.01; done");
    endless.attempt.options = { hold: true, graceMs: 1_000 };
    endless.attempt.maxLifetimeMs = 40_000;
    expect((await endless.attempt.run()).code).toBe(143);
    expect(endless.attempt.manifest).toMatchObject({ exitCode: 143, ended: "signal" });
  });

  test("a manifest that could not be stored is stored during the hold", async () => {
    const { attempt, runs } = await counted(lane);
    attempt.options = { hold: true };
    attempt.tick = "0.001";
    attempt.store.trouble = ({ method, name, earlier }) =>
      method === "PUT" && name === "manifest" && earlier < 9 ? { kind: "status", status: 503 } : undefined;
    const container = attempt.start();
    await eventually(() => container.stderr.includes("stored at last"), "the manifest");
    expect(attempt.manifest).toMatchObject({ exitCode: 0 });
    expect(attempt.store.count("PUT", "manifest")).toBe(10);
    container.kill("SIGTERM");
    // It was told 91 before, and knows better now.
    expect((await container.ended).code).toBe(0);
    expect(runs()).toBe(1);
  });

  test("or by the next container on the same disk", async () => {
    const { attempt, runs } = await counted(lane);
    attempt.tick = "0.001";
    attempt.store.trouble = ({ method, name, earlier }) =>
      method === "PUT" && name === "manifest" && earlier < 7 ? { kind: "status", status: 503 } : undefined;
    expect((await attempt.run()).code).toBe(91);
    expect(attempt.manifest).toBeUndefined();
    expect((await attempt.run()).code).toBe(0);
    expect(attempt.manifest).toMatchObject({ exitCode: 0, outputs: [{ path: "/out" }] });
    expect(runs()).toBe(1);
  });

  test("without a way to ask, or without an answer, a fresh container runs the command again", async () => {
    const { attempt, runs } = await counted(lane);
    expect((await attempt.run()).code).toBe(0);
    attempt.asks = false;
    expect((await attempt.start("fresh").ended).code).toBe(0);
    expect(runs()).toBe(2);
    attempt.urls = { manifestGet: attempt.store.url("GET", "manifest", "expired") };
    expect((await attempt.start("fresh").ended).code).toBe(0);
    expect(runs()).toBe(3);
    attempt.urls = { manifestGet: attempt.store.url("GET", "manifest") };
    attempt.store.trouble = ({ method, name }) => (method === "GET" && name === "manifest" ? { kind: "status", status: 500 } : undefined);
    expect((await attempt.start("fresh").ended).code).toBe(0);
    expect(runs()).toBe(4);
  });

  test("another attempt's manifest at the address keeps nothing from running", async () => {
    const { attempt, runs } = await counted(lane);
    attempt.store.objects.set("manifest", Buffer.from(`{"version":1,"nonce":"${"cd".repeat(32)}","exitCode":0,"outputs":[]}\n`));
    expect((await attempt.run()).code).toBe(0);
    expect(runs()).toBe(1);
    expect(attempt.manifest?.outputs).toHaveLength(1);
  });

  test("inputs that are there and right are not fetched again after a crash", async () => {
    const { attempt } = await counted(lane, `[ -e "$SPILLWAY_ROOT/held" ] || { : >"$SPILLWAY_ROOT/held"; while :; do sleep 0.01; done; }`);
    attempt.input("/in/kept", "kept");
    attempt.input("/in/changed", "changed");
    attempt.input("/in/unchecked", "unchecked", "unchecked");
    const container = attempt.start();
    await eventually(() => existsSync(attempt.file("held")), "the command");
    await attempt.endAll();
    await container.ended;
    appendFileSync(attempt.file("in/changed"), " by the command");
    expect((await attempt.run()).code).toBe(0);
    expect([0, 1, 2].map((index) => attempt.store.count("GET", `in${index}`))).toEqual([1, 2, 2]);
    expect(readFileSync(attempt.file("in/changed"), "utf8")).toBe("changed");
  });
});
