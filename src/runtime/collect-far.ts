import { type AttemptPlaces, keptUri } from "../data/staging/index.js";
import {
  type ExpectedManifest,
  MAX_MANIFEST_BYTES,
  manifestFailure,
  manifestFromLog,
  parseManifest,
  runnerExit,
  runnerNonce,
} from "../kit/runner/index.js";
import type { OutputArtifact, ResultManifest } from "../model/artifact.js";
import type { AttemptRow } from "../model/attempt.js";
import { failureOf, SchedulerError, type SerializedError } from "../model/errors/scheduler-error.js";
import type { LeaseRow } from "../model/lease.js";
import type { RunRow } from "../model/run.js";
import { decodeUtf8 } from "../model/utf8.js";
import type { ArtifactStore } from "../spec/artifact-store.js";
import type { EngineContext } from "./engine-context.js";
import type { GuardedBackend } from "./guard.js";
import { checkedArchive } from "./output-archives.js";
import { runnerManifest } from "./runner-status.js";
import { digestOf, readSmall } from "./stored-bytes.js";

/** What was found of an attempt. A manifest with an error: the command or its staging failed, and that is how. */
export interface Found {
  readonly manifest?: ResultManifest;
  readonly error?: SerializedError;
}

/** How much of a log is looked through for a manifest, characters from its end. */
const LOG_CHARACTERS = 3 * MAX_MANIFEST_BYTES;
/** How long a log is waited for, ms. */
const LOG_MS = 15_000;

/**
 * Finds the result of an attempt whose machine moved its files by itself: the manifest in the artifact store, else from the runner's status
 * page, else in the log. It is the claim of a stranger's machine. What it says of outputs is believed only once copies that no node can
 * change have been compared with it.
 *
 * @param endpoint the runner's address, if a report has named one
 */
export async function collectFar(
  context: EngineContext,
  guarded: GuardedBackend,
  run: RunRow,
  attempt: AttemptRow,
  lease: LeaseRow,
  endpoint: string | undefined,
): Promise<Found> {
  const declared = Object.keys(run.workload.outputs);
  const places = context.artifacts.farPlaces(run.id, attempt.key, declared);
  const expected: ExpectedManifest = { nonce: runnerNonce(context.namespace, attempt.key, context.options.host), places: places.outputs };
  const manifest =
    (await storedManifest(context, places, expected)) ??
    (endpoint === undefined ? undefined : await runnerManifest(context, attempt, endpoint, expected)) ??
    (await loggedManifest(context, guarded, lease, expected));
  if (manifest === undefined) return withoutManifest(attempt);
  const error = manifestFailure(manifest);
  // Only what an accepted result consists of is kept.
  if (error !== undefined) return { manifest: { ...manifest, outputs: [] }, error };
  const missing = declared.find(
    (path) => run.workload.outputs[path]?.optional !== true && !manifest.outputs.some((output) => output.path === path),
  );
  if (missing !== undefined) {
    return {
      error: failureOf("STAGING_FAILED", `The node claims success without the output ${missing}.`, {
        details: { attempt: attempt.number },
      }),
    };
  }
  const outputs: OutputArtifact[] = [];
  for (const output of manifest.outputs) {
    const isWanted = run.workload.outputs[output.path]?.encryptTo !== undefined;
    if (isWanted !== (output.encrypted !== undefined)) throw notEncrypted(output);
    outputs.push(await keep(context, places, declared.indexOf(output.path), output));
  }
  return { manifest: { ...manifest, outputs } };
}

async function storedManifest(
  context: EngineContext,
  places: AttemptPlaces,
  expected: ExpectedManifest,
): Promise<ResultManifest | undefined> {
  const { host } = context.options;
  const bytes = await readSmall(context.artifacts.farWorkspace, places.manifest, MAX_MANIFEST_BYTES, { host });
  return bytes === undefined ? undefined : parseManifest(bytes, expected);
}

/** Copies first and compares then: the node's URL still works, so that what was compared in place could be changed afterwards. */
async function keep(context: EngineContext, places: AttemptPlaces, index: number, output: OutputArtifact): Promise<OutputArtifact> {
  const { host } = context.options;
  const store = context.artifacts.farWorkspace;
  const uri = keptUri(places.prefix, index, output);
  try {
    await store.copy(output.uri, uri, { host });
  } catch (thrown) {
    if (!SchedulerError.isInstance(thrown) || thrown.code !== "ARTIFACT_NOT_FOUND") throw thrown;
    throw mismatch(output, "is not in the artifact store, although the node claims to have stored it");
  }
  const kept = await checked(context, store, { ...output, uri });
  if (kept !== undefined) return kept;
  await store.remove(uri, { host });
  throw mismatch(output, "is not what the node claims to have stored");
}

/** The output with what was found out about it; nothing when it is not what is claimed. Of an archive the whole is looked at, whatever the store says. */
async function checked(context: EngineContext, store: ArtifactStore, output: OutputArtifact): Promise<OutputArtifact | undefined> {
  const { host } = context.options;
  if (output.archive !== undefined) return checkedArchive(context, store, output, output.archive);
  const stored = await digestOf(store, output.uri, { host });
  if (stored?.size !== output.size || stored.sha256 !== output.sha256) return undefined;
  if (output.encrypted !== undefined) await requireEncrypted(context, store, output);
  return stored.version === undefined ? output : { ...output, version: stored.version };
}

/** First line of whatever age makes (age-encryption.org/v1). Whether the rest can be decrypted only the owner of the key can tell. */
const AGE_MARK = "age-encryption.org/v1\n";

async function requireEncrypted(context: EngineContext, store: ArtifactStore, output: OutputArtifact): Promise<void> {
  const bytes = await readSmall(store, output.uri, AGE_MARK.length, { host: context.options.host });
  if (bytes !== undefined && decodeUtf8(bytes.subarray(0, AGE_MARK.length)) === AGE_MARK) return;
  await store.remove(output.uri, { host: context.options.host });
  throw notEncrypted(output);
}

const notEncrypted = (output: OutputArtifact): SchedulerError => mismatch(output, "is not stored as it was asked to be: encrypted, or not");

const mismatch = (output: OutputArtifact, what: string): SchedulerError =>
  new SchedulerError("OUTPUT_DIGEST_MISMATCH", `The output ${output.path} ${what}.`, { details: { path: output.path } });

async function loggedManifest(
  context: EngineContext,
  guarded: GuardedBackend,
  lease: LeaseRow,
  expected: ExpectedManifest,
): Promise<ResultManifest | undefined> {
  if (!guarded.backend.capabilities.logs || lease.ref === undefined) return undefined;
  const stop = new AbortController();
  const timer = context.options.host.setTimer(LOG_MS, () => stop.abort(new SchedulerError("BACKEND_TIMEOUT", "The log took too long.")));
  let text = "";
  try {
    for await (const chunk of guarded.logs(lease.ref, stop.signal)) {
      if (chunk.stream !== "stdout") continue;
      text = (text + chunk.text).slice(-LOG_CHARACTERS);
      const found = chunk.text.includes("\n") ? manifestFromLog(text, expected) : undefined;
      if (found !== undefined) return found;
    }
  } catch {
    // A log that cannot be had tells nothing.
  } finally {
    timer.cancel();
    stop.abort(new SchedulerError("WAIT_ABORTED", "The log is not needed any more."));
  }
  return manifestFromLog(text, expected);
}

/** The platform's own word has to do. */
function withoutManifest(attempt: AttemptRow): Found {
  const { error, exitCode } = attempt;
  if (error !== undefined && error.code !== "WORKLOAD_FAILED") return {};
  if (exitCode === undefined) return { error: failureOf("LEASE_LOST", "The container ended without leaving a result.") };
  const code = runnerExit(exitCode) ?? "STAGING_FAILED";
  return { error: failureOf(code, `The container ended with exit code ${exitCode} without leaving a result.`, { details: { exitCode } }) };
}
