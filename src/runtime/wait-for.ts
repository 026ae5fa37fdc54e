import { listenForAbort } from "../kit/listen-for-abort.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { isTerminal, type RunState } from "../model/run.js";
import type { SchedulerCore } from "./scheduler-core.js";

/**
 * Waits until a run has ended or is settled. Runs of this process tell by themselves; others are looked at whenever the
 * store says that they changed.
 */
export async function waitFor(
  core: SchedulerCore,
  runId: string,
  until: "ended" | "settled",
  signal: AbortSignal | undefined,
): Promise<RunState> {
  const reached = (state: RunState): boolean => (until === "ended" ? isTerminal(state.run.status) : state.run.settled);
  throwIfAborted(signal);
  const now = await core.state(runId);
  if (reached(now)) return now;
  throwIfAborted(signal);
  return new Promise<RunState>((resolve, reject) => {
    const ends: (() => void)[] = [];
    const finish = (settle: () => void): void => {
      for (const end of ends) end();
      settle();
    };
    const look = (): void => {
      core.state(runId).then(
        (state) => {
          if (reached(state)) finish(() => resolve(state));
        },
        (error: unknown) => finish(() => reject(error)),
      );
    };
    ends.push(
      until === "ended"
        ? core.hub.onEnded(runId, (state) => finish(() => resolve(state)))
        : core.hub.onSettled(runId, (state) => finish(() => resolve(state))),
    );
    if (!core.owns(runId)) ends.push(core.store.watch((changed) => void (changed === runId && look())));
    ends.push(
      core.onClosed(() =>
        finish(() =>
          reject(new SchedulerError("SCHEDULER_CLOSED", "The scheduler was closed before the run had ended.", { details: { runId } })),
        ),
      ),
    );
    if (signal !== undefined) ends.push(listenForAbort(signal, () => finish(() => reject(aborted(signal)))));
    // The run may have ended between the first look and the registration.
    look();
  });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

export const aborted = (signal: AbortSignal): SchedulerError =>
  new SchedulerError("WAIT_ABORTED", "The waiting was ended by its signal; the run goes on.", { cause: signal.reason });
