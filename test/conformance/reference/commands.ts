import type { ConformanceLaunches } from "../../../src/conformance/backend/index.js";

/** What a command does on a machine of the reference service. */
export interface Program {
  readonly durationMs: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** What a command can see of its machine. */
export interface Machine {
  /** Digest of a file that was staged; `undefined` if there is none. */
  readonly digestOf: (path: string) => string | undefined;
  /** What is in it. */
  readonly bytesOf: (path: string) => Uint8Array | undefined;
}

/** The commands that the reference service's machines understand. */
export const launches: Required<ConformanceLaunches> = {
  succeed: () => ["run", "0", "0"],
  fail: (exitCode) => ["run", "0", String(exitCode)],
  sleep: (ms) => ["run", String(ms), "0"],
  record: (args) => ["record", ...args],
  print: (text) => ["print", text],
  writeOutputs: (files, exitCode) => ["write", String(exitCode), JSON.stringify(files)],
  checkInput: (path, sha256) => ["check", path, sha256],
  copy: (files) => ["copy", JSON.stringify(files)],
};

const nothing: Program = { durationMs: 0, exitCode: 0, stdout: "", files: {} };

/** Works out what a command will do. */
export function interpret([name, first = "", second = ""]: readonly string[], machine: Machine): Program {
  switch (name) {
    case "run":
      return { ...nothing, durationMs: Number(first), exitCode: Number(second) };
    case "record":
      return nothing;
    case "print":
      return { ...nothing, durationMs: 2_000, stdout: `${first}\n` };
    case "write":
      return { ...nothing, exitCode: Number(first), files: mapValues(JSON.parse(second), (text) => new TextEncoder().encode(text)) };
    case "copy": {
      const pairs = Object.entries(JSON.parse(first) as Record<string, string>);
      return { ...nothing, files: Object.fromEntries(pairs.map(([from, to]) => [to, machine.bytesOf(from) ?? new Uint8Array()])) };
    }
    case "check":
      return { ...nothing, exitCode: machine.digestOf(first) === second ? 0 : 1 };
    default:
      return { ...nothing, exitCode: 127 };
  }
}

const mapValues = <V>(record: Readonly<Record<string, string>>, change: (text: string) => V): Record<string, V> =>
  Object.fromEntries(Object.entries(record).map(([name, text]) => [name, change(text)]));
