import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, inject, test } from "vitest";
import { markdownPages } from "../../scripts/docs-tables.js";
import { root } from "../../scripts/entries.mjs";
import { type Complaint, compile } from "../setup/compile.js";
import { writeProjectFile } from "../setup/project-file.js";
import { asFile, escaping, isCompiled } from "./code-blocks.js";
import { type CodeBlock, codeBlocks } from "./markdown.js";

const { project } = inject("installedPackage");
const blocks = markdownPages().flatMap(codeBlocks);

/** Lets examples import the SDKs; `spillway` itself comes from the tarball, one folder up. */
function linkSdks(): void {
  const own = join(root, "node_modules");
  const linked = join(project, "docs", "node_modules");
  for (const name of ["@aws-sdk", "@google-cloud", "@golem-sdk", "aws4fetch", "ws", "@types"].filter((name) =>
    readdirSync(own).includes(name),
  )) {
    mkdirSync(dirname(join(linked, name)), { recursive: true });
    symlinkSync(join(own, name), join(linked, name));
  }
}

/** Compiles blocks against the packed declarations; complaints speak of pages. */
function check(checked: readonly CodeBlock[]): Complaint[] {
  const files = new Map(
    checked.map((block, index) => {
      const { text, lineInPage } = asFile(block);
      return [writeProjectFile(project, `docs/block-${index}.ts`, text), { block, lineInPage }];
    }),
  );
  return compile([...files.keys()], (file) => files.has(file)).map((complaint) => {
    const origin = files.get(complaint.file);
    return origin ? { ...complaint, file: origin.block.page, line: origin.lineInPage(complaint.line) } : complaint;
  });
}

/** Blocks with mistakes, which have to be found: a check that finds nothing proves nothing. */
const WRONG: readonly CodeBlock[] = [
  { page: "wrong/whole.md", line: 10, info: "ts", text: 'import { nothing } from "spillway";\n\nconst n: number = "text";' },
  {
    page: "wrong/part.md",
    line: 20,
    info: "ts fragment",
    text: 'import { SchedulerError } from "spillway";\nSchedulerError.isInstance(run);\nconst n: number = await Promise.resolve("text");',
  },
];

linkSdks();
const compiled = blocks.filter(isCompiled);
const complaints = check([...compiled, ...WRONG]);
const isWrong = ({ file }: Complaint): boolean => file.startsWith("wrong/");

test("no block escapes the compiler", () => {
  expect(escaping(blocks)).toEqual([]);
  expect(escaping([{ page: "a.md", line: 3, info: "ts no-check", text: "" }])).toEqual([
    'a.md:3: "ts no-check": use "ts" or "ts fragment"',
  ]);
});

test("every TypeScript block of the documentation compiles against the packed package", () => {
  expect(compiled.length).toBeGreaterThan(0);
  expect(complaints.filter((complaint) => !isWrong(complaint))).toEqual([]);
});

test("a mistake is reported with its page and line", () => {
  const places = complaints.filter(isWrong).map(({ file, line }) => `${file}:${line}`);
  expect(places).toEqual(["wrong/whole.md:11", "wrong/whole.md:13", "wrong/part.md:23"]);
});
