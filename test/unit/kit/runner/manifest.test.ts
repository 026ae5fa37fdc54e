import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  MANIFEST_MARK,
  MAX_MANIFEST_BYTES,
  manifestFailure,
  manifestFromLog,
  parseManifest,
  RUNNER_EXIT_CODES,
  runnerExit,
} from "../../../../src/kit/runner/index.js";
import type { ResultManifest } from "../../../../src/model/artifact.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import { fc } from "../../../support/property.js";

const nonce = "ab".repeat(32);
const sha = "12".repeat(32);
const expected = { nonce, places: { "/out": "s3://b/0", "/dir": "s3://b/1" } };
const good = {
  version: 1,
  nonce,
  exitCode: 0,
  startedAtMs: 1_000,
  endedAtMs: 2_000,
  outputs: [
    { path: "/out", member: "", sha256: sha, size: 3 },
    { path: "/dir", member: "", sha256: sha, size: 0, archive: { format: "tar", treeSha256: sha } },
  ],
};
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const parse = (value: unknown) => parseManifest(bytes(value), expected);
const output = good.outputs[0];

describe("parseManifest", () => {
  test("reads what a runner writes, and says where the outputs are", () => {
    expect(parse(good)).toEqual({
      ...good,
      outputs: [
        { ...good.outputs[0], uri: "s3://b/0" },
        { ...good.outputs[1], uri: "s3://b/1" },
      ],
    });
    const failed = { version: 1, nonce, exitCode: 80, outputs: [], failure: { stage: "fetch", message: "input /a: HTTP 403" } };
    expect(parse(failed)).toEqual(failed);
    expect(parse({ ...failed, failure: undefined, ended: "signal", exitCode: 143 })).toMatchObject({ ended: "signal" });
  });

  test.each([
    ["not JSON", "{", "is not JSON"],
    ["nothing", "", "is not JSON"],
    ["null", "null", "its top"],
    ["a list", "[]", "its top"],
    ["another version", { ...good, version: 2 }, "version"],
    ["a wrong nonce", { ...good, nonce: "cd".repeat(32) }, "another attempt"],
    ["no nonce", { ...good, nonce: undefined }, "nonce"],
    ["a negative exit code", { ...good, exitCode: -1 }, "exitCode"],
    ["an exit code above 255", { ...good, exitCode: 256 }, "exitCode"],
    ["half an exit code", { ...good, exitCode: 0.5 }, "exitCode"],
    ["a negative time", { ...good, endedAtMs: -1 }, "endedAtMs"],
    ["no outputs", { ...good, outputs: undefined }, "outputs"],
    ["an unknown key", { ...good, extra: 1 }, "its top"],
    ["a short digest", { ...good, outputs: [{ ...output, sha256: "12" }] }, "outputs.0.sha256"],
    ["a digest in capitals", { ...good, outputs: [{ ...output, sha256: "AB".repeat(32) }] }, "outputs.0.sha256"],
    ["a negative size", { ...good, outputs: [{ ...output, size: -1 }] }, "outputs.0.size"],
    ["a size beyond counting", { ...good, outputs: [{ ...output, size: 1e300 }] }, "outputs.0.size"],
    ["a URI of the node's own", { ...good, outputs: [{ ...output, uri: "https://evil" }] }, "outputs.0"],
    ["a member", { ...good, outputs: [{ ...output, member: "../x" }] }, "outputs.0.member"],
    ["an undeclared output", { ...good, outputs: [{ ...output, path: "/other" }] }, "does not declare"],
    ["an inherited output", { ...good, outputs: [{ ...output, path: "constructor" }] }, "does not declare"],
    ["an output twice", { ...good, outputs: [output, output] }, "/out twice"],
    ["an unknown archive", { ...good, outputs: [{ ...output, archive: { format: "zip", treeSha256: sha } }] }, "outputs.0.archive.format"],
    ["an unknown stage", { ...good, failure: { stage: "x", message: "" } }, "failure.stage"],
    ["a very long message", { ...good, failure: { stage: "fetch", message: "x".repeat(5_000) } }, "failure.message"],
    ["an unknown end", { ...good, ended: "x" }, "ended"],
  ])("refuses %s", (_, value, text) => {
    try {
      parse(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "STAGING_FAILED", retry: "elsewhere" });
      expect((error as Error).message).toContain(text);
    }
  });

  test("refuses bytes that are no text, and too many", () => {
    expect(() => parseManifest(new Uint8Array([0xff, 0xfe]), expected)).toThrow("not UTF-8");
    expect(() => parseManifest(new Uint8Array(MAX_MANIFEST_BYTES + 1), expected)).toThrow("more than");
  });

  test("answers a manifest or a coded error, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)), (value) => {
        try {
          parseManifest(value, expected);
        } catch (error) {
          return SchedulerError.isInstance(error) && error.code === "STAGING_FAILED";
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});

describe("manifestFromLog", () => {
  const line = `${MANIFEST_MARK} ${nonce} ${JSON.stringify(good)}`;

  test.each([
    ["alone", line],
    ["among others", `hello\n\n${line}\nspillway-runner: bye\n`],
    ["with what a platform puts before lines", `2026-01-01T00:00:00Z stdout F hello\n2026-01-01T00:00:01Z stdout F ${line}\r\n`],
    ["after one that was cut", `${line.slice(0, -10)}\n${line}\n`],
    ["before one that was cut", `${line}\n${line.slice(0, -10)}`],
    ["beside another attempt's", `${line}\n${line.replaceAll(nonce, "cd".repeat(32))}\n`],
    [
      "beside one with another's nonce inside",
      `${line}\n${MANIFEST_MARK} ${nonce} ${JSON.stringify({ ...good, nonce: "cd".repeat(32) })}\n`,
    ],
  ])("finds it %s", (_, text) => {
    expect(manifestFromLog(text, expected)).toEqual(parse(good));
  });

  test("the last one counts", () => {
    const later = `${MANIFEST_MARK} ${nonce} ${JSON.stringify({ ...good, exitCode: 3 })}`;
    expect(manifestFromLog(`${line}\n${later}\n`, expected)?.exitCode).toBe(3);
  });

  test.each(["", "hello", MANIFEST_MARK, `${MANIFEST_MARK} ${nonce} `, `${MANIFEST_MARK} ${nonce} {}`, line.slice(1)])(
    "finds none in %j",
    (text) => {
      expect(manifestFromLog(text, expected)).toBeUndefined();
    },
  );
});

describe("why an attempt failed", () => {
  const manifest = (more: Partial<ResultManifest>): ResultManifest => ({ version: 1, exitCode: 0, outputs: [], ...more });

  test.each([
    [manifest({}), undefined],
    [manifest({ exitCode: 3 }), "WORKLOAD_FAILED"],
    [manifest({ exitCode: 80 }), "WORKLOAD_FAILED"],
    [manifest({ exitCode: 124 }), "WORKLOAD_FAILED"],
    [manifest({ exitCode: 124, ended: "timeout" }), "WORKLOAD_TIMED_OUT"],
    [manifest({ exitCode: 143, ended: "signal" }), "PREEMPTED"],
    [manifest({ exitCode: 80, failure: { stage: "fetch", message: "x" } }), "STAGING_FAILED"],
    [manifest({ exitCode: 81, failure: { stage: "digest", message: "x" } }), "INPUT_DIGEST_MISMATCH"],
    [manifest({ exitCode: 82, failure: { stage: "output", message: "x" } }), "OUTPUT_MISSING"],
    [manifest({ exitCode: 83, failure: { stage: "upload", message: "x" } }), "STAGING_FAILED"],
    [manifest({ exitCode: 86, failure: { stage: "setup", message: "x" } }), "ENCRYPTION_UNAVAILABLE"],
    [manifest({ exitCode: 88, failure: { stage: "setup", message: "x" } }), "IMAGE_UNSUITABLE"],
    [manifest({ exitCode: 89, failure: { stage: "setup", message: "x" } }), "IMAGE_UNSUITABLE"],
    [manifest({ exitCode: 90, failure: { stage: "setup", message: "x" } }), "IMAGE_UNSUITABLE"],
    // No code that the runner has for it: nothing is known of the image.
    [manifest({ exitCode: 3, failure: { stage: "setup", message: "x" } }), "STAGING_FAILED"],
    // Whatever a node writes, a failure is none that succeeded.
    [manifest({ exitCode: 0, failure: { stage: "fetch", message: "x" } }), "STAGING_FAILED"],
  ] as const)("by its manifest %j: %s", (one, code) => {
    expect(manifestFailure(one)?.code).toBe(code);
    if (code !== undefined) expect(manifestFailure(one)?.details).toEqual({ exitCode: one.exitCode });
  });

  test("the documentation's table has every code of the runner and what becomes of it", () => {
    const page = readFileSync(new URL("../../../../docs/runner.md", import.meta.url), "utf8");
    const [, section = ""] = page.split("\n## Exit codes\n");
    const rows = [...(section.split("\n## ")[0] ?? "").matchAll(/^\| (\d+) \|.*\| `([A-Z_]+)` \|$/gm)].map(([, code, becomes]) => [
      Number(code),
      becomes,
    ]);
    expect(rows).toEqual(Object.values(RUNNER_EXIT_CODES).map((code) => [code, runnerExit(code)]));
  });

  test("by the container's exit code alone", () => {
    const codes = Object.fromEntries(Object.entries(RUNNER_EXIT_CODES).map(([name, code]) => [name, runnerExit(code)]));
    expect(codes).toEqual({
      fetch: "STAGING_FAILED",
      digest: "INPUT_DIGEST_MISMATCH",
      outputMissing: "OUTPUT_MISSING",
      upload: "STAGING_FAILED",
      room: "STAGING_FAILED",
      encryption: "ENCRYPTION_UNAVAILABLE",
      job: "STAGING_FAILED",
      archive: "IMAGE_UNSUITABLE",
      tools: "IMAGE_UNSUITABLE",
      client: "IMAGE_UNSUITABLE",
      manifest: "STAGING_FAILED",
      timeout: "WORKLOAD_TIMED_OUT",
      terminated: "PREEMPTED",
    });
    expect([0, 1, 79, 84, 92, 137, 255].map(runnerExit)).toEqual([undefined, ...Array<string>(6).fill("WORKLOAD_FAILED")]);
  });
});
