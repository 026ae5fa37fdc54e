import type { Command, RunInput } from "../core/lifecycle/inputs.js";
import type { AttemptRow } from "../model/attempt.js";
import { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import type { LeaseRow } from "../model/lease.js";
import { collectFar } from "./collect-far.js";
import { collectOutputs } from "./collector.js";
import type { EngineContext } from "./engine-context.js";
import type { GuardedBackend } from "./guard.js";
import type { LiveRun } from "./live-run.js";
import type { Monitor } from "./monitor.js";
import { prepareLaunch } from "./prepare-launch.js";
import { promoteOutputs } from "./promoter.js";
import { ResultWatch } from "./result-watch.js";
import { isFar, stagingOf } from "./staging-of.js";

/** How effects give their answers back: applied to the run in order; the promise settles once committed. */
export interface EffectSink {
  readonly submit: (live: LiveRun, input: RunInput) => void;
  /** Lets the idle leases of a backend go. */
  readonly cool: (backend: string) => void;
  readonly submitAndCommit: (live: LiveRun, input: RunInput) => Promise<void>;
}

/** The binding cycle: carries out what transitions commanded. Every effect ends in an input, whatever happens. */
export class Effects {
  readonly #context: EngineContext;
  readonly #monitor: Monitor;
  readonly #sink: EffectSink;
  readonly #results: ResultWatch;

  constructor(context: EngineContext, monitor: Monitor, sink: EffectSink) {
    this.#context = context;
    this.#monitor = monitor;
    this.#sink = sink;
    this.#results = new ResultWatch(context, (live, key) => sink.submit(live, { type: "result-seen", key }));
  }

  /** Stops looking for results. */
  close(): void {
    this.#results.close();
  }

  /** Forgets a lease that this process must not look after any more. */
  forget(key: string): void {
    this.#results.forget(key);
  }

  /** Starts an effect unless the same one is under way. */
  run(live: LiveRun, command: Command): void {
    if (live.lost) return;
    if (command.kind === "watch") {
      const lease = leaseOf(live, command.key);
      if (lease?.ref === undefined) return;
      this.#monitor.watch(live, command.key, lease.ref);
      this.#results.watch(live, command.key);
      return;
    }
    const name = command.kind === "promote" ? "promote" : `${command.kind} ${command.key}`;
    live.underway ??= new Set();
    if (live.underway.has(name)) return;
    live.underway.add(name);
    const finished = (): void => {
      live.underway?.delete(name);
    };
    this.#perform(live, command).then(
      (input) => {
        finished();
        if (input !== undefined && !live.lost) this.#sink.submit(live, input);
      },
      (thrown: unknown) => {
        finished();
        this.#context.options.logger.error(
          { runId: live.id, effect: name, error: String(thrown) },
          "An effect failed outside its own error handling",
        );
      },
    );
  }

  #perform(live: LiveRun, command: Exclude<Command, { kind: "watch" }>): Promise<RunInput | undefined> {
    switch (command.kind) {
      case "bind":
        return this.#bind(live, command.key);
      case "start":
        return this.#start(live, command.key);
      case "find":
        return this.#find(live, command.key);
      case "collect":
        return this.#collect(live, command.key);
      case "release":
        return this.#release(live, command.key);
      case "ask-charge":
        return this.#askCharge(live, command.key);
      case "promote":
        return promoteOutputs(this.#context, live.state);
    }
  }

  async #bind(live: LiveRun, key: string): Promise<RunInput> {
    const attempt = attemptOf(live, key);
    try {
      if (attempt === undefined) throw new SchedulerError("INVARIANT_BROKEN", `No attempt has the key ${key}.`);
      const guarded = this.#backend(attempt.offer.backend);
      const launch = await prepareLaunch(this.#context, live.state, attempt).catch(withoutEffect);
      const input = live.placements?.get(key);
      const { priceCapUsdPerHour } = attempt;
      const options = live.state.run.workload.backendOptions[guarded.backend.kind];
      const lease = await guarded.bind(
        {
          key,
          offer: attempt.offer,
          launch,
          priceCapUsdPerHour,
          ...(options === undefined ? {} : { options }),
          rank: (bids) =>
            input === undefined ? [] : this.#context.placer.rankBids(withSiblings(input, live, key), bids, priceCapUsdPerHour),
        },
        (partial) => this.#sink.submitAndCommit(live, { type: "bind-progress", key, partial }),
      );
      return { type: "bound", key, lease };
    } catch (thrown) {
      const error = toSchedulerError(thrown, "BACKEND_UNAVAILABLE", "The launch could not be prepared").toJSON();
      // Whatever is booked with this seller and not used may come back.
      if (error.code === "INSUFFICIENT_FUNDS" && attempt !== undefined) this.#sink.cool(attempt.offer.backend);
      return { type: "bind-failed", key, error };
    } finally {
      live.placements?.delete(key);
    }
  }

  /** The attempt's launch on a lease that stood idle. */
  async #start(live: LiveRun, key: string): Promise<RunInput> {
    const attempt = attemptOf(live, key);
    const ref = leaseOf(live, key)?.ref;
    try {
      if (attempt === undefined || ref === undefined) throw new SchedulerError("INVARIANT_BROKEN", `No idle lease has the key ${key}.`);
      const launch = await prepareLaunch(this.#context, live.state, attempt).catch(withoutEffect);
      await this.#backend(attempt.offer.backend).start(ref, launch);
      return { type: "bound", key, lease: { ref } };
    } catch (thrown) {
      return { type: "start-failed", key, error: toSchedulerError(thrown, "BACKEND_UNAVAILABLE", "It could not be started").toJSON() };
    } finally {
      live.placements?.delete(key);
    }
  }

  async #find(live: LiveRun, key: string): Promise<RunInput> {
    const lease = leaseOf(live, key);
    const askedAtMs = this.#context.options.host.now();
    try {
      if (lease === undefined) throw new SchedulerError("INVARIANT_BROKEN", `No lease has the key ${key}.`);
      const intent = { key, intendedAtMs: lease.intendedAtMs, ...(lease.partial && lease.ref !== undefined ? { partial: lease.ref } : {}) };
      const [finding] = await this.#backend(lease.backend).find([intent]);
      return { type: "found", askedAtMs, finding: finding ?? { kind: "unknown", key } };
    } catch (thrown) {
      return {
        type: "found",
        finding: { kind: "unknown", key, error: toSchedulerError(thrown, "BACKEND_UNAVAILABLE", "find failed").toJSON() },
      };
    }
  }

  async #collect(live: LiveRun, key: string): Promise<RunInput> {
    const attempt = attemptOf(live, key);
    const lease = leaseOf(live, key);
    this.#monitor.forget(key, lease?.backend);
    this.#results.forget(key);
    try {
      if (attempt === undefined || lease === undefined) return { type: "collected", key };
      const guarded = this.#backend(lease.backend);
      const { run } = live.state;
      if (!isFar(stagingOf(this.#context, run.workload, lease.backend))) {
        const manifest = await collectOutputs(this.#context, guarded, run, attempt, lease);
        return { type: "collected", key, ...(manifest === undefined ? {} : { manifest }) };
      }
      return { type: "collected", key, ...(await collectFar(this.#context, guarded, run, attempt, lease, live.endpoints?.get(key))) };
    } catch (thrown) {
      return { type: "collected", key, error: toSchedulerError(thrown, "STAGING_FAILED", "The outputs could not be collected").toJSON() };
    }
  }

  async #release(live: LiveRun, key: string): Promise<RunInput> {
    const lease = leaseOf(live, key);
    this.#monitor.forget(key, lease?.backend);
    this.#results.forget(key);
    try {
      if (lease?.ref === undefined) throw new SchedulerError("INVARIANT_BROKEN", `The lease ${key} has no reference to release.`);
      const answer = await this.#backend(lease.backend).release(lease.ref, this.#context.options.graceMs);
      return { type: "released", key, answer };
    } catch (thrown) {
      return { type: "release-failed", key, error: toSchedulerError(thrown, "RELEASE_FAILED", "The lease could not be ended").toJSON() };
    }
  }

  async #askCharge(live: LiveRun, key: string): Promise<RunInput> {
    const lease = leaseOf(live, key);
    const askedAtMs = this.#context.options.host.now();
    try {
      if (lease?.ref === undefined) return { type: "charged", key };
      const [report] = await this.#backend(lease.backend).inspect([lease.ref]);
      return {
        type: "charged",
        key,
        askedAtMs,
        ...(report === undefined || report.kind === "unknown" || report.charge === undefined ? {} : { charge: report.charge }),
        ...(report?.kind === "gone" ? { gone: true } : {}),
      };
    } catch {
      return { type: "charged", key };
    }
  }

  #backend(id: string): GuardedBackend {
    const guarded = this.#context.backends.get(id);
    if (guarded === undefined) {
      throw new SchedulerError(
        "INVALID_CONFIG",
        `Backend "${id}" holds a lease but is not configured any more: add it again so that the lease can be ended.`,
        {
          retry: "same",
          details: { backend: id },
        },
      );
    }
    return guarded;
  }
}

/** Bids are judged against what the siblings have taken by now, not when the placement was decided. */
function withSiblings(
  input: NonNullable<LiveRun["placements"]> extends Map<string, infer P> ? P : never,
  live: LiveRun,
  key: string,
): typeof input {
  const nodes = live.state.attempts
    .filter(
      (attempt) => attempt.key !== key && attempt.verdict !== "wrong" && (attempt.state !== "done" || attempt.outcome === "succeeded"),
    )
    .map(({ node }) => node);
  return { ...input, siblings: { ...input.siblings, nodes } };
}

const leaseOf = (live: LiveRun, key: string): LeaseRow | undefined => live.state.leases.find((lease) => lease.key === key);
const attemptOf = (live: LiveRun, key: string): AttemptRow | undefined => live.state.attempts.find((attempt) => attempt.key === key);

/** Whatever stands in the way of preparing a launch, nothing has been started yet. */
function withoutEffect(thrown: unknown): never {
  const { code, message, retry, details } = toSchedulerError(thrown, "STAGING_FAILED", "The launch could not be prepared");
  throw new SchedulerError(code, message, { cause: thrown, retry, details, effect: "none" });
}
