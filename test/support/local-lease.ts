import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LocalOptions, local } from "../../src/backends/local/index.js";
import { piecesOf } from "../../src/kit/transfer/index.js";
import type { OutputArtifact } from "../../src/model/artifact.js";
import type { LeaseRef, LeaseReport } from "../../src/model/lease.js";
import type { Demand, Offer } from "../../src/model/offer.js";
import { systemHost } from "../../src/runtime/system-host.js";
import type { Backend } from "../../src/spec/backend.js";
import type { CallContext } from "../../src/spec/call-context.js";
import type { Launch, OutputPlan, Placement } from "../../src/spec/launch.js";
import { testCallContext } from "../../src/testing/call-context.js";
import { eventually } from "./eventually.js";
import { temporaryDirectory } from "./temporary.js";

export const host = systemHost();
export const namespace = { id: "testns", secret: "ab".repeat(32) };

export const callOf = (more: Partial<CallContext> = {}): CallContext => testCallContext({ host, namespace, ...more });

export const demandOf = (more: Partial<Demand> = {}): Demand => ({
  cpu: 1,
  memoryMiB: 64,
  diskMiB: 1,
  image: false,
  interruptible: true,
  maxLifetimeMs: 60_000,
  ...more,
});

let keys = 0;
/** A key that no other test uses. */
export const newKey = (): string => `${namespace.id}-${process.pid}-${++keys}`;

export const launchOf = (argv: readonly string[], more: Partial<Launch> = {}): Launch => ({
  key: newKey(),
  argv,
  env: {},
  secrets: {},
  resources: { cpu: 1, memoryMiB: 64, diskMiB: 1 },
  inputs: [],
  outputs: [],
  timeoutMs: 60_000,
  maxLifetimeMs: 120_000,
  nonce: "nonce-of-the-launch",
  labels: {},
  ...more,
});

const OFFER: Offer = {
  id: "this-machine",
  backend: "local",
  binding: "firm",
  resources: { cpu: 1, memoryMiB: 64, diskMiB: 1 },
  price: { usdPerHour: 3.6 },
  interruptible: false,
  trust: { operator: "self", certifications: [], agreements: [], tee: [] },
  place: { proof: "claimed" },
  expiresAtMs: Number.MAX_SAFE_INTEGER,
};

export const placementOf = (launch: Launch, more: Partial<Placement> = {}): Placement => ({
  key: launch.key,
  offer: OFFER,
  launch,
  priceCapUsdPerHour: 1_000,
  rank: () => [],
  ...more,
});

export const script = (text: string): readonly string[] => ["sh", "-c", text];

/** A backend in a directory of its own with room for four small leases. 3.60 USD per hour are 0.001 USD per second. */
export function localIn(directory: string, more: Partial<LocalOptions> = {}): Backend {
  return local({ usdPerHour: 3.6, directory, cpu: 4, memory: 4_096, timeoutGraceMs: 300, ...more });
}

/** A backend and its directory, which must be as good as empty when the test is over. */
export function newLocal(more: Partial<LocalOptions> = {}): { backend: Backend; directory: string } {
  const directory = join(temporaryDirectory("local"), "leases of this test");
  return { backend: localIn(directory, more), directory };
}

export async function reportOn(backend: Backend, key: string): Promise<LeaseReport> {
  const [report, ...rest] = await backend.inspect([refOf(backend, key)], callOf());
  if (report === undefined || rest.length > 0) throw new Error("inspect must answer one report per ref");
  return report;
}

export type Status = Extract<LeaseReport, { kind: "status" }>;

export const refOf = (backend: Backend, key: string): LeaseRef => ({ backend: backend.id, key, data: {} });

/** Waits until the lease is in a phase. */
export const inPhase = (backend: Backend, key: string, ...phases: readonly Status["phase"][]): Promise<Status> =>
  eventually(
    async () => {
      const report = await reportOn(backend, key);
      return report.kind === "status" && phases.includes(report.phase) ? report : undefined;
    },
    `phase ${phases.join(" or ")}`,
  );

export const ended = (backend: Backend, key: string): Promise<Status> => inPhase(backend, key, "exited", "ended");

/** Binds a launch and answers its key. */
export async function bind(backend: Backend, launch: Launch, call = callOf()): Promise<string> {
  await backend.bind(placementOf(launch), call);
  return launch.key;
}

/** Releases and waits until it is. */
export const release = (backend: Backend, key: string, graceMs = 0): Promise<true> =>
  eventually(async () => (await backend.release(refOf(backend, key), { graceMs }, callOf())) === "released", "the release");

/** Keeps outputs in memory, under `path|member`. */
export function outputPlan(...paths: (string | { path: string; optional: boolean })[]): OutputPlan & { stored: Map<string, Buffer> } {
  const stored = new Map<string, Buffer>();
  return {
    stored,
    outputs: paths.map((path) => (typeof path === "string" ? { path, optional: false } : path)),
    async put(path, member, body) {
      const parts: Uint8Array[] = [];
      for await (const piece of piecesOf(body)) parts.push(piece);
      const bytes = Buffer.concat(parts);
      stored.set(`${path}|${member}`, bytes);
      return { uri: `memory:${path}/${member}`, sha256: host.sha256(bytes), size: bytes.length };
    },
  };
}

export const outputNames = (outputs: readonly OutputArtifact[]): string[] => outputs.map(({ path, member }) => `${path}|${member}`);

/** What the command printed. */
export async function logsOf(backend: Backend, key: string, stream: "stdout" | "stderr" | "system" = "stdout"): Promise<string> {
  let text = "";
  for await (const chunk of backend.logs?.(refOf(backend, key), callOf()) ?? []) if (chunk.stream === stream) text += chunk.text;
  return text;
}

/** A file with this content, and its URL. */
export function inputFile(content: string | Uint8Array): string {
  const file = join(temporaryDirectory("input"), "input");
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
  return `file://${file}`;
}

/** Waits until the command has printed this. */
export async function untilPrinted(backend: Backend, key: string, text: string): Promise<void> {
  let seen = "";
  for await (const chunk of backend.logs?.(refOf(backend, key), callOf()) ?? []) {
    seen += chunk.text;
    if (seen.includes(text)) return;
  }
  throw new Error(`The command ended without printing ${text}.`);
}

/** What is left in a backend's directory. Nothing may be, but the accounts, once all leases are released. */
export const leftovers = (directory: string): string[] => ["leases", "trash"].flatMap((name) => readdirSync(join(directory, name)));
