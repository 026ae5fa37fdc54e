import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type LocalOptions, local } from "../../../src/backends/local/index.js";
import type { BackendConformanceSetup, BackendUnderTest, ConformanceLaunches } from "../../../src/conformance/backend/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";

const RECORD = `
  const entry = { args: process.argv.slice(1), env: { ...process.env } };
  require("node:fs").appendFileSync(process.env.SPILLWAY_ROOT + "/received", JSON.stringify(entry) + "\\n");`;

const WRITE = `
  const [prefix, files, code] = JSON.parse(process.argv[1]);
  for (const [path, text] of Object.entries(files)) {
    const file = (prefix ? process.env[prefix] : "") + path;
    require("node:fs").mkdirSync(require("node:path").dirname(file), { recursive: true });
    require("node:fs").writeFileSync(file, text);
  }
  process.exitCode = code;`;

const CHECK = `
  const [prefix, path, sha256] = JSON.parse(process.argv[1]);
  const bytes = require("node:fs").readFileSync((prefix ? process.env[prefix] : "") + path);
  process.exitCode = require("node:crypto").createHash("sha256").update(bytes).digest("hex") === sha256 ? 0 : 1;`;

const COPY = `
  const [prefix, files] = JSON.parse(process.argv[1]);
  const at = (path) => (prefix ? process.env[prefix] : "") + path;
  for (const [from, to] of Object.entries(files)) {
    require("node:fs").mkdirSync(require("node:path").dirname(at(to)), { recursive: true });
    require("node:fs").copyFileSync(at(from), at(to));
  }`;

const node = (program: string, ...args: readonly string[]): readonly string[] => [process.execPath, "-e", program, "--", ...args];

/** Commands that every POSIX system has. `prefix` names the variable that stands for the root directory of absolute paths. */
export const posixLaunches = (prefix: string): ConformanceLaunches => ({
  succeed: () => ["true"],
  fail: (exitCode) => ["sh", "-c", `exit ${exitCode}`],
  sleep: (ms) => ["sleep", String(ms / 1_000)],
  record: (args) => node(RECORD, ...args),
  print: (text) => ["printf", "%s", text],
  writeOutputs: (files, exitCode) => node(WRITE, JSON.stringify([prefix, files, exitCode])),
  checkInput: (path, sha256) => node(CHECK, JSON.stringify([prefix, path, sha256])),
  copy: (files) => node(COPY, JSON.stringify([prefix, files])),
});

/** Everything that recording commands wrote below a folder. */
export function recordedBelow(folder: string): { args: string[]; env: Record<string, string> }[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name }) => name === "received");
  const lines = files.flatMap(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8").split("\n"));
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Keys of everything that is there: directories of leases, and processes that came from one. */
function openKeys(base: string): ReadonlySet<string> {
  const leases = join(base, "leases");
  const keys = new Set<string>(list(leases).filter((name) => !name.startsWith(".")));
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    const root = read(`/proc/${pid}/environ`)
      .split("\0")
      .find((entry) => entry.startsWith(`SPILLWAY_ROOT=${leases}/`));
    if (root !== undefined) keys.add(root.slice(`SPILLWAY_ROOT=${leases}/`.length).split("/")[0] ?? "");
  }
  return keys;
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** What changes when commands run in containers. */
export interface LocalVariant {
  readonly options?: Partial<LocalOptions>;
  /** Makes what a case needs beside the backend, in an empty directory of its own. */
  readonly world?: (directory: string) => Partial<LocalOptions>;
  readonly prefix: string;
  readonly image?: string;
}

/** `local()` in a directory of its own for each case. */
export function localSetup({ options = {}, world = () => ({}), prefix, image }: LocalVariant): BackendConformanceSetup {
  const optionsIn = (directory: string): LocalOptions => ({
    usdPerHour: 36,
    directory,
    cpu: 8,
    memory: "8GiB",
    timeoutGraceMs: 200,
    ...options,
  });
  const create = async (): Promise<BackendUnderTest> => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "spillway-conformance-")));
    const base = join(directory, "backend");
    const host = systemHost();
    const all = { ...optionsIn(base), ...world(directory) };
    return {
      backend: local(all),
      another: async () => local(all),
      host,
      namespace: { id: "ourown1", secret: host.randomHex(32) },
      openCount: () => openKeys(base).size,
      received: async (key) => {
        const lines = read(join(base, "leases", key, "root/received")).split("\n");
        // The program's own "--" comes first.
        return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
      },
      publish: async (content) => {
        const file = join(directory, createHash("sha256").update(content).digest("hex"));
        writeFileSync(file, content);
        return pathToFileURL(file).href;
      },
      // The stand-in for Docker may still be writing down its last call.
      close: async () => rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
    };
  };
  return {
    kind: "local",
    capabilities: local({ usdPerHour: 36, ...options }).capabilities,
    create,
    demand: { cpu: 1, memoryMiB: 64, diskMiB: 1, image: image !== undefined, interruptible: true, maxLifetimeMs: 14_400_000 },
    launches: posixLaunches(prefix),
    ...(image === undefined ? {} : { image }),
    enforcesTimeout: true,
    limits: { observeMs: 100, lifetimeMs: 1_500, lifetimeSlackMs: 2_000 },
  };
}
