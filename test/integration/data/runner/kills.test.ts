import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { manifestFailure } from "../../../../src/kit/runner/index.js";
import { eventually } from "../../../support/eventually.js";
import type { SeenRequest } from "../../../support/object-server.js";
import { Attempt, fewLanes } from "../../../support/runner.js";
import { temporaryDirectory } from "../../../support/temporary.js";

interface Step {
  readonly name: string;
  /** The request at which the attempt is held up, the first time. */
  readonly at?: Pick<SeenRequest, "method" | "name">;
  /** What a runner answers to SIGTERM there. */
  readonly onTerm: 143 | 0;
  /** Whether the command has run by then. */
  readonly ran: boolean;
}

const STEPS: readonly Step[] = [
  { name: "asking whether the attempt has finished", at: { method: "GET", name: "manifest" }, onTerm: 143, ran: false },
  { name: "fetching an input", at: { method: "GET", name: "in0" }, onTerm: 143, ran: false },
  { name: "fetching a second input", at: { method: "GET", name: "in1" }, onTerm: 143, ran: false },
  { name: "running the command", onTerm: 143, ran: true },
  { name: "storing an output", at: { method: "PUT", name: "out0" }, onTerm: 0, ran: true },
  { name: "storing a second output", at: { method: "PUT", name: "out1" }, onTerm: 0, ran: true },
  { name: "storing the manifest", at: { method: "PUT", name: "manifest" }, onTerm: 0, ran: true },
];

/** An attempt that is held up at a step once, and writes down each run of its command outside the container. */
async function heldUp(lane: Parameters<typeof Attempt.on>[0], step: Step) {
  const attempt = await Attempt.on(lane);
  const notes = temporaryDirectory("notes");
  const file = (name: string) => `${notes}/${name}`;
  attempt.input("/a", "first");
  attempt.input("/b", "second");
  attempt.output("/sum");
  attempt.output("/dir");
  // Held up in its first run only, if the step is the command itself.
  const hold = step.at === undefined ? `[ -e ${file("held")} ] || { : >${file("held")}; while :; do sleep 0.01; done; };` : "";
  attempt.argv = ["sh", "-c", `echo run >>${file("runs")}; ${hold} cd "$SPILLWAY_ROOT"; cat a b >sum; mkdir -p dir; cp a dir/a`];
  let reached = false;
  attempt.store.trouble = (seen) => {
    if (step.at === undefined || seen.earlier > 0 || seen.method !== step.at.method || seen.name !== step.at.name) return undefined;
    reached = true;
    return { kind: "silence" };
  };
  return {
    attempt,
    runs: () => (existsSync(file("runs")) ? readFileSync(file("runs"), "utf8").trim().split("\n").length : 0),
    reached: () => eventually(() => reached || existsSync(file("held")), step.name),
  };
}

function expectResult(attempt: Attempt): void {
  expect(attempt.store.objects.get("out0")?.toString()).toBe("firstsecond");
  expect(attempt.manifest).toMatchObject({ exitCode: 0, outputs: [{ path: "/sum" }, { path: "/dir", archive: { format: "tar" } }] });
}

describe.each(fewLanes())("$shell with $client", (lane) => {
  describe.each(STEPS)("while $name", (step) => {
    test("SIGTERM: nothing is lost that was done, and the manifest says how it ended", async () => {
      const { attempt, reached, runs } = await heldUp(lane, step);
      const container = attempt.start();
      await reached();
      container.kill("SIGTERM");
      if (step.onTerm === 0) {
        // The transfer that hangs has to be let go; the machine may still have time for the rest.
        await eventually(() => attempt.store.hangUp() > 0, "the silent connection");
      }
      const { code, stderr } = await container.ended;
      expect(code, stderr).toBe(step.onTerm);
      expect(runs()).toBe(step.ran ? 1 : 0);
      if (step.onTerm === 0) return expectResult(attempt);
      expect(attempt.manifest).toMatchObject({ exitCode: 143, ended: "signal", outputs: [] });
      expect(attempt.manifest && manifestFailure(attempt.manifest)).toMatchObject({ code: "PREEMPTED", retry: "elsewhere" });
      await eventually(async () => (await attempt.living()).length === 0, "the end of everything");
    });

    test.each(["same-disk", "fresh"] as const)("SIGKILL of everything, then a restart on a disk that is %s", async (disk) => {
      const { attempt, reached, runs } = await heldUp(lane, step);
      const container = attempt.start();
      await reached();
      await attempt.endAll();
      await container.ended;
      const again = await attempt.start(disk).ended;
      expect(again.code, again.stderr).toBe(0);
      expectResult(attempt);
      // Only a container that has written down its end, on a disk that is still there, keeps the command from running again.
      const finished = step.at?.method === "PUT" && step.at.name === "manifest" && disk === "same-disk";
      expect(runs()).toBe((step.ran ? 1 : 0) + (finished ? 0 : 1));
    });
  });

  test("SIGKILL of the runner alone: its command does not outlive it", async () => {
    const attempt = await Attempt.on(lane);
    attempt.argv = ["sh", "-c", ': >"$SPILLWAY_ROOT/started"; while :; do sleep 0.01; done'];
    const container = attempt.start();
    await eventually(() => existsSync(attempt.file("started")), "the command");
    container.kill("SIGKILL");
    await eventually(async () => (await attempt.living()).length === 0, "the end of everything");
  });

  test("SIGTERM reaches the command, which has its grace to end well", async () => {
    for (const without of [[], ["setsid"]]) {
      const attempt = await Attempt.on(lane, { without });
      attempt.options = { hold: true, graceMs: 3_600_000 };
      attempt.argv = [
        "sh",
        "-c",
        `trap 'echo saved >"$SPILLWAY_ROOT/saved"; exit 0' TERM; : >"$SPILLWAY_ROOT/started"; while :; do sleep 0.01; done`,
      ];
      const container = attempt.start();
      await eventually(() => existsSync(attempt.file("started")), "the command");
      container.kill("SIGTERM");
      // A command that ends well after the signal has still not done its work; and the platform wants the container gone: no hold.
      expect((await container.ended).code).toBe(143);
      expect(readFileSync(attempt.file("saved"), "utf8")).toBe("saved\n");
      expect(attempt.manifest).toMatchObject({ exitCode: 143, ended: "signal" });
    }
  });

  test("a command that ignores SIGTERM is killed after the grace, the second signal changes nothing", async () => {
    const attempt = await Attempt.on(lane);
    attempt.options = { hold: true, graceMs: 5_000 };
    attempt.argv = ["sh", "-c", `trap '' TERM; : >"$SPILLWAY_ROOT/started"; while :; do sleep 0.01; done`];
    const container = attempt.start();
    await eventually(() => existsSync(attempt.file("started")), "the command");
    container.kill("SIGTERM");
    container.kill("SIGINT");
    expect((await container.ended).code).toBe(143);
    expect(attempt.manifest).toMatchObject({ exitCode: 143, ended: "signal" });
  });

  test.each(STEPS.filter(({ at }) => at === undefined || at.name === "out0"))(
    "SIGTERM to every process at once, while $name",
    async (step) => {
      const { attempt, reached } = await heldUp(lane, step);
      const container = attempt.start();
      await reached();
      for (const pid of await attempt.living()) {
        try {
          process.kill(pid, "SIGTERM");
        } catch {
          // It has ended meanwhile.
        }
      }
      const { code, stderr } = await container.ended;
      expect(code, stderr).toBe(step.onTerm);
      if (step.onTerm === 0) expectResult(attempt);
      else expect(attempt.manifest).toMatchObject({ exitCode: 143, ended: "signal" });
    },
  );

  test("a runner that cannot store the result is over some time after its lifetime", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("/out");
    attempt.maxLifetimeMs = 20_000;
    attempt.options = { hold: true, graceMs: 1_000 };
    attempt.argv = ["sh", "-c", 'echo >"$SPILLWAY_ROOT/out"'];
    attempt.store.trouble = ({ name }) => (name === "out0" ? { kind: "silence" } : undefined);
    expect((await attempt.run()).code).toBe(83);
    expect(attempt.store.count("PUT", "out0")).toBe(1);
    await eventually(async () => (await attempt.living()).length === 0, "the end of everything");
  });
});
