import type { ConformanceLaunches } from "../../../src/conformance/backend/index.js";

/** The words that simulators on virtual time play instead of running commands. */
export const PLAYED_LAUNCHES: ConformanceLaunches = {
  succeed: () => ["exit", "0"],
  fail: (code) => ["exit", String(code)],
  sleep: (ms) => ["sleep", String(ms)],
  record: (args) => ["exit", "0", ...args],
  print: (text) => ["print", text],
};
