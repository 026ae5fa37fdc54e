import { rmSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wrapLaunch } from "../../../../src/data/runner/index.js";
import { manifestFailure, manifestFromLog, parseManifest, runnerExit } from "../../../../src/kit/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import type { SeenRequest, Trouble } from "../../../support/object-server.js";
import { Attempt, Container, lanes, sha256 } from "../../../support/runner.js";

/** Trouble for the first so many requests for an object. */
const first = (times: number, name: string, trouble: Trouble) => (seen: SeenRequest) =>
  seen.name === name && seen.earlier < times ? trouble : undefined;

const PASSING: readonly Trouble[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "status", status: 429 },
  { kind: "status", status: 408 },
  { kind: "reset" },
  { kind: "cut" },
  { kind: "done-then-reset" },
];
const named = (troubles: readonly Trouble[]) =>
  troubles.map((trouble) => [trouble.kind === "status" ? `status ${trouble.status}` : trouble.kind, trouble] as const);

async function copying(lane: Parameters<typeof Attempt.on>[0], image: Parameters<typeof Attempt.on>[1] = {}): Promise<Attempt> {
  const attempt = await Attempt.on(lane, image);
  attempt.input("/file", "some bytes ".repeat(10_000));
  attempt.output("/file");
  return attempt;
}

describe.each(lanes())("a store that fails, with $shell and $client", (lane) => {
  test.each(named(PASSING))("%s passes: every transfer is tried again", async (_, trouble) => {
    const attempt = await copying(lane);
    attempt.store.trouble = (seen) =>
      first(2, "in0", trouble)(seen) ??
      first(1, "out0", trouble)(seen) ??
      (seen.method === "PUT" ? first(1, "manifest", trouble)(seen) : undefined);
    const { code, stderr } = await attempt.run();
    expect(code, stderr).toBe(0);
    expect(attempt.manifest?.outputs).toHaveLength(1);
    expect(attempt.store.objects.get("out0")?.equals(attempt.store.objects.get("in0") ?? Buffer.alloc(0))).toBe(true);
    // A whole answer followed by a broken connection is an answer for some clients.
    if (trouble.kind !== "done-then-reset") expect(attempt.store.count("GET", "in0")).toBe(3);
    expect(attempt.store.count("PUT", "out0")).toBe(2);
    expect(attempt.store.count("PUT", "manifest")).toBe(2);
  });

  test.each([400, 401, 403, 404, 410])("status %i on an input is final", async (status) => {
    const attempt = await copying(lane);
    attempt.store.trouble = first(99, "in0", { kind: "status", status });
    const { code, stderr } = await attempt.run();
    expect(code).toBe(80);
    expect(attempt.store.count("GET", "in0")).toBe(1);
    expect(attempt.manifest).toMatchObject({
      exitCode: 80,
      outputs: [],
      failure: { stage: "fetch", message: `input /file: HTTP ${status}` },
    });
    expect(stderr).toContain(`input /file: HTTP ${status}`);
    expect(attempt.manifest).not.toHaveProperty("startedAtMs");
  });

  test("expired URLs: of an input, of an output, of the manifest", async () => {
    const input = await copying(lane);
    input.inputs = input.inputs.map((one) => ({ ...one, url: input.store.url("GET", "in0", "expired") }));
    expect((await input.run()).code).toBe(80);
    expect(input.manifest?.failure).toEqual({ stage: "fetch", message: "input /file: HTTP 403" });

    const output = await copying(lane);
    output.urls = { outputs: { "/file": output.store.url("PUT", "out0", "expired") } };
    expect((await output.run()).code).toBe(83);
    expect(output.manifest).toMatchObject({ exitCode: 83, outputs: [], failure: { stage: "upload", message: "output /file: HTTP 403" } });
    expect(output.manifest).toHaveProperty("endedAtMs");

    const manifest = await copying(lane);
    manifest.urls = { manifestPut: manifest.store.url("PUT", "manifest", "expired") };
    const { code, stdout, stderr } = await manifest.run();
    expect(code).toBe(91);
    expect(manifest.manifest).toBeUndefined();
    expect(stderr).toContain("the manifest could not be stored: HTTP 403");
    // The log has it all the same.
    expect(manifestFromLog(stdout, manifest.expected)).toMatchObject({ exitCode: 0, outputs: [{ path: "/file" }] });
  });

  test("a store that stays down: nothing is tried for ever", async () => {
    const attempt = await copying(lane);
    attempt.store.trouble = first(99, "out0", { kind: "status", status: 500 });
    attempt.tick = "0.001";
    expect((await attempt.run()).code).toBe(83);
    expect(attempt.store.count("PUT", "out0")).toBe(7);
    expect(attempt.manifest?.failure).toEqual({ stage: "upload", message: "output /file: HTTP 500" });
  });

  test("nobody at the address", async () => {
    const attempt = await copying(lane);
    attempt.inputs = attempt.inputs.map((one) => ({ ...one, url: "http://127.0.0.1:1/x?signature=secret" }));
    const { code, stderr } = await attempt.run();
    expect(code).toBe(80);
    expect(attempt.manifest?.failure?.message).toMatch(/^input \/file: no whole answer, code \d+$/);
    expect(stderr).not.toContain("secret");
  });

  test("wrong bytes are asked for once more, then refused", async () => {
    const attempt = await copying(lane);
    attempt.store.trouble = first(1, "in0", { kind: "wrong-bytes" });
    expect((await attempt.run()).code).toBe(0);

    const hopeless = await copying(lane);
    hopeless.store.trouble = first(99, "in0", { kind: "wrong-bytes" });
    hopeless.argv = ["sh", "-c", 'echo ran >"$SPILLWAY_ROOT/ran"'];
    expect((await hopeless.run()).code).toBe(81);
    expect(hopeless.store.count("GET", "in0")).toBe(2);
    const { failure } = hopeless.manifest ?? {};
    expect(failure?.stage).toBe("digest");
    expect(failure?.message).toMatch(/^input \/file: it has 110000 bytes and the digest [0-9a-f]{64}$/);
    expect(hopeless.manifest && manifestFailure(hopeless.manifest)).toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
  });

  test("another size than promised is another file", async () => {
    const attempt = await copying(lane);
    attempt.inputs = attempt.inputs.map(({ path, url }) => ({ path, url, size: 3 }));
    expect((await attempt.run()).code).toBe(81);
  });

  test("an output that does not exist, before any is stored", async () => {
    const attempt = await copying(lane);
    attempt.output("/missing");
    const { code } = await attempt.run();
    expect(code).toBe(82);
    expect(attempt.store.count("PUT", "out0")).toBe(0);
    expect(attempt.manifest).toMatchObject({ exitCode: 82, failure: { stage: "output", message: "output /missing does not exist" } });
    expect(attempt.manifest).toHaveProperty("startedAtMs");
  });

  test("an output that is neither file nor directory", async () => {
    const attempt = await Attempt.on(lane, { also: lane.shell === "busybox" ? [] : ["mkfifo"] });
    attempt.output("/pipe");
    attempt.argv = ["sh", "-c", 'mkfifo "$SPILLWAY_ROOT/pipe"'];
    expect((await attempt.run()).code).toBe(82);
  });

  test("a file whose name does not fit on a line, in a directory", async () => {
    for (const name of ["a\\nb", "a\\\\b"]) {
      const attempt = await Attempt.on(lane);
      attempt.output("/out");
      attempt.argv = ["sh", "-c", `mkdir "$SPILLWAY_ROOT/out"; : >"$SPILLWAY_ROOT/out/$(printf '${name}')"`];
      expect((await attempt.run()).code).toBe(82);
      expect(attempt.manifest?.failure?.message).toBe("output /out holds a file with a backslash or line break in its name");
    }
  });

  test("a directory in which the runner keeps its own files", async () => {
    for (const path of ["/tmp", "/tmp/", "/"]) {
      const attempt = await Attempt.on(lane);
      attempt.output(path);
      expect((await attempt.run()).code).toBe(82);
      expect(attempt.manifest?.failure?.message).toBe(`output ${path} holds the files of the runner: declare a directory below it`);
      expect(attempt.store.count("PUT", "out0")).toBe(0);
    }
  });

  test("an input that cannot be put in its place", async () => {
    const attempt = await copying(lane);
    attempt.input("/file/below", "x");
    expect((await attempt.run()).code).toBe(80);
    expect(attempt.manifest?.failure?.message).toBe("input /file/below: its place cannot be written");
  });

  test("a failed command whose leftovers cannot be stored has still just failed", async () => {
    const attempt = await copying(lane);
    attempt.argv = ["sh", "-c", "exit 9"];
    attempt.store.trouble = first(99, "out0", { kind: "status", status: 403 });
    expect((await attempt.run()).code).toBe(9);
    expect(attempt.manifest).toMatchObject({ exitCode: 9, outputs: [] });
    expect(attempt.manifest).not.toHaveProperty("failure");
  });
});

describe.each(lanes().filter(({ shell }) => shell === "dash"))("an image that lacks something, with $client", (lane) => {
  test("no client: the log alone says so", async () => {
    const attempt = await copying(lane, { without: [lane.client] });
    const { code, stdout } = await attempt.run();
    expect(code).toBe(90);
    expect(runnerExit(90)).toBe("IMAGE_UNSUITABLE");
    expect(attempt.store.requests).toEqual([]);
    expect(manifestFromLog(stdout, attempt.expected)).toMatchObject({
      exitCode: 90,
      failure: { stage: "setup", message: "the image has neither curl nor GNU wget" },
    });
  });

  test("a wget that is not GNU's is no client", async () => {
    const attempt = await copying(lane, { without: [lane.client], also: ["busybox"] });
    rmSync(attempt.file("bin/wget"), { force: true });
    symlinkSync(attempt.file("bin/busybox"), attempt.file("bin/wget"));
    expect((await attempt.run()).code).toBe(90);
  });

  test("no sha256sum", async () => {
    const attempt = await copying(lane, { without: ["sha256sum"] });
    expect((await attempt.run()).code).toBe(89);
    expect(attempt.manifest?.failure).toEqual({ stage: "setup", message: "the image has no sha256sum" });
  });

  test("no tar, which only directories and checkpoints need", async () => {
    const file = await copying(lane, { without: ["tar"] });
    expect((await file.run()).code).toBe(0);

    const directory = await copying(lane, { without: ["tar"] });
    directory.output("/bin");
    expect((await directory.run()).code).toBe(88);
    expect(directory.manifest?.failure?.stage).toBe("setup");

    const checkpoints = await copying(lane, { without: ["tar"] });
    checkpoints.checkpoint = { path: "/checkpoint", everyMs: 1_000 };
    expect((await checkpoints.run()).code).toBe(88);
    expect(checkpoints.store.count("GET", "in0")).toBe(0);
  });

  test("no directory that can be written", async () => {
    const attempt = await copying(lane, { without: ["mkdir"] });
    symlinkSync("/bin/false", attempt.file("bin/mkdir"));
    const { code, stderr } = await attempt.run();
    expect(code).toBe(85);
    expect(stderr).toBe("spillway-runner: no directory can be written\n");
  });

  test("one of the basic programs", async () => {
    const attempt = await copying(lane, { without: ["sed"] });
    const { code, stderr } = await attempt.run();
    expect(code).toBe(89);
    expect(stderr).toBe("spillway-runner: the image has no sed\n");
  });
});

describe("a job text that is not right", () => {
  const [lane] = lanes();
  if (lane === undefined) throw new Error("This machine has no shell with a client.");
  const start = async (attempt: Attempt, change: (text: string) => string) => {
    const started = {
      ...attempt.launch,
      argv: wrapLaunch(attempt.launch, attempt.allUrls).argv,
    };
    const secrets = { SPILLWAY_JOB: new Secret(change(attempt.jobText)) };
    return new Container({ ...started, env: { SPILLWAY_ATTEMPT: attempt.key }, secrets }, attempt.root, "0.02").ended;
  };

  test("cut short", async () => {
    const attempt = await copying(lane);
    const { code, stderr } = await start(attempt, (text) => text.slice(0, -20));
    expect(code).toBe(87);
    expect(stderr).toContain("cut short");
    expect(attempt.store.requests).toEqual([]);
  });

  test("of another attempt, of another version", async () => {
    const attempt = await copying(lane);
    expect((await start(attempt, (text) => text.replace(attempt.key, "testns-other-a1"))).code).toBe(87);
    expect((await start(attempt, (text) => text.replace("version 1", "version 2"))).code).toBe(87);
  });

  test("from a URL with other bytes, or that has expired", async () => {
    const attempt = await copying(lane);
    attempt.store.objects.set("job", Buffer.from(attempt.jobText));
    attempt.options = { jobFile: { url: attempt.store.url("GET", "job"), sha256: sha256(Buffer.from("something else")) } };
    expect((await attempt.run()).code).toBe(87);
    attempt.options = { jobFile: { url: attempt.store.url("GET", "job", "expired"), sha256: sha256(Buffer.from(attempt.jobText)) } };
    const { code, stderr } = await attempt.run();
    expect(code).toBe(87);
    expect(stderr).toContain("HTTP 403");
  });
});

test("another attempt's manifest is refused", async () => {
  const [lane] = lanes();
  if (lane === undefined) throw new Error("This machine has no shell with a client.");
  const attempt = await copying(lane);
  await attempt.run();
  const bytes = attempt.store.objects.get("manifest") ?? Buffer.alloc(0);
  expect(() => parseManifest(bytes, { ...attempt.expected, nonce: "cd".repeat(32) })).toThrow("belongs to another attempt");
});
