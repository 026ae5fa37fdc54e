import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ArchiveRefused, readTree, type TreeLimits } from "../../../../src/kit/archive/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { programPath } from "../../../support/runner.js";
import { inPieces, pax, type RawEntry, tarOf } from "../../../support/tar.js";
import { temporaryDirectory } from "../../../support/temporary.js";

const host = systemHost();
const sha = (text: string): string => host.sha256(Buffer.from(text));

/** What came out, `member=source:bytes`, in order; or the refusal. */
async function unpack(archive: Buffer, limits: TreeLimits = {}, pieceBytes = 333): Promise<readonly string[] | string> {
  const taken = new Map<string, string>();
  try {
    const { files } = await readTree(inPieces(archive, pieceBytes), host, {
      limits,
      take: async (member, body) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of body) pieces.push(piece);
        const bytes = Buffer.concat(pieces);
        taken.set(member, bytes.toString());
        return { sha256: host.sha256(bytes), size: bytes.length };
      },
    });
    return files?.map(({ member, source, size }) => `${member}=${source}:${size}:${taken.get(source)}`) ?? "too many";
  } catch (thrown) {
    if (!(thrown instanceof ArchiveRefused)) throw thrown;
    return `${thrown.problem}: ${thrown.message}`;
  }
}

const file = (name: string, body = name): RawEntry => ({ name, body });
const link = (name: string, target: string): RawEntry => ({ name, type: "2", link: target });
const folder = (name: string): RawEntry => ({ name, type: "5" });

describe("an archive that a tar on this machine makes", () => {
  const packers: readonly (readonly [string, string, readonly string[]])[] = [
    ["GNU's own form", "tar", ["--format=gnu"]],
    ["pax", "tar", ["--format=pax"]],
    ["ustar", "tar", ["--format=ustar"]],
    ["busybox", "busybox", ["tar"]],
  ];
  test.each(packers.filter(([, program]) => programPath(program) !== undefined))(
    "%s: everything comes out as it went in",
    async (_, program, args) => {
      const root = temporaryDirectory("tree");
      // ustar has no place for longer ones.
      const length = args[0] === "--format=ustar" ? 40 : 90;
      const long = `${"d".repeat(length)}/${"e".repeat(length)}`;
      mkdirSync(join(root, long), { recursive: true });
      mkdirSync(join(root, "empty"));
      const files = { a: "1", "b c": "", größe: "x".repeat(100_000), ".hidden": "h", [`${long}/${"f".repeat(60)}`]: "long" };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
      linkSync(join(root, "a"), join(root, "also a"));
      symlinkSync("b c", join(root, "link"));
      symlinkSync(`./${long}`, join(root, "folder-link"));
      const archive = execFileSync(program, [...args, "-cf", "-", "-C", root, "."], { maxBuffer: 1e8 });
      const wanted = {
        ...files,
        "also a": "1",
        link: "",
        [`folder-link/${"f".repeat(60)}`]: "long",
      };
      const tree = await readTree(inPieces(archive, 7_000), host);
      expect(tree.files?.map(({ member, sha256 }) => [member, sha256])).toEqual(
        Object.entries(wanted)
          .map(([member, text]) => [member, sha(text)])
          .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
      );
      // The digest that the runner computes, by the runner's own means.
      const lines = execFileSync("sh", [
        "-c",
        'cd "$1" && { find . -type f -exec sha256sum {} +; find . -type l | while read -r l; do printf "%s -> %s\\n" "$l" "$(readlink "$l")"; done; } | LC_ALL=C sort',
        "sh",
        root,
      ]);
      expect(tree.treeSha256).toBe(host.sha256(lines));
    },
  );

  test("a file larger than eight gigabytes says so in binary", async () => {
    const size = Buffer.alloc(12);
    size[0] = 0x80;
    size.writeUInt32BE(2, 4);
    expect(await unpack(tarOf([{ ...file("large"), size }]))).toBe("malformed: ends in the middle");
    size.writeUInt32BE(0, 4);
    size.writeUInt32BE(5, 8);
    expect(await unpack(tarOf([{ ...file("large"), size }]))).toEqual(["large=large:5:large"]);
  });
});

describe("names and links that stay inside", () => {
  test.each<readonly [string, readonly RawEntry[], readonly string[]]>([
    ["a name below ./", [folder("./"), file("./a/b", "x")], ["a/b=a/b:1:x"]],
    ["a prefix", [{ ...file("b", "x"), prefix: "a" }], ["a/b=a/b:1:x"]],
    [
      "GNU's long names",
      [{ name: "././@LongLink", type: "L", body: "./long/a\0", magic: "ustar  " }, file("short", "x")],
      ["long/a=long/a:1:x"],
    ],
    ["pax names and sizes", [pax({ path: "./ä", size: "1", mtime: "1.5" }), { ...file("a", "x"), size: "00000000000\0" }], ["ä=ä:1:x"]],
    ["a directory told after its files", [file("a/b", "x"), folder("./a/"), file("a/c", "y")], ["a/b=a/b:1:x", "a/c=a/c:1:y"]],
    [
      "links up and down",
      [file("a/b/c", "x"), link("a/l", "../a/./b//c"), link("m", "a/b"), link("n", "m/../l")],
      ["a/b/c=a/b/c:1:x", "a/l=a/b/c:1:x", "m/c=a/b/c:1:x", "n=a/b/c:1:x"],
    ],
    ["nothing at all", [], []],
  ])("%s", async (_, entries, files) => {
    for (const piece of [1, 512, 100_000]) expect(await unpack(tarOf(entries), {}, piece)).toEqual(files);
  });

  test("what a taker leaves is passed over", async () => {
    const archive = tarOf([file("a", "x".repeat(2_000)), file("b", "y")]);
    const { files } = await readTree(inPieces(archive, 100), host, {
      take: async (_, body) => {
        for await (const piece of body) return { sha256: "0".repeat(64), size: piece.length };
        return { sha256: "0".repeat(64), size: 0 };
      },
    });
    expect(files?.map(({ member, size }) => [member, size])).toEqual([
      ["a", 88],
      ["b", 1],
    ]);
  });
});

describe("an archive that wants out, or means harm, is refused", () => {
  const chain = Array.from({ length: 60 }, (_, index) => link(`l${index}`, `l${index + 1}`));
  test.each<readonly [string, readonly RawEntry[], RegExp]>([
    ["an absolute name", [file("/etc/passwd")], /^malformed: .*leads out/],
    ["a name with ..", [file("a/../../b")], /^malformed: .*leads out/],
    ["a name with .. at the end", [file("a/..")], /^malformed: .*leads out/],
    ["a directory with ..", [folder("../a")], /^malformed: .*leads out/],
    ["the root as a directory", [folder("/")], /^malformed: .*leads out/],
    ["a file without a name", [file("", "x")], /^malformed: .*leads out/],
    ["a file that is the directory", [file("./", "x")], /^malformed: .*leads out/],
    ["a doubled slash", [file("a//b")], /^malformed: .*leads out/],
    ["an absolute name by pax", [pax({ path: "/a" }), file("a")], /^malformed: .*leads out/],
    ["an absolute name by GNU", [{ name: "x", type: "L", body: "/a\0" }, file("a")], /^malformed: .*leads out/],
    ["a prefix with ..", [{ ...file("b"), prefix: "a/.." }], /^malformed: .*leads out/],
    ["a name with a line break", [file("a\nb")], /^content: .*control character/],
    ["a name with a backslash", [file("a\\b")], /^content: .*backslash/],
    ["a name that is not UTF-8", [{ name: Buffer.from([0xff]) }], /^content: .*UTF-8/],
    ["a name twice", [file("a"), file("./a")], /^malformed: .*twice/],
    ["a file that is a directory", [file("a"), file("a/b")], /^malformed: .*twice/],
    ["a directory that is a file", [file("a/b"), file("a")], /^malformed: .*twice/],
    ["a directory entry over a file", [file("a"), folder("a")], /^malformed: .*twice/],
    ["a file through a link", [link("a", "."), file("a/b")], /^malformed: .*twice/],
    ["an absolute link", [link("a", "/etc/passwd")], /^content: .*out of the directory/],
    ["a link that leads out", [file("b/c"), link("b/a", "../../etc/passwd")], /^content: .*out of the directory/],
    ["a link that leads out and back", [file("a"), link("b", "../x/a")], /^content: .*out of the directory/],
    ["a link out by another link", [file("d/e/f"), link("l", "d/e"), link("m", "l/../../../x")], /^content: .*out of the directory/],
    ["a link to nowhere", [link("a", "b")], /^content: .*nowhere/],
    ["a link through a file", [file("b"), link("a", "b/../b")], /^content: .*nowhere/],
    ["a link to itself", [link("a", "a")], /^content: .*round/],
    ["links in a ring", [link("a", "b"), link("b", "a")], /^content: .*round/],
    ["a long chain of links", [...chain, file("l60")], /^content: .*round/],
    ["a link to the directory above", [file("a/f"), link("a/up", "..")], /^content: .*above itself/],
    ["a hard link to what is not there", [{ name: "a", type: "1", link: "b" }], /^malformed: .*no file/],
    ["a hard link that leads out", [{ name: "a", type: "1", link: "../b" }], /^malformed: .*leads out/],
    ["a hard link to a link", [file("b"), link("c", "b"), { name: "a", type: "1", link: "c" }], /^malformed: .*no file/],
    ["a character device", [{ name: "null", type: "3" }], /^content: .*neither/],
    ["a block device", [{ name: "sda", type: "4" }], /^content: .*neither/],
    ["a pipe", [{ name: "pipe", type: "6" }], /^content: .*neither/],
    ["a sparse file of GNU's", [{ name: "a", type: "S" }], /^malformed: .*unknown kind/],
    ["a sparse file of pax", [pax({ "GNU.sparse.major": "1" }), file("a")], /^malformed: .*sparse/],
    ["an unknown kind", [{ name: "a", type: "V" }], /^malformed: .*unknown kind/],
    ["a name for all that follow", [pax({ path: "b" }, "g"), file("a")], /^malformed: .*many entries/],
    [
      "a pax record that lies about its length",
      [{ name: "p", type: "x", body: "99 path=a\n" }, file("a")],
      /^malformed: .*extended header/,
    ],
    ["a pax record without its end", [{ name: "p", type: "x", body: "9 path=ab" }, file("a")], /^malformed: .*extended header/],
    ["a pax size that is no number", [pax({ size: "-1" }), file("a")], /^malformed: .*number/],
    ["an endless extended header", [{ name: "p", type: "x", size: "00010000001\0" }], /^limit: .*extended header/],
    ["a name of ten thousand letters", [{ name: "p", type: "L", body: "a".repeat(10_000) }, file("a")], /^content: .*too long/],
    ["a size that is no number", [{ ...file("a"), size: "8\0" }], /^malformed: .*number/],
    ["a size beyond all numbers", [{ ...file("a"), size: Buffer.alloc(12, 0xff) }], /^malformed: .*out of range/],
    ["a size beyond the end", [{ ...file("a"), size: "00000100000\0" }], /^malformed: ends in the middle/],
    ["a wrong checksum", [{ ...file("a"), checksum: "000001\0 " }], /^malformed: .*checksum/],
    ["an old form", [{ ...file("a"), magic: "" }], /^malformed: .*form/],
  ])("%s", async (_, entries, refusal) => {
    expect(await unpack(tarOf(entries))).toMatch(refusal);
  });

  test("one without its end, cut at any byte", async () => {
    const archive = tarOf([file("a", "x".repeat(600)), file("b")], Buffer.alloc(0));
    for (let bytes = 0; bytes <= archive.length; bytes += 61)
      expect(await unpack(archive.subarray(0, bytes))).toBe("malformed: ends in the middle");
  });

  test("one with too many entries, or too many links", async () => {
    const many = Array.from({ length: 30 }, (_, index) => file(`f${index}`));
    expect(await unpack(tarOf(many), { entries: 29 })).toMatch(/^limit: holds more than 29 files/);
    const links = Array.from({ length: 10_001 }, (_, index) => link(`l${index}`, "."));
    expect(await unpack(tarOf(links), {}, 65_536)).toMatch(/^limit: .*symbolic links/);
  });
});

describe("an archive that makes too much stays packed", () => {
  test("by files", async () => {
    const many = Array.from({ length: 30 }, (_, index) => file(`f${index}`));
    expect(await unpack(tarOf(many), { files: 29 })).toBe("too many");
    expect(await unpack(tarOf(many), { files: 30 })).toHaveLength(30);
  });

  test("by bytes that links repeat", async () => {
    const hard = (index: number): RawEntry => ({ name: `l${index}`, type: "1", link: "a" });
    expect(await unpack(tarOf([file("a", "xx"), hard(1), hard(2), hard(3)]))).toHaveLength(4);
    expect(await unpack(tarOf([file("a", "xx"), hard(1), hard(2), hard(3), hard(4)]))).toBe("too many");
  });

  test("by links among empty directories, and soon", async () => {
    const levels = Array.from({ length: 40 }, (_, index) => [
      folder(`d${index}`),
      link(`d${index}/a`, `../d${index + 1}`),
      link(`d${index}/b`, `../d${index + 1}`),
    ]);
    expect(await unpack(tarOf([...levels.flat(), folder("d40")]))).toBe("too many");
  });
});

test("an archive of this repository's own files has the digest of the files", async () => {
  const bytes = readFileSync(new URL(import.meta.url));
  const { treeSha256 } = await readTree(inPieces(tarOf([file("a", bytes.toString())]), 1_000), host);
  expect(treeSha256).toBe(host.sha256(Buffer.from(`${host.sha256(bytes)}  ./a\n`)));
});
