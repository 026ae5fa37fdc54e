import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type TreeEntry, treeDigest } from "../../../../src/kit/runner/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { Attempt, isComplete, lanes, missingLanes, sha256 } from "../../../support/runner.js";
import { temporaryDirectory } from "../../../support/temporary.js";

const host = systemHost();
const binary = Buffer.from(Array.from({ length: 4_096 }, (_, index) => index % 256));
const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 2_654_435_761) >>> 24));

/** Files and links below a directory, as a reader of an unpacked archive finds them. */
function entriesOf(directory: string, below = ""): TreeEntry[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry): TreeEntry[] => {
    const member = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return entriesOf(directory, member);
    if (entry.isSymbolicLink()) return [{ member, target: readlinkSync(join(directory, member)) }];
    return [{ member, sha256: sha256(readFileSync(join(directory, member))) }];
  });
}

test("this machine has a shell and a client", () => expect(lanes()).not.toEqual([]));
for (const why of missingLanes()) test.skipIf(!isComplete)(why, () => expect.fail(why));

describe.each(lanes())("files with $shell and $client", (lane) => {
  test.each([
    ["binary", binary],
    ["empty", Buffer.alloc(0)],
    ["large", large],
    ["of one line without its end", Buffer.from("x")],
  ])("a file that is %s arrives and leaves as it is", async (_, bytes) => {
    const attempt = await Attempt.on(lane);
    attempt.input("/in/file", bytes);
    attempt.output("/out/file");
    attempt.argv = ["cp", `${attempt.root}/in/file`, `${attempt.root}/out/file`];
    const ended = await attempt.run();
    expect(ended.code, ended.stderr).toBe(0);
    expect(attempt.store.objects.get("out0")?.equals(bytes)).toBe(true);
    expect(attempt.manifest).toMatchObject({
      exitCode: 0,
      outputs: [{ path: "/out/file", member: "", uri: "mem:///out0", sha256: sha256(bytes), size: bytes.length }],
    });
  });

  test("unusual names are taken as they are", async () => {
    const attempt = await Attempt.on(lane);
    const names = ["a b  c", "$HOME `id` $(id)", "*?[a]", "it's", "größe 漢字 🙂", "#;&|<>~!", "%41", "a|b", "...", "x=1"];
    for (const name of names) {
      attempt.input(`/in/${name}`, `bytes of ${name}`);
      attempt.input(`work/in/${name}`, `more bytes of ${name}`);
      attempt.output(`/out/${name}`);
    }
    attempt.argv = ["sh", "-c", 'mkdir -p "$SPILLWAY_ROOT/out"; mv "$SPILLWAY_ROOT"/in/* "$SPILLWAY_ROOT/in/..." "$SPILLWAY_ROOT/out/"'];
    const ended = await attempt.run();
    expect(ended.code, ended.stderr).toBe(0);
    expect(names.map((_, index) => attempt.store.objects.get(`out${index}`)?.toString())).toEqual(names.map((name) => `bytes of ${name}`));
    for (const name of names) expect(readFileSync(attempt.file(`work/work/in/${name}`), "utf8")).toBe(`more bytes of ${name}`);
    expect(attempt.manifest?.outputs.map(({ path }) => path)).toEqual(names.map((name) => `/out/${name}`));
  });

  test("an input without digest or size is taken as it comes", async () => {
    const attempt = await Attempt.on(lane);
    attempt.input("/in/file", binary, "unchecked");
    attempt.output("/in/file");
    expect((await attempt.run()).code).toBe(0);
    expect(attempt.store.objects.get("out0")?.equals(binary)).toBe(true);
  });

  test("a directory leaves as one archive with a digest of its contents", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("/out/");
    const make = `cd "$SPILLWAY_ROOT"; mkdir -p out/deep/er; printf 'a\\0b' >'out/a b'; : >out/deep/empty; printf x >out/deep/er/größe; printf y >out/-dash; ln -s deep/empty out/link; mkdir out/void`;
    attempt.argv = ["sh", "-c", make];
    const ended = await attempt.run();
    expect(ended.code, ended.stderr).toBe(0);
    const archive = attempt.store.objects.get("out0") ?? Buffer.alloc(0);
    const unpacked = temporaryDirectory("unpacked");
    expect(spawnSync("tar", ["-xf", "-", "-C", unpacked], { input: archive }).status).toBe(0);
    const entries = entriesOf(unpacked);
    expect(entries.map(({ member }) => member).sort()).toEqual(["-dash", "a b", "deep/empty", "deep/er/größe", "link"].sort());
    expect(readFileSync(join(unpacked, "a b"))).toEqual(Buffer.from("a\0b"));
    expect(attempt.manifest?.outputs).toEqual([
      {
        path: "/out/",
        member: "",
        uri: "mem:///out0",
        sha256: sha256(archive),
        size: archive.length,
        archive: { format: "tar", treeSha256: treeDigest(entries, host) },
      },
    ]);
  });

  test("two machines agree on the contents of a directory though not on its archive", async () => {
    const digests = [];
    for (const files of [
      ["b", "a"],
      ["a", "b"],
    ]) {
      const attempt = await Attempt.on(lane);
      attempt.output("/out");
      mkdirSync(attempt.file("out"));
      for (const [index, name] of files.entries()) {
        writeFileSync(attempt.file(`out/${name}`), `bytes of ${name}`);
        spawnSync("touch", ["-d", `@${1_000_000 + index}`, attempt.file(`out/${name}`)]);
      }
      const ended = await attempt.run();
      expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(0);
      digests.push(attempt.manifest?.outputs[0]);
    }
    expect(digests[0]?.archive?.treeSha256).toBe(digests[1]?.archive?.treeSha256);
    expect(digests[0]?.sha256).not.toBe(digests[1]?.sha256);
  });

  test("an optional output may be missing, also among others", async () => {
    const attempt = await Attempt.on(lane);
    attempt.output("/out/maybe", true);
    attempt.output("/out/sure");
    attempt.argv = ["sh", "-c", 'echo here >"$SPILLWAY_ROOT/out/sure"'];
    expect((await attempt.run()).code).toBe(0);
    expect(attempt.manifest?.outputs.map(({ path }) => path)).toEqual(["/out/sure"]);
  });

  test("a job text from a URL does the same", async () => {
    const attempt = await Attempt.on(lane);
    for (let index = 0; index < 60; index++) attempt.input(`/in/${index}`, `input ${index}`);
    attempt.output("/in");
    const text = Buffer.from(attempt.jobText);
    attempt.store.objects.set("job", text);
    attempt.options = { ...attempt.options, jobFile: { url: attempt.store.url("GET", "job"), sha256: sha256(text) } };
    const ended = await attempt.run();
    expect(ended.code, ended.stderr).toBe(0);
    expect(attempt.store.requests.filter(({ name }) => name.startsWith("in")).length).toBe(60);
    expect(attempt.manifest?.outputs[0]?.archive).toBeDefined();
  });
});
