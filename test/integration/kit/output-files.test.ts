import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findOutputFiles } from "../../../src/kit/transfer/index.js";
import { temporaryDirectory } from "../../support/temporary.js";

/** A directory with these files. */
function directoryWith(files: readonly string[]): string {
  const root = join(temporaryDirectory("outputs"), "root");
  mkdirSync(root);
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  return root;
}

describe("findOutputFiles", () => {
  it("finds a file, a directory with everything below it in order, and nothing", async () => {
    const root = directoryWith(["out/b", "out/a/z", "out/a/.hidden", "out/c d", "single"]);
    const file = (member: string) => ({ member, file: join(root, "out", member) });
    expect(await findOutputFiles(root, "/single")).toEqual({ kind: "found", files: [{ member: "", file: join(root, "single") }] });
    expect(await findOutputFiles(root, "out")).toEqual({ kind: "found", files: [file("a/.hidden"), file("a/z"), file("b"), file("c d")] });
    expect(await findOutputFiles(root, "/nothing")).toEqual({ kind: "missing" });
    expect(await findOutputFiles(root, "single/below")).toEqual({ kind: "missing" });
  });

  it("finds an empty directory", async () => {
    const root = directoryWith([]);
    mkdirSync(join(root, "out"));
    expect(await findOutputFiles(root, "/out")).toEqual({ kind: "found", files: [] });
  });

  it("follows links that stay inside", async () => {
    const root = directoryWith(["data/x", "data/y"]);
    mkdirSync(join(root, "out"));
    symlinkSync("../data/x", join(root, "out/file"));
    symlinkSync(join(root, "data"), join(root, "out/all"));
    expect(await findOutputFiles(root, "out")).toEqual({
      kind: "found",
      files: [
        { member: "all/x", file: join(root, "data/x") },
        { member: "all/y", file: join(root, "data/y") },
        { member: "file", file: join(root, "data/x") },
      ],
    });
  });

  it.each([
    ["to a file outside", "/etc/passwd", "leaves"],
    ["to a directory outside", "/etc", "leaves"],
    ["to a sibling with the same beginning", "../../root-other", "leaves"],
    ["to the directory it lies in", ".", "above itself"],
    ["to nowhere", "nowhere", "nowhere"],
    ["to itself", "link", "nowhere"],
  ])("refuses a link %s", async (_, target, why) => {
    const root = directoryWith(["out/ok"]);
    mkdirSync(`${root}-other`);
    symlinkSync(target, join(root, "out/link"));
    const search = await findOutputFiles(root, "/out");
    expect(search).toMatchObject({ kind: "refused", what: expect.stringContaining(why) });
    expect(search).toMatchObject({ what: expect.stringContaining('"link"') });
  });

  it("refuses an output that is itself a link out, also by way of a directory above it", async () => {
    const root = directoryWith([]);
    symlinkSync("/etc", join(root, "etc"));
    expect(await findOutputFiles(root, "etc")).toMatchObject({ kind: "refused" });
    expect(await findOutputFiles(root, "etc/passwd")).toMatchObject({ kind: "refused" });
  });

  it("refuses a pipe instead of waiting for it", async () => {
    const root = directoryWith(["out/ok"]);
    execFileSync("mkfifo", [join(root, "out/pipe")]);
    expect(await findOutputFiles(root, "out")).toMatchObject({ kind: "refused", what: expect.stringContaining("neither") });
  });

  it("refuses a path that climbs", async () => {
    await expect(findOutputFiles(directoryWith([]), "../x")).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
  });
});
