import type { LeaseRef } from "../../model/lease.js";
import type { Backend } from "../../spec/backend.js";
import type { Namespace } from "../../spec/call-context.js";
import { must, shown } from "../clause.js";
import type { BackendTrial } from "./trial.js";

interface Seen {
  readonly ref: LeaseRef;
  readonly namespace: Namespace;
}

/**
 * Releases everything that a case made, and checks that it is gone: first what `listLeases` shows, then what the case saw.
 * A case whose clean-up fails has failed, since whatever stays behind costs money in earnest.
 */
export async function cleanUp(trial: BackendTrial, begun: readonly Promise<unknown>[]): Promise<void> {
  trial.underTest.faults?.clear();
  try {
    await trial.time.settle(Promise.all(begun), trial.limits.bindMs + trial.limits.answerMs, "Clean-up: some call of the case");
    const backend = await usableInstance(trial);
    if (backend) {
      await trial.untilVisible();
      for (const { ref, namespace } of await leftOver(trial, backend)) await trial.release(ref, { backend, namespace });
      await nothingLeft(trial, backend);
    }
    for (const instance of trial.instances) await instance.close?.();
  } finally {
    await trial.underTest.close();
  }
}

/** A closed instance may be unable to clean up; then another one does it, where there can be one. */
async function usableInstance(trial: BackendTrial): Promise<Backend | undefined> {
  if (!trial.isClosed) return trial.backend;
  return trial.underTest.another ? trial.another() : undefined;
}

/** Each in its own namespace: a backend may refuse to touch what belongs to another one. */
async function leftOver(trial: BackendTrial, backend: Backend): Promise<readonly Seen[]> {
  const refs = new Map(trial.seen);
  for (const namespace of [trial.namespace, trial.otherNamespace]) {
    for (const ref of await trial.list({ backend, namespace })) refs.set(`${namespace.id}/${ref.key}`, { ref, namespace });
  }
  return [...refs.values()];
}

async function nothingLeft(trial: BackendTrial, backend: Backend): Promise<void> {
  await trial.untilVisible();
  for (const namespace of [trial.namespace, trial.otherNamespace]) {
    const keys = await trial.listedKeys({ backend, namespace });
    must(keys.length === 0, `Clean-up: listLeases still shows ${shown(keys)} after their release.`);
  }
  const count = await trial.openCount();
  must(count === undefined || count === 0, `Clean-up: ${count} things are still open at the other side.`);
}
