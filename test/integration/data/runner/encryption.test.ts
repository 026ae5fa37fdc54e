import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { treeDigest } from "../../../../src/kit/runner/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { Attempt, fewLanes, isComplete, programPath, sha256 } from "../../../support/runner.js";
import { temporaryDirectory } from "../../../support/temporary.js";

type Lane = Parameters<typeof Attempt.on>[0];

const MARK = "age-encryption.org/v1\n";
const key = "age196vfl7ygwhklyzzt2ws8j2s6s5rvl0ap5g89kceatt0d9x0xxspszelmd9";

/** An attempt with a file and a directory to be encrypted, and a file that is not. */
function sealing(attempt: Attempt, recipient: string): Attempt {
  attempt.outputs = [
    { path: "/out/file", optional: false, encryptTo: recipient },
    { path: "/out/folder", optional: false, encryptTo: recipient },
    { path: "/out/plain", optional: false },
  ];
  attempt.argv = ["sh", "-c", 'cd "$SPILLWAY_ROOT/out"; mkdir folder; echo secret >file; echo secret >folder/a; echo open >plain'];
  return attempt;
}

/** Something that is called `age` and does to bytes what can be seen. */
async function withStandIn(
  lane: Lane,
  text = `printf 'age-encryption.org/v1\\n%s %s\\n' "$1" "$2"; exec sed s/secret/XXXXXX/`,
): Promise<Attempt> {
  const attempt = await Attempt.on(lane);
  const program = attempt.file("bin/age");
  writeFileSync(program, `#!${attempt.file("bin/sh")}\n${text}\n`);
  chmodSync(program, 0o755);
  return sealing(attempt, key);
}

const stored = (attempt: Attempt, name: string): string => attempt.store.objects.get(name)?.toString("latin1") ?? "";

describe.each(fewLanes())("outputs that are encrypted on the node, with $shell and $client", (lane) => {
  test("leave it as ciphertext only, and the manifest tells nothing of the plaintext", async () => {
    const attempt = await withStandIn(lane);
    const { code, stdout, stderr } = await attempt.run();
    expect(code, stderr).toBe(0);
    expect(stored(attempt, "out0")).toBe(`${MARK}-r ${key}\nXXXXXX\n`);
    expect(stored(attempt, "out1").startsWith(`${MARK}-r ${key}\n`)).toBe(true);
    expect(stored(attempt, "out2")).toBe("open\n");
    const facts = (name: string) => {
      const bytes = attempt.store.objects.get(name) ?? Buffer.alloc(0);
      return { member: "", sha256: sha256(bytes), size: bytes.length };
    };
    expect(attempt.manifest?.outputs).toEqual([
      { path: "/out/file", uri: "mem:///out0", encrypted: { format: "age", holds: "file" }, ...facts("out0") },
      { path: "/out/folder", uri: "mem:///out1", encrypted: { format: "age", holds: "tar" }, ...facts("out1") },
      { path: "/out/plain", uri: "mem:///out2", ...facts("out2") },
    ]);
    const plain = sha256(Buffer.from("secret\n"));
    for (const digest of [plain, treeDigest([{ member: "a", sha256: plain }], systemHost())]) {
      expect(stored(attempt, "manifest")).not.toContain(digest);
      expect(stdout).not.toContain(digest);
    }
    for (const bytes of attempt.store.objects.values()) expect(bytes.includes("secret")).toBe(false);
  });

  test("are encrypted after a failure, too", async () => {
    const attempt = await withStandIn(lane);
    attempt.argv = ["sh", "-c", 'echo secret >"$SPILLWAY_ROOT/out/file"; exit 3'];
    expect((await attempt.run()).code).toBe(3);
    expect(stored(attempt, "out0")).toBe(`${MARK}-r ${key}\nXXXXXX\n`);
  });

  test("are not stored at all when the image has no age: nothing is even fetched", async () => {
    const attempt = sealing(await Attempt.on(lane), key);
    attempt.input("/in", "x");
    const { code } = await attempt.run();
    expect(code).toBe(86);
    expect(attempt.manifest).toMatchObject({
      exitCode: 86,
      failure: { stage: "setup", message: expect.stringContaining("no age") as string },
    });
    expect(attempt.store.count("GET", "in0")).toBe(0);
    expect([...attempt.store.objects.keys()]).toEqual(["in0", "manifest"]);
  });

  test("are not stored when age fails in the middle", async () => {
    const attempt = await withStandIn(lane, "cat; exit 1");
    const { code } = await attempt.run();
    expect(code).toBe(83);
    expect([...attempt.store.objects.keys()]).toEqual(["manifest"]);
    expect(attempt.manifest?.failure).toEqual({ stage: "upload", message: "output /out/file: it cannot be encrypted" });
  });
});

const isThere = programPath("age") !== undefined && programPath("age-keygen") !== undefined;
test.skipIf(!isThere && !isComplete)(isThere ? "the real age is tested below" : "age: not installed here", () =>
  expect(isThere).toBe(true),
);

describe.each(isThere ? fewLanes() : [])("with the real age, $shell and $client", (lane) => {
  test("what is stored can be read by the owner of the key, and by nobody else", async () => {
    const folder = temporaryDirectory("keys");
    const [mine, theirs] = [join(folder, "mine"), join(folder, "theirs")];
    for (const file of [mine, theirs]) spawnSync("age-keygen", ["-o", file]);
    const attempt = sealing(await Attempt.on(lane, { also: ["age"] }), execFileSync("age-keygen", ["-y", mine]).toString().trim());
    const large = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 2_654_435_761) >>> 24));
    attempt.input("/in", large);
    attempt.argv = ["sh", "-c", 'cd "$SPILLWAY_ROOT/out"; mkdir folder; cp ../in file; echo secret >folder/a; echo open >plain'];
    const { code, stderr } = await attempt.run();
    expect(code, stderr).toBe(0);
    const decrypt = (name: string, with_: string) =>
      spawnSync("age", ["-d", "-i", with_], { input: attempt.store.objects.get(name), maxBuffer: 1e7 });
    expect(stored(attempt, "out0").startsWith(MARK)).toBe(true);
    expect(decrypt("out0", theirs).status).not.toBe(0);
    expect(decrypt("out0", mine).stdout.equals(large)).toBe(true);
    mkdirSync(join(folder, "unpacked"));
    spawnSync("tar", ["-xf", "-", "-C", join(folder, "unpacked")], { input: decrypt("out1", mine).stdout });
    expect(execFileSync("cat", [join(folder, "unpacked/a")]).toString()).toBe("secret\n");
  });
});
