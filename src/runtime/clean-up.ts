import { attemptPlaces } from "../data/staging/index.js";
import type { AttemptRow } from "../model/attempt.js";
import { isTerminal, type RunState } from "../model/run.js";
import type { ArtifactStore } from "../spec/artifact-store.js";
import type { EngineContext } from "./engine-context.js";
import { isFar, stagingOf } from "./staging-of.js";

/**
 * Removes what the attempts of a finished run have left in our workspaces and nobody needs any more: outputs of losers, originals of
 * promoted outputs, manifests, checkpoints. Outputs without a destination of their own stay where they are. Idempotent.
 *
 * A node whose URLs still work may write again afterwards; a lifetime rule of the bucket takes care of that.
 */
export async function cleanUp(context: EngineContext, state: RunState): Promise<void> {
  const { run, attempts } = state;
  if (!isTerminal(run.status)) return;
  const kept = new Set((run.outputs ?? []).map(({ uri }) => uri));
  for (const attempt of attempts) {
    const store = workspaceOf(context, state, attempt);
    if (store === undefined) continue;
    const { prefix } = attemptPlaces(store.workspace ?? "", run.id, attempt.key);
    await removeBelow(context, store, prefix, kept);
  }
}

/** What `scheduler.erase` did. */
export interface Erasure {
  /** Objects that were removed. */
  readonly removed: number;
  /** Ids of stores that do not give bytes up when an object is removed, because they keep versions or copies. */
  readonly notErasable: readonly string[];
}

/**
 * Removes everything that was stored for a run: whatever lies below its prefix in any workspace, and its promoted outputs.
 * Copies of inputs are shared between runs by their digest and stay.
 */
export async function eraseRun(context: EngineContext, state: RunState): Promise<Erasure> {
  const { host } = context.options;
  const notErasable = new Set<string>();
  let removed = 0;
  const note = (store: ArtifactStore): void => {
    if (store.erasable === false) notErasable.add(store.id);
  };
  for (const { uri } of state.run.outputs ?? []) {
    const store = context.artifacts.storeFor(uri);
    if ((await store.stat(uri, { host })) === undefined) continue;
    await store.remove(uri, { host });
    removed += 1;
    note(store);
  }
  for (const store of context.artifacts.stores) {
    if (!store.write || store.workspace === undefined) continue;
    const found = await removeBelow(context, store, `${store.workspace}${state.run.id}/`, new Set());
    removed += found;
    if (found > 0) note(store);
  }
  return { removed, notErasable: [...notErasable] };
}

/** Where an attempt may have left something that is not wanted. Nothing to look for: it stored nothing, or exactly what is kept. */
function workspaceOf(context: EngineContext, { run }: RunState, attempt: AttemptRow): ArtifactStore | undefined {
  if (attempt.boundAtMs === undefined || context.rules.capabilities(attempt.offer.backend) === undefined) return undefined;
  const mode = stagingOf(context, run.workload, attempt.offer.backend);
  if (isFar(mode)) return context.artifacts.farWorkspace;
  const outputs = Object.values(run.workload.outputs);
  if (mode !== "native" || outputs.length === 0) return undefined;
  const isKept = attempt.number === run.winner && outputs.every(({ uri }) => uri === undefined);
  return isKept ? undefined : context.artifacts.workspace;
}

async function removeBelow(context: EngineContext, store: ArtifactStore, prefix: string, kept: ReadonlySet<string>): Promise<number> {
  const { host } = context.options;
  let removed = 0;
  for (const uri of await store.list(prefix, { host })) {
    if (kept.has(uri)) continue;
    await store.remove(uri, { host });
    removed += 1;
  }
  for (const upload of (await store.parted?.list(prefix, { host })) ?? []) await store.parted?.abort(upload, { host });
  return removed;
}
