import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodeIn, toNodeCommand } from "../../../../src/backends/golem/command.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import { Secret } from "../../../../src/model/secret.js";
import { fc } from "../../../support/property.js";

const launch = (parts: object) => ({ key: "ns-1", argv: ["prog"], env: {}, secrets: {}, ...parts });

/** Runs a node command on this machine, without any environment of its own. */
function run({ entryPoint, args }: { readonly entryPoint: string; readonly args: readonly string[] }): string {
  return execFileSync(entryPoint, args, { env: { PATH: "/usr/bin:/bin" }, encoding: "utf8" });
}

describe("one command", () => {
  test("an absolute path without environment needs no shell", () => {
    expect(toNodeCommand(launch({ argv: ["/bin/work", "a b", "$x"] }), "golem", undefined)).toEqual({
      entryPoint: "/bin/work",
      args: ["a b", "$x"],
    });
  });

  test("a program that has to be looked up goes through the shell, its arguments untouched", () => {
    const { entryPoint, args } = toNodeCommand(launch({ argv: ["printf", "%s|", "a b", "$HOME", "", "it's"] }), "golem", undefined);
    expect(entryPoint).toBe("/bin/sh");
    expect(run({ entryPoint, args })).toBe("a b|$HOME||it's|");
  });

  test("any values of variables and arguments arrive as they are", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 }).filter((value) => !value.includes("\0"));
    fc.assert(
      fc.property(text, text, (value, argument) => {
        const command = toNodeCommand(
          launch({ argv: ["sh", "-c", 'printf "%s\\n%s" "$V" "$1"', "sh", argument], env: { V: value } }),
          "golem",
          "/w",
        );
        expect(run(command)).toBe(`${value}\n${argument}`);
      }),
      { numRuns: 40 },
    );
  });

  test("secrets stand in a file that the command reads and removes, and in no argument", () => {
    const directory = mkdtempSync(join(tmpdir(), "spillway-golem-command-"));
    try {
      const secrets = { TOKEN: new Secret("s3cr3t 'quoted' $x") };
      const parts = { argv: ["sh", "-c", 'printf "%s|%s" "$TOKEN" "$PLAIN"'], env: { PLAIN: "p", TOKEN: "shadowed" }, secrets };
      const command = toNodeCommand(launch(parts), "golem", directory);
      expect(JSON.stringify(command.args)).not.toContain("s3cr3t");
      expect(JSON.stringify(command.args)).not.toContain("shadowed");
      if (command.secrets === undefined) throw new Error("There is no file.");
      writeFileSync(command.secrets.path, command.secrets.content);
      expect(run(command)).toBe("s3cr3t 'quoted' $x|p");
      expect(existsSync(command.secrets.path)).toBe(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.each([
    ["secrets", { secrets: { A: new Secret("x") } }],
    ["env", { env: { "A-B": "x" } }],
  ])("refuses %s that cannot be handed over", (field, parts) => {
    const error = thrownBy(() => toNodeCommand(launch(parts), "golem", undefined));
    expect([error.code, error.effect, error.retry, error.details.field]).toEqual(["UNSUPPORTED_WORKLOAD", "none", "elsewhere", field]);
  });
});

test.each([
  ["ExeScript command exited with code 3", 3],
  ["ExeScript command exited with code 137. Stdout: exited", 137],
  ["the machine burnt down", undefined],
])("the exit code of %j is %s", (message, code) => {
  expect(exitCodeIn(message)).toBe(code);
});

function thrownBy(work: () => unknown): SchedulerError {
  try {
    work();
  } catch (error) {
    if (SchedulerError.isInstance(error)) return error;
  }
  throw new Error("Nothing was thrown.");
}
