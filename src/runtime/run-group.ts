import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { NanoUsd } from "../model/money.js";
import type { Receipt } from "../model/receipt.js";
import { type GroupRow, isTerminal } from "../model/run.js";
import { Run, type RunResult, type WaitOptions } from "./run.js";
import type { SchedulerCore } from "./scheduler-core.js";

export interface GroupProgress {
  readonly members: number;
  readonly queued: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}

export type MemberResult = { readonly run: Run; readonly status: "succeeded"; readonly result: RunResult } | { readonly run: Run; readonly status: "failed"; readonly error: SchedulerError };

/** Several runs that were accepted together: a fan-out, or the argument of `scheduleAll`. */
export class RunGroup {
  readonly id: string;
  /** In the order in which they were given. */
  readonly runs: readonly Run[];
  readonly #core: SchedulerCore;

  /** @internal Made by the scheduler. */
  constructor(core: SchedulerCore, group: Pick<GroupRow, "id" | "members">) {
    this.#core = core;
    this.id = group.id;
    this.runs = group.members.map((id) => new Run(core, id));
  }

  async progress(): Promise<GroupProgress> {
    const count = { members: this.runs.length, queued: 0, active: 0, succeeded: 0, failed: 0, cancelled: 0 };
    for (const run of this.runs) {
      const status = await run.status();
      count[status === "promoting" ? "active" : status] += 1;
    }
    return count;
  }

  /** Progress now, and again whenever a member ends, until all have. */
  async *progressed(options: WaitOptions = {}): AsyncIterableIterator<GroupProgress> {
    let last = -1;
    for (;;) {
      const progress = await this.progress();
      const ended = progress.succeeded + progress.failed + progress.cancelled;
      if (ended !== last) yield progress;
      last = ended;
      if (ended >= progress.members || this.#core.closed) return;
      await this.#nextEnd(options.signal);
    }
  }

  /** Outcome of every member, in order. Never rejects because a member failed. */
  async settledResults(options: WaitOptions = {}): Promise<readonly MemberResult[]> {
    return Promise.all(
      this.runs.map(async (run): Promise<MemberResult> => {
        try {
          return { run, status: "succeeded", result: await run.result(options) };
        } catch (thrown) {
          if (!SchedulerError.isInstance(thrown) || thrown.code === "WAIT_ABORTED" || thrown.code === "SCHEDULER_CLOSED") throw thrown;
          return { run, status: "failed", error: thrown };
        }
      }),
    );
  }

  /** Results of all members in order. Rejects with the first failure once all have ended. */
  async results(options: WaitOptions = {}): Promise<readonly RunResult[]> {
    const all = await this.settledResults(options);
    return all.map((member) => {
      if (member.status === "failed") throw member.error;
      return member.result;
    });
  }

  /** Final receipts of all members and their sum. */
  async settled(options: WaitOptions = {}): Promise<{ readonly receipts: readonly Receipt[]; readonly charged: NanoUsd }> {
    const receipts = await Promise.all(this.runs.map((run) => run.settled(options)));
    return { receipts, charged: receipts.reduce((sum, receipt) => sum + receipt.charged, 0n) };
  }

  /** Cancels every member that has no accepted result yet. */
  async cancel(reason?: string): Promise<void> {
    await Promise.all(this.runs.map((run) => run.cancel(reason)));
  }

  async #nextEnd(signal: AbortSignal | undefined): Promise<void> {
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal?.reason);
    if (signal?.aborted) abort.abort(signal.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const open: Run[] = [];
      for (const run of this.runs) if (!isTerminal(await run.status())) open.push(run);
      if (open.length === 0) return;
      await Promise.race(open.map((run) => run.result({ signal: abort.signal }).then(noop, rethrowWaiting)));
    } finally {
      signal?.removeEventListener("abort", onAbort);
      abort.abort();
    }
  }
}

const noop = (): void => {};

function rethrowWaiting(thrown: unknown): void {
  if (SchedulerError.isInstance(thrown) && thrown.code === "WAIT_ABORTED") throw thrown;
}
