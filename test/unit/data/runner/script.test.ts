import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { emitted, moduleText } from "../../../../scripts/embed-runner.mjs";
import { RUNNER_SCRIPT } from "../../../../src/data/runner/script.js";

const folder = fileURLToPath(new URL("../../../../src/data/runner/", import.meta.url));
const source = readFileSync(`${folder}runner.sh`, "utf8");

test("the embedded script is made from runner.sh", () => {
  expect(readFileSync(`${folder}script.ts`, "utf8")).toBe(moduleText(source));
  expect(RUNNER_SCRIPT).toBe(emitted(source));
});

test("nothing in it is replaced by platforms that expand arguments", () => {
  // Kubernetes: a doubled dollar and $(NAME). Nomad: ${NAME}.
  expect(RUNNER_SCRIPT.match(/\$\$|\$\([\w.-]+\)|\$\{[\w.-]+\}/g)).toBeNull();
});

test("it sets no variable that a command could be using", () => {
  // What stands in single quotes is another program's text.
  const code = RUNNER_SCRIPT.replace(/'[^']*'/g, "''");
  const assigned = code.match(/(?<=^|[\s;{(])[A-Za-z_][A-Za-z0-9_]*(?==)/gm) ?? [];
  expect(assigned.length).toBeGreaterThan(50);
  // Stands before one program only.
  expect(assigned.filter((name) => !name.startsWith("spw_"))).toEqual(["LC_ALL"]);
});

test("it fits well into one argument", () => {
  expect(Buffer.byteLength(RUNNER_SCRIPT)).toBeLessThan(16_384);
});
