import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../scripts/entries.mjs";
import { runChild } from "../setup/child.js";

/** An entry of examples/examples.json. */
interface Example {
  /** Name of the file or folder below `examples`, such as `01-hello-local`. */
  readonly name: string;
  /** What a reader types, such as `npx tsx examples/01-hello-local.ts`. */
  readonly command: string;
  /** Regular expressions that the output has to match, each of them somewhere (flag `m`). */
  readonly expected: readonly string[];
}

const folder = join(root, "examples");
const listed = JSON.parse(readFileSync(join(folder, "examples.json"), "utf8")) as readonly Example[];

describe("examples", () => {
  test("on disk and in examples.json are the same", () => {
    const onDisk = readdirSync(folder)
      .filter((name) => /^\d\d-/.test(name))
      .map((name) => name.replace(/\.ts$/, ""));
    expect(onDisk.length).toBeGreaterThan(0);
    expect(listed.map(({ name }) => name).toSorted()).toEqual(onDisk.toSorted());
  });

  test.each(listed)("$name runs and prints what it should", async ({ command, expected }) => {
    const [runner, tool, file = "", ...args] = command.split(" ");
    expect([runner, tool, existsSync(join(root, file))], command).toEqual(["npx", "tsx", true]);
    expect(expected.length).toBeGreaterThan(0);
    // The same as `npx tsx`, without a second process in between that would survive a kill.
    const { code, stdout, stderr } = await runChild(process.execPath, ["--import", "tsx", file, ...args], { cwd: root });
    const output = `${stdout}\n--- stderr ---\n${stderr}`;
    expect(code, output).toBe(0);
    for (const pattern of expected) expect(output).toMatch(new RegExp(pattern, "m"));
  });
});
