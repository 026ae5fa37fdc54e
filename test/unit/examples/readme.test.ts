import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const file = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");

const readme = file("README.md");
const program = file("examples/01-hello-local.ts");

/** Fenced blocks by their language. */
const block = (language: string): string => new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readme)?.[1] ?? "";

test("the program of the README is the first example, short enough for one screen", () => {
  expect(block("ts")).toBe(program);
  expect(program.trimEnd().split("\n").length).toBeLessThan(25);
});

test("the output that the README shows has the lines that the program prints", () => {
  const output = block("text");
  expect(output).toMatch(/^the answer is 42\nexit code 0, \$0\.\d+ charged\n/);
  expect(output).toMatch(/^local\/this-machine .*\nchosen because its expected cost, \$0\.\d+, is the least of 7 candidates/m);
  expect(output).toMatch(/^rejected because \(1 of 8\):$/m);
});

test("the commands that the README tells a newcomer to type exist", () => {
  const { scripts } = JSON.parse(file("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
  const told = [...readme.matchAll(/^npm ci && npm (?:run )?(\S+)$/gm)].map(([, name]) => name ?? "");
  expect(told).toEqual(["quickstart", "test"]);
  for (const name of told) expect(scripts[name]).toBeDefined();
});
