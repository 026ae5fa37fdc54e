import type { LeaseRef, LeaseReport } from "../model/lease.js";
import type { TimerHandle } from "../spec/host.js";
import type { EngineContext } from "./engine-context.js";
import type { GuardedBackend } from "./guard.js";
import type { LiveRun } from "./live-run.js";

interface Watched {
  readonly live: LiveRun;
  /** Of the lease's row. The reference may carry another one, under which the lease was opened for somebody else. */
  readonly key: string;
  readonly ref: LeaseRef;
  dueMs: number;
  intervalMs: number;
  /** Phase last seen; a change makes the next look come soon. */
  phase: string;
}

interface Watch {
  readonly guarded: GuardedBackend;
  readonly leases: Map<string, Watched>;
  timer: TimerHandle | undefined;
  armedForMs: number;
  asking: boolean;
}

/** Growth of the pause between two looks at a lease in which nothing changes. */
const SLOWER = 1.5;

/**
 * Looks at open leases: many per call, each at its own pace between the backend's bounds. Soon after something changed,
 * rarer while nothing does.
 */
export class Monitor {
  readonly #context: EngineContext;
  readonly #report: (live: LiveRun, report: LeaseReport, askedAtMs: number) => void;
  readonly #watches = new Map<string, Watch>();
  #closed = false;

  constructor(context: EngineContext, report: (live: LiveRun, report: LeaseReport, askedAtMs: number) => void) {
    this.#context = context;
    this.#report = report;
  }

  watch(live: LiveRun, key: string, ref: LeaseRef): void {
    const guarded = this.#context.backends.get(ref.backend);
    if (guarded === undefined || this.#closed) return;
    let watch = this.#watches.get(ref.backend);
    if (watch === undefined) {
      watch = { guarded, leases: new Map(), timer: undefined, armedForMs: Number.POSITIVE_INFINITY, asking: false };
      this.#watches.set(ref.backend, watch);
    }
    const intervalMs = guarded.backend.capabilities.pollMs.least;
    const dueMs = this.#context.options.host.now() + intervalMs;
    watch.leases.set(key, { live, key, ref, dueMs, intervalMs, phase: "" });
    if (dueMs < watch.armedForMs && !watch.asking) this.#armFor(watch, dueMs);
  }

  forget(key: string, backend: string | undefined): void {
    if (backend !== undefined) this.#watches.get(backend)?.leases.delete(key);
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.timer?.cancel();
    this.#watches.clear();
  }

  #arm(watch: Watch): void {
    if (this.#closed || watch.asking) return;
    let soonest = Number.POSITIVE_INFINITY;
    for (const { dueMs } of watch.leases.values()) if (dueMs < soonest) soonest = dueMs;
    this.#armFor(watch, soonest);
  }

  #armFor(watch: Watch, soonest: number): void {
    watch.timer?.cancel();
    watch.timer = undefined;
    watch.armedForMs = soonest;
    if (!Number.isFinite(soonest)) return;
    const { host } = this.#context.options;
    const { least } = watch.guarded.backend.capabilities.pollMs;
    // Leases that fall due within a quarter of the shortest pause are asked about together.
    const delay = Math.max(0, soonest - host.now()) + least / 4;
    watch.timer = host.setTimer(Math.min(delay, 60_000), () => this.#look(watch), { keepAlive: true });
  }

  #look(watch: Watch): void {
    watch.armedForMs = Number.POSITIVE_INFINITY;
    watch.timer = undefined;
    const now = this.#context.options.host.now();
    const { mode } = watch.guarded.backend.capabilities.inspect;
    const due = [...watch.leases.values()].filter((watched) => watched.dueMs <= now);
    if (due.length === 0) {
      this.#arm(watch);
      return;
    }
    watch.asking = true;
    const asked = mode === "sweep" ? [...watch.leases.values()] : due;
    this.#ask(watch, asked).then(
      () => {
        watch.asking = false;
        this.#arm(watch);
      },
      (thrown: unknown) => {
        watch.asking = false;
        this.#context.options.logger.error({ backend: watch.guarded.id, error: String(thrown) }, "The monitor stumbled");
        this.#arm(watch);
      },
    );
  }

  async #ask(watch: Watch, asked: readonly Watched[]): Promise<void> {
    const { inspect } = watch.guarded.backend.capabilities;
    const size = inspect.mode === "ids" ? Math.max(1, inspect.max) : asked.length;
    const batches: Promise<void>[] = [];
    for (let start = 0; start < asked.length; start += size) batches.push(this.#askBatch(watch, asked.slice(start, start + size)));
    await Promise.all(batches);
  }

  async #askBatch(watch: Watch, batch: readonly Watched[]): Promise<void> {
    const { host } = this.#context.options;
    const askedAtMs = host.now();
    let reports: readonly LeaseReport[] = [];
    try {
      reports = await watch.guarded.inspect(batch.map(({ ref }) => ref));
    } catch {
      // Health and log have it already; the leases are looked at again, more slowly.
    }
    const byKey = new Map(reports.map((report) => [report.key, report]));
    const { least, most } = watch.guarded.backend.capabilities.pollMs;
    for (const watched of batch) {
      const report = ofRow(watched, byKey.get(watched.ref.key));
      const phase = report === undefined ? watched.phase : report.kind === "status" ? report.phase : report.kind;
      if (report?.kind === "status" && report.endpoint !== undefined) {
        watched.live.endpoints ??= new Map();
        watched.live.endpoints.set(report.key, report.endpoint);
      }
      const changed = phase !== watched.phase;
      watched.phase = phase;
      watched.intervalMs = changed ? least : Math.min(most, watched.intervalMs * SLOWER);
      watched.dueMs = host.now() + watched.intervalMs;
      if (report !== undefined && watch.leases.get(watched.key) === watched && (changed || isNews(watched, report)))
        this.#report(watched.live, report, askedAtMs);
    }
  }
}

/** The report as the lease's row understands it: on a reused lease, what names no attempt speaks of the one that opened it. */
function ofRow({ key, ref }: Watched, report: LeaseReport | undefined): LeaseReport | undefined {
  if (report === undefined || key === ref.key) return report;
  return report.kind === "status" ? { ...report, key, attempt: report.attempt ?? ref.key } : { ...report, key };
}

/** A report in the same phase is passed on only if something that is kept has changed; anything final always is. */
function isNews(watched: Watched, report: LeaseReport): boolean {
  if (report.kind !== "status") return report.kind === "gone";
  if (report.phase === "exited" || report.phase === "ended") return true;
  const { state } = watched.live;
  const lease = state.leases.find(({ key }) => key === report.key);
  if (report.charge !== undefined && report.charge.amount !== lease?.charge?.amount) return true;
  const attempt = state.attempts.find(({ key }) => key === report.key);
  return report.node?.node !== undefined && report.node.node !== attempt?.node.node;
}
