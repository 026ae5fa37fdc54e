import { MAX_RECORD_BYTES, parseCheckpointRecord, runnerNonce } from "../kit/runner/index.js";
import type { AttemptRow } from "../model/attempt.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { RunState } from "../model/run.js";
import { decodeUtf8 } from "../model/utf8.js";
import type { EngineContext } from "./engine-context.js";
import { isFar, stagingOf } from "./staging-of.js";
import { digestOf, readSmall, type StoredDigest } from "./stored-bytes.js";

/** A checkpoint from which an attempt can start. */
export interface Checkpoint extends StoredDigest {
  readonly uri: string;
  /** Work that it holds, as time on the reference machine, by the clock of the node that wrote it. */
  readonly workDoneMs: number;
}

/**
 * Checkpoints of a run that the given attempt left behind, best first: those that it wrote, latest first, then the one it started from. What
 * a record says is a claim; size and digest are checked when a checkpoint is taken.
 */
export async function checkpointsOf(context: EngineContext, state: RunState, number: number): Promise<readonly Checkpoint[]> {
  const attempt = state.attempts[number - 1];
  if (attempt === undefined || !writesCheckpoints(context, state, attempt)) return [];
  const { artifacts, namespace } = context;
  const { host } = context.options;
  const store = artifacts.farWorkspace;
  const places = artifacts.farPlaces(state.run.id, attempt.key, []);
  const nonce = runnerNonce(namespace, attempt.key, host);
  const start = await startOf(context, places.restore);
  const found: (Checkpoint & { readonly sequence: number })[] = [];
  for (const { archive, record } of places.slots) {
    const bytes = await readSmall(store, record, MAX_RECORD_BYTES, { host });
    const claim = bytes === undefined ? undefined : readable(() => parseCheckpointRecord(bytes, nonce));
    if (claim === undefined) continue;
    const stat = await store.stat(archive, { host });
    if (stat?.size !== claim.size) continue;
    const workDoneMs = (start?.workDoneMs ?? 0) + workedMs(attempt, claim.writtenAtMs);
    found.push({ uri: archive, sha256: claim.sha256, size: claim.size, workDoneMs, sequence: claim.sequence });
  }
  found.sort((a, b) => b.sequence - a.sequence);
  return start === undefined ? found : [...found, start];
}

/**
 * Takes the best checkpoint of an earlier attempt over into the places of the next one, where no node can write: a machine that was taken back
 * may still be writing to the old place. Only the copy's digest counts. Nothing when no checkpoint is whole; the work then starts anew.
 */
export async function takeCheckpoint(context: EngineContext, state: RunState, attempt: AttemptRow): Promise<Checkpoint | undefined> {
  if (attempt.after === undefined) return undefined;
  const { artifacts } = context;
  const { host, logger } = context.options;
  const candidates = await checkpointsOf(context, state, attempt.after);
  if (candidates.length === 0) return undefined;
  const store = artifacts.farWorkspace;
  const { restore } = artifacts.farPlaces(state.run.id, attempt.key, []);
  for (const { uri, sha256, size, workDoneMs } of candidates) {
    const copied = await store.copy(uri, restore.archive, { host }).then(
      () => true,
      (thrown: unknown) => {
        if (SchedulerError.isInstance(thrown) && thrown.code === "ARTIFACT_NOT_FOUND") return false;
        throw thrown;
      },
    );
    const stored = copied ? await digestOf(store, restore.archive, { host }) : undefined;
    if (stored?.sha256 !== sha256 || stored.size !== size) {
      logger.warn({ runId: state.run.id, attempt: attempt.after }, "A checkpoint is not what its record says and is not used");
      continue;
    }
    const facts: Facts = { sha256, size, workDoneMs };
    await store.put(restore.facts, { bytes: new TextEncoder().encode(JSON.stringify(facts)) }, { host });
    return { uri: restore.archive, ...facts };
  }
  await store.remove(restore.archive, { host });
  return undefined;
}

/** Work that the next attempt would not have to do again, for its price. 0 when nothing is known. */
export async function workDoneBy(context: EngineContext, state: RunState, number: number): Promise<number> {
  const [best] = await checkpointsOf(context, state, number);
  return best?.workDoneMs ?? 0;
}

type Facts = Omit<Checkpoint, "uri">;

/** The checkpoint that an attempt was started from: written by us. */
async function startOf(
  context: EngineContext,
  restore: { readonly archive: string; readonly facts: string },
): Promise<Checkpoint | undefined> {
  const { host } = context.options;
  const bytes = await readSmall(context.artifacts.farWorkspace, restore.facts, MAX_RECORD_BYTES, { host });
  if (bytes === undefined) return undefined;
  const { sha256, size, workDoneMs } = JSON.parse(decodeUtf8(bytes) ?? "null") as Facts;
  return { uri: restore.archive, sha256, size, workDoneMs };
}

/** Time that an attempt had worked when it wrote a checkpoint, never more than it can have had. */
function workedMs(attempt: AttemptRow, writtenAtMs: number): number {
  const { startedAtMs, endedAtMs } = attempt;
  if (startedAtMs === undefined || endedAtMs === undefined) return 0;
  const elapsedMs = Math.min(Math.max(0, writtenAtMs - startedAtMs), endedAtMs - startedAtMs);
  return elapsedMs * (attempt.offer.speed ?? 1);
}

function writesCheckpoints(context: EngineContext, state: RunState, attempt: AttemptRow): boolean {
  if (state.run.workload.checkpoint === undefined || context.rules.capabilities(attempt.offer.backend) === undefined) return false;
  return isFar(readable(() => stagingOf(context, state.run.workload, attempt.offer.backend)) ?? "none");
}

/** Answers nothing for what cannot be used. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (SchedulerError.isInstance(thrown)) return undefined;
    throw thrown;
  }
}
