import { youngIntervalHours } from "../core/cost/completion.js";
import { jobText, needsJobFile, type RunnerUrls, wrapLaunch } from "../data/runner/index.js";
import type { AttemptPlaces, StagingMode } from "../data/staging/index.js";
import { runnerToken } from "../kit/runner/index.js";
import type { AttemptRow } from "../model/attempt.js";
import type { RunState } from "../model/run.js";
import { Secret } from "../model/secret.js";
import type { CheckpointRequest } from "../model/workload.js";
import type { WriteGrant } from "../spec/artifact-store.js";
import type { Capabilities } from "../spec/capabilities.js";
import type { Launch } from "../spec/launch.js";
import { takeCheckpoint } from "./checkpoints.js";
import type { EngineContext } from "./engine-context.js";

const HOUR_MS = 3_600_000;

/** Least time between two checkpoints that we ask for by ourselves. */
const LEAST_INTERVAL_MS = 60_000;

/** What {@link stageFar} works with. */
export interface FarStaging {
  readonly state: RunState;
  readonly attempt: AttemptRow;
  readonly mode: Extract<StagingMode, "wrapper" | "sidecar">;
  readonly capabilities: Capabilities;
  /** How long the URLs live: as long as the attempt may. */
  readonly ttlMs: number;
}

/**
 * Gives a launch the URLs by which a machine elsewhere stores its results, each for one object of this attempt, and wraps its command where
 * that is how files move. The URLs are in the launch's secrets and nowhere else.
 */
export async function stageFar(context: EngineContext, launch: Launch, staging: FarStaging): Promise<Launch> {
  const { state, attempt, mode, capabilities, ttlMs } = staging;
  const { artifacts, namespace } = context;
  const { host, graceMs } = context.options;
  const store = artifacts.farWorkspace;
  const places = artifacts.farPlaces(state.run.id, attempt.key, Object.keys(state.run.workload.outputs));
  const put = (uri: string, once: boolean): Promise<Grant> => grantTo(context, uri, ttlMs, once);
  const withCheckpoints: Launch = { ...launch, ...(await checkpointPart(context, staging)) };
  const outputs = await Promise.all(
    launch.outputs.map(async (output) => {
      const uri = placeOf(places, output.path);
      return { ...output, uri, ...(await put(uri, true)) };
    }),
  );
  const manifest = await put(places.manifest, true);
  const slots =
    withCheckpoints.checkpoint === undefined
      ? []
      : await Promise.all(
          places.slots.map(async ({ archive, record }) => ({ put: await put(archive, false), recordPut: await put(record, false) })),
        );
  if (mode === "sidecar") {
    const { checkpoint } = withCheckpoints;
    return {
      ...withCheckpoints,
      outputs,
      manifestUrl: manifest.url,
      manifestHeaders: manifest.headers,
      ...(checkpoint === undefined
        ? {}
        : {
            checkpoint: {
              ...checkpoint,
              urls: slots.flatMap((slot) => [slot.put.url, slot.recordPut.url]),
              headers: slots[0]?.put.headers ?? {},
            },
          }),
    };
  }
  const { statusPort, exitCode } = capabilities;
  const urls: RunnerUrls = {
    manifestPut: manifest,
    manifestGet: await store.readUrl(places.manifest, ttlMs, { host }),
    outputs: Object.fromEntries(outputs.map(({ path, url, headers }) => [path, { url, headers }])),
    ...(slots.length === 0 ? {} : { checkpoint: slots }),
    ...(statusPort === undefined ? {} : { status: { port: statusPort, token: new Secret(runnerToken(namespace, attempt.key, host)) } }),
  };
  // A platform that tells exit codes does not start again what has ended, so that there is nothing to hold up.
  const options = { hold: !exitCode, graceMs };
  if (!needsJobFile(withCheckpoints, urls, options)) return wrapLaunch(withCheckpoints, urls, options);
  const job = await store.put(places.job, { bytes: new TextEncoder().encode(jobText(withCheckpoints, urls, options)) }, { host });
  const jobUrl = await store.readUrl(places.job, ttlMs, { host, sha256: job.sha256 });
  return wrapLaunch(withCheckpoints, urls, { ...options, jobFile: { url: jobUrl, sha256: job.sha256 } });
}

const placeOf = (places: AttemptPlaces, path: string): string => places.outputs[path] ?? `${places.prefix}node/unknown`;

type Grant = Pick<WriteGrant, "url" | "headers">;

/**
 * A right to write one object. What ends an attempt is written once, so that neither the node afterwards nor a container that was given up and goes on
 * can replace it; checkpoints replace each other.
 */
async function grantTo(context: EngineContext, uri: string, ttlMs: number, once: boolean): Promise<Grant> {
  const store = context.artifacts.farWorkspace;
  const { host } = context.options;
  if (store.grantWrite !== undefined) {
    const { url, headers } = await store.grantWrite(uri, ttlMs, once ? { once } : {}, { host });
    return { url, headers };
  }
  // One of the two is present, or it would not be the far workspace. A store that enforces a limit by headers has `grantWrite` to tell them.
  return { url: (await store.writeUrl?.(uri, ttlMs, {}, { host })) ?? "", headers: {} };
}

/** The launch's checkpoint part, with the checkpoint that the attempt starts from. */
async function checkpointPart(context: EngineContext, { state, attempt, ttlMs }: FarStaging): Promise<Pick<Launch, "checkpoint">> {
  const { checkpoint } = state.run.workload;
  if (checkpoint === undefined) return {};
  const { host } = context.options;
  const from = await takeCheckpoint(context, state, attempt);
  const everyMs = checkpoint.everyMs ?? intervalMs(context, checkpoint, attempt, state.run.workload.expectedDurationMs);
  if (from === undefined) return { checkpoint: { path: checkpoint.path, everyMs, urls: [] } };
  const url = await context.artifacts.farWorkspace.readUrl(from.uri, ttlMs, { host, sha256: from.sha256 });
  const restore = { path: checkpoint.path, url, sha256: from.sha256, size: from.size };
  return { checkpoint: { path: checkpoint.path, everyMs, restore, urls: [] } };
}

/** Young's interval for the node's hazard; never so long that the work would end without a single checkpoint. */
function intervalMs(context: EngineContext, { costMs }: CheckpointRequest, attempt: AttemptRow, workMs: number): number {
  const { trust, interruptible } = attempt.offer;
  const { hazard } = context.trust.estimate(attempt.node, { operator: trust.operator, interruptible }, context.options.host.now());
  const youngMs = youngIntervalHours(costMs / HOUR_MS, hazard.a / hazard.b) * HOUR_MS;
  return Math.max(LEAST_INTERVAL_MS, Math.min(youngMs, workMs / 2));
}
