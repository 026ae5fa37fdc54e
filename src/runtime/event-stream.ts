import type { RunEvent } from "../model/event.js";
import type { SchedulerCore } from "./scheduler-core.js";
import { aborted, throwIfAborted } from "./wait-for.js";

/** Events of a run in order without gaps: first what the store has, then what comes. */
export async function* eventStream(
  core: SchedulerCore,
  runId: string,
  until: "ended" | "settled",
  signal: AbortSignal | undefined,
): AsyncIterableIterator<RunEvent> {
  throwIfAborted(signal);
  await core.state(runId);
  let wake: () => void = () => {};
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const poke = (): void => {
    wake();
    changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
  };
  const ends = [core.store.watch((id) => void (id === runId && poke())), core.onClosed(poke)];
  const onAbort = (): void => poke();
  signal?.addEventListener("abort", onAbort, { once: true });
  let seen = 0;
  try {
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      const next = changed;
      const events = await core.store.events(runId, seen);
      for (const event of events) {
        seen = event.sequence;
        yield event;
        if (event.type === (until === "ended" ? "run-ended" : "run-settled")) return;
      }
      if (events.length > 0) continue;
      if (core.closed) return;
      await next;
    }
  } finally {
    for (const end of ends) end();
    signal?.removeEventListener("abort", onAbort);
  }
}
