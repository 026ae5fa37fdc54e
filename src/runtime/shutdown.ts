import { SchedulerError } from "../model/errors/scheduler-error.js";
import { isTerminal } from "../model/run.js";
import { parseDurationMs } from "../model/units.js";
import type { OpenScheduler } from "./open-scheduler.js";

/** How a scheduler ends. */
export interface CloseOptions {
  readonly mode?: "drain" | "detach" | "cancel";
  /** How long to wait for runs and leases to end. Default: without limit. */
  readonly timeout?: string | number;
}

/** What was still open when the scheduler stopped waiting. Empty lists mean that nothing is left anywhere. */
export interface CloseReport {
  readonly openRuns: readonly string[];
  readonly openLeases: readonly { readonly backend: string; readonly key: string }[];
}

/** Ends a scheduler in the order that loses nothing: work first, then timers, backends, and the store last. */
export async function shutDown(opened: OpenScheduler, options: CloseOptions): Promise<CloseReport> {
  const { core, claims, reconciler } = opened;
  if (core.closed) return reportOf(opened);
  const mode = options.mode ?? "drain";
  const { engine, context } = core;
  const { host, store } = context.options;
  if (mode === "detach") {
    assertDetachable(opened);
  } else {
    context.warm.close();
    engine.idle.cool();
    if (mode === "cancel") {
      for (const live of [...engine.liveRuns.values()])
        if (!isTerminal(live.state.run.status)) engine.submit(live, { type: "cancel", reason: "The scheduler was closed." });
    }
    await withinLimit(engine.whenIdle(), options.timeout, host);
  }
  const report = reportOf(opened);
  await reconciler.close();
  await claims.close();
  const owned = [...engine.liveRuns.values()].map(({ claim }) => claim);
  engine.close();
  core.tellClosed();
  for (const guarded of context.backends.values()) await guarded.close();
  if (owned.length > 0) await store.acknowledge(owned);
  await context.artifacts.close();
  await store.close();
  return report;
}

function assertDetachable(opened: OpenScheduler): void {
  const { context, engine } = opened.core;
  if (!context.options.store.durable) {
    throw new SchedulerError(
      "INVALID_CONFIG",
      `The ${context.options.store.kind} store forgets its runs with the process: close with "drain" or "cancel", or use a durable store.`,
      { details: { field: "mode" } },
    );
  }
  for (const live of engine.liveRuns.values()) {
    for (const lease of live.state.leases) {
      if (lease.state !== "open" || context.rules.capabilities(lease.backend)?.affinity !== "process") continue;
      throw new SchedulerError(
        "INVALID_CONFIG",
        `Backend "${lease.backend}" ties leases to this process: close with "drain" or "cancel".`,
        { details: { field: "mode", backend: lease.backend } },
      );
    }
  }
}

function reportOf(opened: OpenScheduler): CloseReport {
  const live = [...opened.core.engine.liveRuns.values()];
  return {
    openRuns: live.map(({ id }) => id),
    openLeases: live.flatMap(({ state }) =>
      state.leases.filter(({ state }) => state !== "released" && state !== "absent").map(({ backend, key }) => ({ backend, key })),
    ),
  };
}

function withinLimit(
  work: Promise<void>,
  timeout: string | number | undefined,
  host: { setTimer(ms: number, fire: () => void, options?: { keepAlive?: boolean }): { cancel(): void } },
): Promise<void> {
  if (timeout === undefined) return work;
  const limitMs = timeout === 0 ? 0 : parseDurationMs(timeout, "timeout", "INVALID_CONFIG");
  return new Promise((resolve, reject) => {
    const timer = host.setTimer(limitMs, resolve, { keepAlive: true });
    work.then(
      () => {
        timer.cancel();
        resolve();
      },
      (thrown: unknown) => {
        timer.cancel();
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      },
    );
  });
}
