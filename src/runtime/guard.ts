import PQueue from "p-queue";
import type { ResultManifest } from "../model/artifact.js";
import { ERROR_CODES, type ErrorCode } from "../model/errors/codes.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef, LeaseReport } from "../model/lease.js";
import type { Demand, Offer } from "../model/offer.js";
import type { Backend } from "../spec/backend.js";
import type { CallContext, Namespace } from "../spec/call-context.js";
import type { Host, Logger } from "../spec/host.js";
import type { Intent, Launch, LogChunk, OutputPlan, Placement } from "../spec/launch.js";
import { checkFindings, checkLease, checkOffers, checkReleaseAnswer, checkReports } from "./answer-checks.js";

export interface GuardDependencies {
  readonly host: Host;
  readonly logger: Logger;
  readonly namespace: Namespace;
}

/** How a backend has been doing, as seen from here. */
export interface BackendHealth {
  readonly backend: string;
  readonly state: "ok" | "failing" | "unauthorized";
  readonly consecutiveFailures: number;
  readonly lastError?: { readonly code: ErrorCode; readonly message: string; readonly atMs: number };
}

const READ_MS = 30_000;
const RELEASE_MS = 60_000;
const COLLECT_MS = 600_000;

/**
 * A backend as the runtime calls it: every verb gets a deadline, an abort signal, a place in the queue, a check of its
 * answer and coded errors. The guard never repeats a verb.
 */
export class GuardedBackend {
  readonly backend: Backend;
  readonly #deps: GuardDependencies;
  readonly #verbs: PQueue;
  readonly #aborts = new Set<AbortController>();
  #failures = 0;
  #lastError: BackendHealth["lastError"];

  constructor(backend: Backend, deps: GuardDependencies) {
    this.backend = backend;
    this.#deps = deps;
    this.#verbs = new PQueue({ concurrency: Math.max(1, backend.capabilities.limits.concurrency) });
  }

  get id(): string {
    return this.backend.id;
  }

  get health(): BackendHealth {
    const state = this.#failures === 0 ? "ok" : this.#lastError?.code === "BACKEND_AUTH_FAILED" ? "unauthorized" : "failing";
    return {
      backend: this.id,
      state,
      consecutiveFailures: this.#failures,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  listOffers(demand: Demand): Promise<readonly Offer[]> {
    return this.#call("listOffers", READ_MS, async (call) => checkOffers(this.backend, await this.backend.listOffers(demand, call)));
  }

  bind(placement: Placement, progress: CallContext["progress"]): Promise<Lease> {
    const limitMs = this.backend.capabilities.bindMs;
    return this.#call(
      "bind",
      limitMs,
      async (call) => checkLease(this.backend, placement, await this.backend.bind(placement, call)),
      progress,
    );
  }

  find(intents: readonly Intent[]): Promise<readonly Finding[]> {
    return this.#call("find", READ_MS, async (call) => checkFindings(this.backend, intents, await this.backend.find(intents, call)));
  }

  inspect(leases: readonly LeaseRef[]): Promise<readonly LeaseReport[]> {
    return this.#call("inspect", READ_MS, async (call) => checkReports(this.backend, leases, await this.backend.inspect(leases, call)));
  }

  release(lease: LeaseRef, graceMs: number): Promise<"released" | "pending"> {
    return this.#call("release", RELEASE_MS + graceMs, async (call) =>
      checkReleaseAnswer(this.backend, await this.backend.release(lease, { graceMs }, call)),
    );
  }

  listLeases(): Promise<readonly LeaseRef[]> {
    return this.#call("listLeases", READ_MS, (call) => this.backend.listLeases(call));
  }

  /** Runs another launch on an idle lease. */
  start(lease: LeaseRef, launch: Launch): Promise<void> {
    return this.#call("start", this.backend.capabilities.bindMs, (call) => {
      if (this.backend.start === undefined)
        throw new SchedulerError("PLUGIN_CONTRACT_VIOLATION", `Backend "${this.id}" declares reuse but has no start().`);
      return this.backend.start(lease, launch, call);
    });
  }

  collect(lease: LeaseRef, outputs: OutputPlan): Promise<ResultManifest> {
    return this.#call("collect", COLLECT_MS, (call) => {
      if (this.backend.collect === undefined)
        throw new SchedulerError("PLUGIN_CONTRACT_VIOLATION", `Backend "${this.id}" declares native staging but has no collect().`);
      return this.backend.collect(lease, outputs, call);
    });
  }

  logs(lease: LeaseRef, signal: AbortSignal): AsyncIterable<LogChunk> {
    if (this.backend.logs === undefined)
      throw new SchedulerError("UNSUPPORTED_WORKLOAD", `Backend "${this.id}" offers no logs.`, { details: { backend: this.id } });
    return this.backend.logs(lease, this.#context(signal, Number.MAX_SAFE_INTEGER, noProgress));
  }

  /** Ends what is under way here; leases stay. */
  async close(): Promise<void> {
    for (const abort of this.#aborts) abort.abort(new SchedulerError("SCHEDULER_CLOSED", "The scheduler was closed."));
    this.#verbs.clear();
    await this.backend.close?.();
  }

  #context(signal: AbortSignal, deadlineMs: number, progress: CallContext["progress"]): CallContext {
    const { host, logger, namespace } = this.#deps;
    return { signal, deadlineMs, namespace, logger, host, progress };
  }

  async #call<T>(
    verb: string,
    limitMs: number,
    run: (call: CallContext) => Promise<T>,
    progress: CallContext["progress"] = noProgress,
  ): Promise<T> {
    const { host, logger } = this.#deps;
    const work = async (): Promise<T> => {
      const abort = new AbortController();
      this.#aborts.add(abort);
      const deadlineMs = host.now() + limitMs;
      let expire: (error: SchedulerError) => void = () => {};
      const expired = new Promise<never>((_, reject) => {
        expire = reject;
      });
      const timer = host.setTimer(limitMs, () => {
        const effect = verb === "bind" || verb === "start" || verb === "release" ? "unknown" : "none";
        const error = new SchedulerError("BACKEND_TIMEOUT", `Backend "${this.id}" did not answer ${verb} within ${limitMs} ms.`, {
          effect,
          details: { backend: this.id },
        });
        expire(error);
        abort.abort(error);
      });
      try {
        const answer = await Promise.race([run(this.#context(abort.signal, deadlineMs, progress)), expired]);
        this.#failures = 0;
        return answer;
      } finally {
        timer.cancel();
        this.#aborts.delete(abort);
      }
    };
    try {
      return await this.#verbs.add(work);
    } catch (thrown) {
      const error = this.#coded(verb, thrown);
      if (ERROR_CODES[error.code].fault === "backend" || ERROR_CODES[error.code].fault === "bug") {
        this.#failures += 1;
        this.#lastError = { code: error.code, message: error.message, atMs: host.now() };
        logger.warn({ backend: this.id, verb, code: error.code }, error.message);
      }
      throw error;
    }
  }

  /** Anything without a code counts as unavailable with unknown effect; a foreign message may hold anything, so only its class is kept. */
  #coded(verb: string, thrown: unknown): SchedulerError {
    if (SchedulerError.isInstance(thrown)) return thrown;
    const kind = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : typeof thrown;
    return new SchedulerError("BACKEND_UNAVAILABLE", `Backend "${this.id}" failed in ${verb}: ${kind}`, {
      cause: thrown,
      effect: "unknown",
      details: { backend: this.id },
    });
  }
}

const noProgress = (): Promise<void> => Promise.resolve();
