import { explain } from "../core/placement/explain.js";
import type { OutputArtifact } from "../model/artifact.js";
import type { AttemptRow } from "../model/attempt.js";
import type { DecisionRecord } from "../model/decision.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { RunEvent } from "../model/event.js";
import type { Receipt } from "../model/receipt.js";
import { isTerminal, type RunState, type RunStatus } from "../model/run.js";
import type { Workload } from "../model/workload.js";
import type { LogChunk } from "../spec/launch.js";
import { eventStream } from "./event-stream.js";
import { logStream } from "./log-stream.js";
import { receiptOf } from "./receipt-of.js";
import type { SchedulerCore } from "./scheduler-core.js";
import { waitFor } from "./wait-for.js";

/** One file of a result. */
export interface ResultOutput extends OutputArtifact {
  /** Reads the file. @throws ARTIFACT_NOT_FOUND */
  download(): Promise<Uint8Array>;
}

/** An accepted result. */
export interface RunResult {
  readonly runId: string;
  readonly exitCode: number;
  readonly outputs: readonly ResultOutput[];
  /** The file of a declared output that is a single file. @throws ARTIFACT_NOT_FOUND for a path that was not declared */
  output(path: string): ResultOutput;
  /** Attempt that won, and all of them. */
  readonly winner: AttemptRow;
  readonly attempts: readonly AttemptRow[];
  /** What is known of the cost at this moment; `run.settled()` gives the final one. */
  readonly receipt: Receipt;
}

/** How long to wait. */
export interface WaitOptions {
  /** Ends the waiting with WAIT_ABORTED. The run goes on. */
  readonly signal?: AbortSignal;
}

/** A handle on one accepted workload. Cheap to make, safe to drop: the run does not depend on it. */
export class Run {
  readonly id: string;
  readonly #core: SchedulerCore;

  /** @internal Made by the scheduler. */
  constructor(core: SchedulerCore, id: string) {
    this.#core = core;
    this.id = id;
  }

  /** State as of the last commit. @throws RUN_NOT_FOUND */
  async status(): Promise<RunStatus> {
    return (await this.#state()).run.status;
  }

  /** The parsed workload. */
  async workload(): Promise<Workload> {
    return (await this.#state()).run.workload;
  }

  /**
   * Resolves once a result is accepted and its outputs are where they belong. Rejects with the coded error of a run that
   * failed or was cancelled, which says what was tried and spent.
   */
  async result(options: WaitOptions = {}): Promise<RunResult> {
    const state = await waitFor(this.#core, this.id, "ended", options.signal);
    const { run, attempts } = state;
    if (run.status !== "succeeded") {
      const error = run.error ?? new SchedulerError("INVARIANT_BROKEN", "The run ended without an error or a result.").toJSON();
      throw SchedulerError.fromJSON({
        ...error,
        details: { ...error.details, spentUsd: Number(receiptOf(state, this.#core.now()).charged) / 1e9 },
      });
    }
    const winner = attempts.find((attempt) => attempt.number === run.winner);
    if (winner === undefined) throw new SchedulerError("INVARIANT_BROKEN", "The run succeeded without a winner.");
    const outputs = (run.outputs ?? []).map((output): ResultOutput => ({ ...output, download: () => this.#core.download(output) }));
    return {
      runId: this.id,
      exitCode: winner.exitCode ?? 0,
      outputs,
      output: (path) => {
        const found = outputs.find((output) => output.path === path && output.member === "");
        if (found === undefined)
          throw new SchedulerError("ARTIFACT_NOT_FOUND", `The result has no single file for output ${path}.`, { details: { field: path } });
        return found;
      },
      winner,
      attempts,
      receipt: receiptOf(state, this.#core.now()),
    };
  }

  /** Resolves with the final receipt once every lease is released and every charge final. Never rejects because the run failed. */
  async settled(options: WaitOptions = {}): Promise<Receipt> {
    return receiptOf(await waitFor(this.#core, this.id, "settled", options.signal), this.#core.now());
  }

  /** Everything that has happened and happens, from the beginning, until the run has ended, or until it is settled. */
  events(options: WaitOptions & { readonly until?: "ended" | "settled" } = {}): AsyncIterableIterator<RunEvent> {
    return eventStream(this.#core, this.id, options.until ?? "ended", options.signal);
  }

  /** What the latest attempt prints, from its beginning; follows the run to later attempts. */
  logs(options: WaitOptions = {}): AsyncIterableIterator<LogChunk & { readonly attempt: number }> {
    return logStream(this.#core, this.id, options.signal);
  }

  /**
   * Asks for the end of the run: attempts are stopped, leases released. Without effect once a result has been accepted.
   * Resolves with the status that the run ends in; never rejects because there was nothing to cancel.
   */
  async cancel(reason?: string): Promise<RunStatus> {
    return this.#core.cancel(this.id, reason);
  }

  /** Why the run went where it went, for people. */
  async explain(): Promise<string> {
    const [state, decisions] = await Promise.all([this.#state(), this.decisions()]);
    const told = decisions.map((record) => explain(record));
    const { run } = state;
    const end = isTerminal(run.status)
      ? `Run ${run.id} ${run.status}${run.error === undefined ? "" : `: ${run.error.message}`}`
      : `Run ${run.id} is ${run.status}${run.lastError === undefined ? "" : `; last obstacle: ${run.lastError.message}`}`;
    return [...told, end].join("\n\n");
  }

  /** The records behind {@link Run.explain}. */
  decisions(): Promise<readonly DecisionRecord[]> {
    return this.#core.store.decisions(this.id);
  }

  /** What the run has cost so far, line by line. */
  async receipt(): Promise<Receipt> {
    return receiptOf(await this.#state(), this.#core.now());
  }

  /** Every attempt so far, with its outcome. */
  async attempts(): Promise<readonly AttemptRow[]> {
    return (await this.#state()).attempts;
  }

  #state(): Promise<RunState> {
    return this.#core.state(this.id);
  }
}
