import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventually } from "../../../support/eventually.js";
import { Attempt, fewLanes } from "../../../support/runner.js";

/** Arguments that a shell, JSON or a line of text would trip over. */
const ODD = [
  "",
  " ",
  "a b",
  "-n",
  "--",
  "$HOME",
  "$(id)",
  "`id`",
  "*",
  "'",
  '"',
  "\\",
  "\\n",
  "line\nbreak",
  "tab\there",
  "größe",
  "#x",
  "~",
  "a=b",
  "!",
  "\u0001",
];

describe.each(fewLanes())("the command with $shell and $client", (lane) => {
  test("gets its arguments exactly", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("/seen");
    attempt.argv = ["sh", "-c", `printf '%s\\0' "$@" >"$SPILLWAY_ROOT/seen"`, "name", ...ODD];
    expect((await attempt.run()).code).toBe(0);
    expect(attempt.store.objects.get("out0")?.toString().split("\0")).toEqual([...ODD, ""]);
  });

  test("gets its environment and nothing of the runner's", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("/seen");
    attempt.checkpoint = { path: "/checkpoint", everyMs: 60_000 };
    // Names that a script could well use itself.
    attempt.env = { url: "mine", code: "2", dir: "/x", PHASE: " two words ", LINES_OF: "a\nb", ODD: `'"\\$(id)`, EMPTY: "" };
    attempt.argv = ["sh", "-c", 'exec env -0 >"$SPILLWAY_ROOT/seen"'];
    if (lane.shell === "busybox") attempt.argv = ["sh", "-c", 'exec cat /proc/self/environ >"$SPILLWAY_ROOT/seen"'];
    expect((await attempt.run()).code).toBe(0);
    const seen = (attempt.store.objects.get("out0")?.toString() ?? "").split("\0").filter((line) => line !== "");
    const environment = Object.fromEntries(seen.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
    for (const name of ["PWD", "OLDPWD", "SHLVL", "_"]) delete environment[name];
    expect(environment).toEqual({
      ...attempt.env,
      PATH: attempt.file("bin"),
      TMPDIR: attempt.file("tmp"),
      SPILLWAY_ROOT: attempt.root,
      SPILLWAY_ATTEMPT: attempt.key,
    });
  });

  test("is a program even where the shell has something of that name", async () => {
    for (const without of [[], ["setsid"]]) {
      const attempt = await Attempt.on(lane, { without: [...without, "echo"] });
      attempt.output("/seen");
      writeFileSync(attempt.file("bin/spw_say"), '#!/bin/sh\necho "program $1" >"$SPILLWAY_ROOT/seen"\n', { mode: 0o755 });
      attempt.argv = ["spw_say", "x"];
      expect((await attempt.run()).code).toBe(0);
      expect(attempt.store.objects.get("out0")?.toString()).toBe("program x\n");
    }
  });

  test("starts in the image's working directory, with nothing to read", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("seen");
    attempt.argv = ["sh", "-c", "{ pwd; cat; } >seen"];
    expect((await attempt.run()).code).toBe(0);
    expect(attempt.store.objects.get("out0")?.toString()).toBe(`${attempt.file("work")}\n`);
  });

  test.each([1, 42, 80, 91, 124, 143, 255])("exit code %i is its own, and what it left is stored", async (code) => {
    const attempt = await Attempt.on(lane);
    attempt.output("/here");
    attempt.output("/missing");
    attempt.argv = ["sh", "-c", `echo half >"$SPILLWAY_ROOT/here"; exit ${code}`];
    expect((await attempt.run()).code).toBe(code);
    expect(attempt.manifest).toMatchObject({ exitCode: code, outputs: [{ path: "/here", size: 5 }] });
    expect(attempt.manifest).not.toHaveProperty("failure");
    expect(attempt.manifest).not.toHaveProperty("ended");
  });

  test("a command that does not exist fails like one in a shell", async () => {
    for (const without of [[], ["setsid"]]) {
      const attempt = await Attempt.on(lane, { without });
      attempt.argv = ["no-such-program", "x"];
      expect((await attempt.run()).code).toBe(127);
      expect(attempt.manifest?.exitCode).toBe(127);
    }
  });

  test("a command killed by a signal of its own shows it", async () => {
    const attempt = await Attempt.on(lane);
    attempt.argv = ["sh", "-c", "kill -s KILL $$"];
    expect((await attempt.run()).code).toBe(137);
    expect(attempt.manifest?.exitCode).toBe(137);
  });

  test("what it prints reaches the log as it is, before the manifest", async () => {
    const attempt = await Attempt.on(lane);
    attempt.argv = ["sh", "-c", "printf 'no end of line'; printf 'oops' >&2"];
    const { stdout, stderr } = await attempt.run();
    expect(stdout.split("\n")[0]).toBe("no end of line");
    expect(stdout.split("\n")[1]).toMatch(/^spillway-manifest [0-9a-f]{64} \{.*\}$/);
    expect(stderr).toBe("oops");
  });

  test("a log that nobody reads keeps nothing from being stored", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("/out");
    attempt.argv = ["sh", "-c", 'while [ ! -e "$SPILLWAY_ROOT/go" ]; do sleep 0.01; done; echo >"$SPILLWAY_ROOT/out"'];
    attempt.store.trouble = ({ name, earlier }) => (name === "manifest" && earlier === 0 ? { kind: "status", status: 503 } : undefined);
    const container = attempt.start();
    container.closeLog();
    writeFileSync(attempt.file("go"), "");
    expect((await container.ended).code).toBe(0);
    expect(attempt.manifest?.outputs).toHaveLength(1);
  });

  test("what it leaves behind in its group ends with it", async () => {
    const attempt = await Attempt.on(lane);
    attempt.argv = ["sh", "-c", "sleep 1000 & exit 0"];
    expect((await attempt.run()).code).toBe(0);
    await eventually(async () => (await attempt.living()).length === 0, "the end of everything");
  });

  test("is ended at its timeout, with what it ignores", async () => {
    for (const [without, ignore] of [
      [[], ""],
      [[], "trap '' TERM;"],
      [["setsid"], ""],
    ] as const) {
      const attempt = await Attempt.on(lane, { without });
      attempt.timeoutMs = 5_000;
      attempt.options = { ...attempt.options, graceMs: 2_000 };
      attempt.output("/out");
      attempt.argv = ["sh", "-c", `${ignore} echo >"$SPILLWAY_ROOT/out"; while :; do sleep 0.01; done`];
      const ended = await attempt.run();
      expect(ended.code, ended.stderr).toBe(124);
      expect(attempt.manifest).toMatchObject({ exitCode: 124, ended: "timeout", outputs: [] });
      expect(attempt.store.count("PUT", "out0")).toBe(0);
    }
  });
});
