import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { NanoUsd } from "../model/money.js";
import type { Receipt } from "../model/receipt.js";
import type { GroupRow, RunStatus } from "../model/run.js";
import { Run, type RunResult, type WaitOptions } from "./run.js";
import type { SchedulerCore } from "./scheduler-core.js";
import { throwIfAborted } from "./wait-for.js";

/** Members of a group by status. */
export interface GroupProgress {
  readonly members: number;
  readonly queued: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** How one member ended. */
export type MemberResult =
  | { readonly run: Run; readonly status: "succeeded"; readonly result: RunResult }
  | { readonly run: Run; readonly status: "failed"; readonly error: SchedulerError };

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

  /** How many members are where, now. */
  async progress(): Promise<GroupProgress> {
    const statuses: RunStatus[] = [];
    for (const run of this.runs) statuses.push(await run.status());
    return countOf(statuses);
  }

  /** Progress now, and again whenever a member ends, until all have. */
  async *progressed({ signal }: WaitOptions = {}): AsyncIterableIterator<GroupProgress> {
    const members = new Map(this.runs.map((run) => [run.id, run]));
    const statuses = new Map<string, RunStatus>();
    // Only what has changed is looked at again: groups may be large.
    const changed = new Set(members.keys());
    let wake = (): void => {};
    const poke = (): void => wake();
    const note = (id: string): void => {
      if (!members.has(id)) return;
      changed.add(id);
      wake();
    };
    const ends = [this.#core.store.watch(note), this.#core.onClosed(poke)];
    signal?.addEventListener("abort", poke, { once: true });
    let last = -1;
    try {
      for (;;) {
        throwIfAborted(signal);
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const looked = [...changed];
        changed.clear();
        for (const id of looked) statuses.set(id, (await members.get(id)?.status()) ?? "queued");
        const progress = countOf(statuses.values());
        const ended = progress.succeeded + progress.failed + progress.cancelled;
        if (ended !== last) yield progress;
        last = ended;
        if (ended >= progress.members || this.#core.closed) return;
        if (changed.size === 0) await woken;
      }
    } finally {
      for (const end of ends) end();
      signal?.removeEventListener("abort", poke);
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
}

function countOf(statuses: Iterable<RunStatus>): GroupProgress {
  const count = { members: 0, queued: 0, active: 0, succeeded: 0, failed: 0, cancelled: 0 };
  for (const status of statuses) {
    count.members += 1;
    count[status === "promoting" ? "active" : status] += 1;
  }
  return count;
}
