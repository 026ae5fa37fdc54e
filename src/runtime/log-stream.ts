import type { LeaseRow } from "../model/lease.js";
import { isTerminal } from "../model/run.js";
import type { LogChunk } from "../spec/launch.js";
import type { SchedulerCore } from "./scheduler-core.js";
import { throwIfAborted } from "./wait-for.js";

/** Logs of a run: of the latest attempt that has a lease, then of the next one, until the run is over. */
export async function* logStream(
  core: SchedulerCore,
  runId: string,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<LogChunk & { readonly attempt: number }> {
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const ends = core.onClosed(() => abort.abort());
  let done = 0;
  try {
    for (;;) {
      throwIfAborted(signal);
      const state = await core.state(runId);
      const next = state.attempts.findLast((attempt) => attempt.number > done && leaseOf(state.leases, attempt.key)?.ref !== undefined);
      if (next === undefined) {
        if (isTerminal(state.run.status) || core.closed) return;
        await core.changed(runId, abort.signal);
        continue;
      }
      done = next.number;
      const lease = leaseOf(state.leases, next.key);
      const guarded = core.backend(next.offer.backend);
      if (lease?.ref === undefined || guarded === undefined || !guarded.backend.capabilities.logs) continue;
      for await (const chunk of guarded.logs(lease.ref, abort.signal)) yield { ...chunk, attempt: next.number };
    }
  } finally {
    ends();
    signal?.removeEventListener("abort", onAbort);
  }
}

const leaseOf = (leases: readonly LeaseRow[], key: string): LeaseRow | undefined => leases.find((lease) => lease.key === key);
