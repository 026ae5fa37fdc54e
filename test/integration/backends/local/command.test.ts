import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../../src/model/secret.js";
import {
  bind,
  callOf,
  ended,
  host,
  inPhase,
  inputFile,
  launchOf,
  leftovers,
  logsOf,
  newKey,
  newLocal,
  outputPlan,
  placementOf,
  refOf,
  release,
  script,
} from "../../../support/local-lease.js";

describe("what the command gets", () => {
  it("has the declared environment and secrets on top of a minimum, a working directory, and SPILLWAY_ROOT", async () => {
    const { backend, directory } = newLocal();
    const print = "console.log(JSON.stringify({ env: process.env, cwd: process.cwd() }))";
    const launch = launchOf([process.execPath, "-e", print], {
      env: { MODE: "fast", LANG: "de_DE.UTF-8", SPILLWAY_ROOT: "overridden" },
      secrets: { TOKEN: new Secret("t0p s3cret") },
    });
    const key = await bind(backend, launch);
    await ended(backend, key);
    const root = join(directory, "leases", key, "root");
    expect(JSON.parse(await logsOf(backend, key))).toEqual({
      cwd: root,
      env: {
        PATH: process.env["PATH"],
        LANG: "de_DE.UTF-8",
        HOME: root,
        TMPDIR: join(directory, "leases", key, "tmp"),
        SPILLWAY_ROOT: root,
        MODE: "fast",
        TOKEN: "t0p s3cret",
      },
    });
    await release(backend, key);
  });

  it("never writes secrets, arguments or URLs to disk", async () => {
    const { backend, directory } = newLocal();
    const marks = ["s3cr3t-value", "argument-value", "declared-value", "X-Amz-Signature"];
    const launch = launchOf(script("sleep 5 # argument-value"), {
      env: { DECLARED: "declared-value" },
      secrets: { TOKEN: new Secret("s3cr3t-value") },
      inputs: [{ path: "in", url: `http://127.0.0.1:9/x?X-Amz-Signature=1` }],
    });
    const failing = await bind(backend, launch);
    await ended(backend, failing);
    const running = await bind(backend, { ...launch, key: newKey(), inputs: [] });
    await inPhase(backend, running, "running");
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "utf8");
      expect(
        marks.filter((mark) => text.includes(mark)),
        name,
      ).toEqual([]);
    }
    await release(backend, failing);
    await release(backend, running);
  });

  it("finds absolute and relative inputs below its directory, and a checkpoint to start from", async () => {
    const { backend } = newLocal();
    const launch = launchOf(script('cat "$SPILLWAY_ROOT/in/a" in/b ckpt/state'), {
      inputs: [
        { path: "/in/a", url: inputFile("A") },
        { path: "in/b", url: inputFile("B") },
      ],
      checkpoint: { path: "/ckpt", everyMs: 1_000, restore: { path: "/ckpt/state", url: inputFile("C") }, urls: [] },
    });
    const key = await bind(backend, launch);
    await ended(backend, key);
    expect(await logsOf(backend, key)).toBe("ABC");
    await release(backend, key);
  });

  it("does not start when an input is not what was promised, and says which", async () => {
    const { backend, directory } = newLocal();
    const bad = [
      { path: "good", url: inputFile("good") },
      { path: "bad", url: inputFile("changed"), sha256: host.sha256("original") },
    ];
    const key = await bind(backend, launchOf(script("echo ran"), { inputs: bad }));
    expect(await ended(backend, key)).toMatchObject({
      phase: "ended",
      reason: "INPUT_DIGEST_MISMATCH",
      message: expect.stringContaining("bad"),
    });
    expect(await logsOf(backend, key)).toBe("");
    expect(await logsOf(backend, key, "system")).toContain("bad");
    await expect(backend.collect?.(refOf(backend, key), outputPlan(), callOf())).rejects.toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
    await release(backend, key);
    expect(leftovers(directory)).toEqual([]);
  });

  it("reports an input that cannot be had", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("echo ran"), { inputs: [{ path: "a", url: "file:///no/such/file" }] }));
    expect(await ended(backend, key)).toMatchObject({ phase: "ended", reason: "STAGING_FAILED" });
    await release(backend, key);
  });

  it.each(["../x", "in/../../x", "/"])("refuses the path %s before anything exists", async (path) => {
    const { backend, directory } = newLocal();
    const staged = launchOf(script("true"), { inputs: [{ path, url: inputFile("x") }] });
    const declared = launchOf(script("true"), { outputs: [{ path, optional: true }] });
    for (const launch of [staged, declared]) {
      await expect(backend.bind(placementOf(launch), callOf())).rejects.toMatchObject({ code: "INVALID_WORKLOAD", effect: "none" });
    }
    expect(existsSync(directory)).toBe(false);
  });
});
