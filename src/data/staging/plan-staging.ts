import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { hasFiles, movesFiles } from "../../model/moves-files.js";
import { Secret } from "../../model/secret.js";
import type { Workload } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Launch } from "../../spec/launch.js";
import { needsJobFile, wrapLaunch } from "../runner/index.js";
import { farWorkspace, type StagingStore, storeOf } from "./stores.js";

/**
 * How an attempt's files move.
 *
 * - `none`: there are none, and the backend itself tells how the command ended.
 * - `native`: the backend fetches inputs and hands outputs over.
 * - `sidecar`: the backend runs helpers that use the launch's URLs.
 * - `wrapper`: the command is wrapped by the runner.
 */
export type StagingMode = "none" | "native" | "sidecar" | "wrapper";

/** How files move, or why they cannot. */
export type StagingPlan =
  | { readonly kind: "possible"; readonly mode: StagingMode }
  /** `field`: what of the workload, or of the scheduler's options, stands in the way. */
  | { readonly kind: "impossible"; readonly field: string; readonly message: string; readonly code?: "ENCRYPTION_UNAVAILABLE" };

/** The parts of a workload that staging depends on. */
export type StagedWorkload = Pick<
  Workload,
  "image" | "command" | "env" | "secrets" | "inputs" | "outputs" | "checkpoint" | "timeoutMs" | "resources"
>;

/**
 * Chooses how the files of a workload get to one backend's machines and back. Pure: the same answer at planning, at bind, when the result is
 * fetched, and in another process after a crash.
 */
export function planStaging(
  workload: StagedWorkload,
  capabilities: Pick<Capabilities, "staging" | "exitCode" | "statusPort">,
  stores: readonly StagingStore[],
): StagingPlan {
  const { staging, exitCode } = capabilities;
  const sealed = Object.entries(workload.outputs).find(([, { encryptTo }]) => encryptTo !== undefined)?.[0];
  if (sealed !== undefined && staging !== "wrapper") return cannotEncrypt(sealed);
  if (staging === "native") return { kind: "possible", mode: "native" };
  if (staging === "none") {
    // Checkpoints are a way to lose less; without them the work is only done again.
    if (exitCode && !hasFiles(workload)) return { kind: "possible", mode: "none" };
    return { kind: "impossible", field: "outputs", message: "this backend cannot move files" };
  }
  if (!movesFiles(workload, capabilities)) return { kind: "possible", mode: "none" };
  const obstacle = obstacleFar(workload, stores) ?? (staging === "wrapper" ? obstacleToRunner(workload, capabilities) : undefined);
  return obstacle ?? { kind: "possible", mode: staging };
}

/** Outputs leave the machine encrypted only where the runner sends them. */
const cannotEncrypt = (path: string): Obstacle => ({
  kind: "impossible",
  field: `outputs.${path}.encryptTo`,
  message: `the output ${path} is to be encrypted on the machine, which only backends with \`wrapper\` staging do`,
  code: "ENCRYPTION_UNAVAILABLE",
});

type Obstacle = Extract<StagingPlan, { kind: "impossible" }>;

/** Machines elsewhere need URLs: to read each input, and to write results. */
function obstacleFar(workload: StagedWorkload, stores: readonly StagingStore[]): Obstacle | undefined {
  if (farWorkspace(stores) === undefined) {
    return {
      kind: "impossible",
      field: "artifacts",
      message:
        "results come back through an artifact store that hands out URLs, and none is configured: add one such as `s3({ bucket })` to `artifacts`",
    };
  }
  for (const [path, { uri, sha256 }] of Object.entries(workload.inputs)) {
    const store = storeOf(uri, stores);
    const field = `inputs.${path}`;
    if (store === undefined) return { kind: "impossible", field, message: `no artifact store reads the input ${path}` };
    if (store.needsDigest === true && sha256 === undefined) {
      return { kind: "impossible", field, message: `the input ${path} comes from a place that is not trusted: give its sha256` };
    }
  }
  return undefined;
}

/** Wraps a launch that differs from the real one in nothing but the values of secrets and URLs: whatever the runner refuses, it refuses now. */
function obstacleToRunner(workload: StagedWorkload, capabilities: Pick<Capabilities, "statusPort">): Obstacle | undefined {
  const launch = rehearsal(workload);
  const urls = {
    manifestPut: URL,
    manifestGet: URL,
    outputs: Object.fromEntries(launch.outputs.map(({ path }) => [path, URL])),
    ...(launch.checkpoint === undefined ? {} : { checkpoint: [SLOT, SLOT] }),
    ...(capabilities.statusPort === undefined ? {} : { status: { port: capabilities.statusPort, token: new Secret("") } }),
  };
  try {
    wrapLaunch(launch, urls, needsJobFile(launch, urls) ? { jobFile: { url: URL, sha256: "" } } : {});
    return undefined;
  } catch (thrown) {
    if (!SchedulerError.isInstance(thrown) || thrown.code !== "UNSUPPORTED_WORKLOAD") throw thrown;
    return { kind: "impossible", field: thrown.details.field ?? "image", message: lowerFirst(thrown.message.replace(/\.$/, "")) };
  }
}

const URL = "https://artifacts.invalid/object";
const SLOT = { put: URL, recordPut: URL };

function rehearsal(workload: StagedWorkload): Launch {
  const { checkpoint } = workload;
  return {
    key: "rehearsal",
    ...(workload.image === undefined ? {} : { image: workload.image }),
    argv: workload.command,
    env: workload.env,
    secrets: Object.fromEntries(Object.keys(workload.secrets).map((name) => [name, new Secret("")])),
    resources: workload.resources,
    inputs: Object.keys(workload.inputs).map((path) => ({ path, url: URL })),
    outputs: Object.entries(workload.outputs).map(([path, { optional, encryptTo }]) => ({
      path,
      optional,
      ...(encryptTo === undefined ? {} : { encryptTo }),
    })),
    ...(checkpoint === undefined
      ? {}
      : { checkpoint: { path: checkpoint.path, everyMs: checkpoint.everyMs ?? checkpoint.costMs, urls: [] } }),
    timeoutMs: workload.timeoutMs,
    maxLifetimeMs: workload.timeoutMs,
    nonce: "",
    labels: {},
  };
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
