import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { jobText, type RunnerUrls, type WrapOptions, wrapLaunch } from "../../src/data/runner/index.js";
import { carriersOf } from "../../src/kit/process/index.js";
import { parseManifest } from "../../src/kit/runner/index.js";
import type { ResultManifest } from "../../src/model/artifact.js";
import type { Launch, StagedInput } from "../../src/spec/launch.js";
import { eventually } from "./eventually.js";
import { type ObjectServer, objectServer } from "./object-server.js";
import { temporaryDirectory } from "./temporary.js";

// A container is dozens of processes; on a machine that has other work each of them waits its turn.
vi.setConfig({ testTimeout: 90_000 });

/** What the shell script needs beside a client. Other shells have them as applets. */
const TOOLS = "cat date find ls mkdir mv readlink rm sed setsid sha256sum sleep sort tail tar wc".split(" ");

/** What the commands of the tests need. */
const COMMANDS = "cp echo env ln printf true touch".split(" ");

/** A shell and a client: what an image has to have. */
export interface Lane {
  readonly shell: "dash" | "busybox" | "bash";
  readonly client: "curl" | "wget";
}

/** Where a program lies on this machine, if anywhere. */
export function programPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file) && statSync(file).isFile());
  if (name !== "python3" || found === undefined) return found;
  // What lies in the PATH may be a version manager's script, which works nowhere else.
  return spawnSync(found, ["-c", "import sys; print(sys.executable)"]).stdout.toString().trim() || undefined;
}

/** Combinations of shell and client. `bash` is the `sh` of some distributions. */
const LANES: readonly Lane[] = [
  { shell: "dash", client: "curl" },
  { shell: "busybox", client: "wget" },
  { shell: "bash", client: "curl" },
  { shell: "dash", client: "wget" },
  { shell: "busybox", client: "curl" },
];

const lacks = ({ shell, client }: Lane): readonly string[] => [shell, client].filter((name) => programPath(name) === undefined);

/** Every combination that this machine can show. */
export const lanes = (): readonly Lane[] => LANES.filter((lane) => lacks(lane).length === 0);

/** As few of them as have each shell and each client, for what does not depend on how the two go together. */
export function fewLanes(): readonly Lane[] {
  const chosen: Lane[] = [];
  for (const lane of lanes()) {
    const isNew = (key: keyof Lane) => chosen.every((other) => other[key] !== lane[key]);
    if (isNew("shell") || isNew("client")) chosen.push(lane);
  }
  return chosen;
}

/** Set by scripts/runner-lane.sh, which has installed everything: what is missing is then a failure and not passed over. */
export const isComplete = process.env["RUNNER_LANE"] !== undefined;

/** What this machine cannot show, with the reason. */
export const missingLanes = (): readonly string[] =>
  LANES.filter((lane) => lacks(lane).length > 0).map(
    (lane) => `${lane.shell} with ${lane.client}: ${lacks(lane).join(" and ")} not installed here`,
  );

/** The programs of an image. `without` takes some away, `also` adds some of this machine's. */
export interface ImageOptions {
  readonly lane: Lane;
  readonly without?: readonly string[];
  readonly also?: readonly string[];
}

/** One attempt with its store, its machine's disk, and as many containers as a test starts. */
export class Attempt {
  readonly store: ObjectServer;
  readonly root: string;
  readonly key = "testns-run1-a1";
  readonly nonce = "ab".repeat(32);
  argv: readonly string[] = ["true"];
  env: Record<string, string> = {};
  inputs: StagedInput[] = [];
  outputs: { path: string; optional: boolean; encryptTo?: string }[] = [];
  checkpoint: Omit<NonNullable<Launch["checkpoint"]>, "urls"> | undefined;
  timeoutMs = 600_000;
  maxLifetimeMs = 1_200_000;
  urls: Partial<RunnerUrls> = {};
  /** Whether a container is given a way to ask if the attempt has finished. */
  asks = true;
  options: WrapOptions = { hold: false };
  /** Length of the runner's second, s. */
  tick = "0.02";
  readonly #image: ImageOptions;

  constructor(store: ObjectServer, image: ImageOptions) {
    this.store = store;
    this.root = temporaryDirectory("runner");
    this.#image = image;
    makeImage(this.root, image);
    onTestFinished(() => this.endAll());
  }

  static async on(lane: Lane, image: Omit<ImageOptions, "lane"> = {}): Promise<Attempt> {
    return new Attempt(await objectServer(), { lane, ...image });
  }

  /** Stores bytes and declares them as an input. */
  input(path: string, bytes: Buffer | string, facts: "checked" | "unchecked" = "checked"): void {
    const body = Buffer.from(bytes);
    const name = `in${this.inputs.length}`;
    this.store.objects.set(name, body);
    const url = this.store.url("GET", name);
    this.inputs.push(facts === "checked" ? { path, url, sha256: sha256(body), size: body.length } : { path, url });
  }

  output(path: string, optional = false): void {
    this.outputs.push({ path, optional });
  }

  get launch(): Launch {
    return {
      key: this.key,
      argv: this.argv,
      env: this.env,
      secrets: {},
      resources: { cpu: 1, memoryMiB: 64, diskMiB: 64 },
      inputs: this.inputs,
      outputs: this.outputs,
      ...(this.checkpoint === undefined ? {} : { checkpoint: { ...this.checkpoint, urls: [] } }),
      timeoutMs: this.timeoutMs,
      maxLifetimeMs: this.maxLifetimeMs,
      nonce: this.nonce,
      labels: {},
    };
  }

  get allUrls(): RunnerUrls {
    const { store } = this;
    return {
      manifestPut: store.url("PUT", "manifest"),
      ...(this.asks ? { manifestGet: store.url("GET", "manifest") } : {}),
      outputs: Object.fromEntries(this.outputs.map(({ path }, index) => [path, store.url("PUT", `out${index}`)])),
      ...(this.checkpoint === undefined
        ? {}
        : { checkpoint: [0, 1].map((slot) => ({ put: store.url("PUT", `slot${slot}`), recordPut: store.url("PUT", `record${slot}`) })) }),
      ...this.urls,
    };
  }

  get jobText(): string {
    return jobText(this.launch, this.allUrls, this.options);
  }

  /** Starts a container on this machine's disk. `fresh` takes away what an earlier one left there. */
  start(fresh: "fresh" | "same-disk" = "same-disk"): Container {
    if (fresh === "fresh") {
      rmSync(this.root, { recursive: true });
      mkdirSync(this.root);
      makeImage(this.root, this.#image);
    }
    return new Container(wrapLaunch(this.launch, this.allUrls, this.options), this.root, this.tick);
  }

  async run(): Promise<Ended> {
    return this.start().ended;
  }

  file(path: string): string {
    return join(this.root, path);
  }

  get manifest(): ResultManifest | undefined {
    const bytes = this.store.objects.get("manifest");
    return bytes === undefined ? undefined : parseManifest(bytes, this.expected);
  }

  get expected() {
    return { nonce: this.nonce, places: Object.fromEntries(this.outputs.map(({ path }, index) => [path, `mem:///out${index}`])) };
  }

  /** Everything that was started here and still runs. */
  living(): Promise<readonly number[]> {
    return carriersOf({ name: "SPILLWAY_ROOT", value: this.root });
  }

  async endAll(): Promise<void> {
    await eventually(async () => {
      const pids = await this.living();
      for (const pid of pids) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has ended meanwhile.
        }
      }
      return pids.length === 0;
    }, "the end of every process");
  }
}

/** How a container ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The process that stands for a container: killing it kills the runner only, as its first process; `kill -9` on all is the machine's. */
export class Container {
  readonly ended: Promise<Ended>;
  readonly pid: number;
  readonly #out: Buffer[] = [];
  readonly #err: Buffer[] = [];
  readonly #process: ReturnType<typeof spawn>;
  #over = false;

  constructor({ argv, env, secrets }: Launch, root: string, tick: string) {
    const [program = "", ...rest] = argv;
    const bin = join(root, "bin");
    const child = spawn(join(bin, program), rest, {
      cwd: join(root, "work"),
      env: {
        PATH: bin,
        TMPDIR: join(root, "tmp"),
        ...env,
        ...Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()])),
        SPILLWAY_ROOT: root,
        SPILLWAY_TICK: tick,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    this.pid = child.pid ?? -1;
    child.stdout.on("data", (piece: Buffer) => this.#out.push(piece));
    child.stderr.on("data", (piece: Buffer) => this.#err.push(piece));
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      // Not `close`: whatever the command left behind may hold the pipes open.
      child.on("exit", (code, signal) => {
        this.#over = true;
        setImmediate(() => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
      });
    });
  }

  get over(): boolean {
    return this.#over;
  }

  get stdout(): string {
    return Buffer.concat(this.#out).toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#err).toString();
  }

  /** Nobody reads what it prints any more. */
  closeLog(): void {
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }
}

/** A file system with a shell, a client and nothing else in its PATH. */
function makeImage(root: string, { lane, without = [], also = [] }: ImageOptions): void {
  const bin = join(root, "bin");
  for (const folder of [bin, join(root, "work"), join(root, "tmp")]) mkdirSync(folder);
  const names = [...(lane.shell === "busybox" ? [] : [...TOOLS, ...COMMANDS]), lane.client, ...also];
  const place = (name: string, file: string): void => {
    const program = programPath(name);
    if (program === undefined) throw new Error(`This test needs ${name}, which is not installed here.`);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(program, file);
  };
  place(lane.shell, join(bin, "sh"));
  for (const name of names.filter((name) => !without.includes(name))) place(name, join(bin, name));
  // A busybox that prefers its own applets finds the GNU program by its full path only.
  if (lane.client === "wget" && lane.shell === "busybox" && !without.includes("wget")) place("wget", join(root, "usr/bin/wget"));
}

export const sha256 = (bytes: Buffer): string => {
  const { stdout } = spawnSync("sha256sum", { input: bytes });
  return stdout.toString().slice(0, 64);
};
