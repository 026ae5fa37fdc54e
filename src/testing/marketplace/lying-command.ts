import { execPath } from "node:process";
import type { Launch } from "../../spec/launch.js";

/** The runner's own words in an argument vector: shell, option, script, name. The command follows. */
const RUNNER_WORDS = 4;

/**
 * Runs the command, and afterwards spoils each output before the runner looks at it: all that follows, digests and manifest, is consistent.
 * Knows its orders by position: paths, liar's number, command.
 */
const PROGRAM = `
const { spawnSync } = require("node:child_process");
const { lstatSync, readFileSync, readdirSync, writeFileSync } = require("node:fs");
const [paths, shift, program, ...rest] = process.argv.slice(1);
const { status } = spawnSync(program, rest, { stdio: "inherit" });
function spoil(file) {
  const facts = lstatSync(file, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (facts.isDirectory()) return readdirSync(file).forEach((name) => spoil(file + "/" + name));
  const bytes = readFileSync(file);
  if (bytes.length === 0) return writeFileSync(file, Buffer.from([Number(shift)]));
  bytes[0] = (bytes[0] + Number(shift)) % 256;
  writeFileSync(file, bytes);
}
if (status === 0) for (const path of JSON.parse(paths)) spoil(path.startsWith("/") ? process.env.SPILLWAY_ROOT + path : path);
process.exit(status ?? 1);
`;

/** The argument vector of a wrapped launch on a node that hands over wrong results. Liars of the same name tell the same lie. */
export function lyingCommand(launch: Launch, liar: string): readonly string[] {
  const job = launch.secrets["SPILLWAY_JOB"]?.reveal() ?? "";
  const paths = job
    .split("\n")
    .filter((line) => line.startsWith("out "))
    .map((line) => line.split(" ").slice(4).join(" "));
  let shift = 0;
  for (const character of liar) shift = (shift * 31 + (character.codePointAt(0) ?? 0)) % 255;
  const { argv } = launch;
  return [...argv.slice(0, RUNNER_WORDS), execPath, "-e", PROGRAM, JSON.stringify(paths), String(shift + 1), ...argv.slice(RUNNER_WORDS)];
}
