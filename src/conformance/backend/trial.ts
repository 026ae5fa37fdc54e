import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Finding, Lease, LeasePhase, LeaseRef, LeaseReport } from "../../model/lease.js";
import type { NanoUsd } from "../../model/money.js";
import type { Demand, Offer } from "../../model/offer.js";
import type { Backend } from "../../spec/backend.js";
import type { CallContext, Namespace } from "../../spec/call-context.js";
import type { AbortSignalLike } from "../../spec/host.js";
import type { Intent, Placement } from "../../spec/launch.js";
import { ClauseFailure, must, present, shown } from "../clause.js";
import { PassingTime } from "../passing-time.js";
import type { ConformanceExpect } from "../runner.js";
import type { Opened } from "../suite.js";
import { cleanUp } from "./clean-up.js";
import { makePlacement, newKey, type PlacementParts } from "./launch-parts.js";
import { type RecordingLogger, recordingLogger } from "./recorded-texts.js";
import { resolveLimits } from "./resolved-limits.js";
import type { BackendConformanceSetup, BackendUnderTest, ConformanceLimits } from "./setup.js";
import { type TrackedHost, trackHost } from "./tracked-host.js";

export type StatusReport = Extract<LeaseReport, { readonly kind: "status" }>;

export interface CallParts {
  readonly backend?: Backend;
  readonly namespace?: Namespace;
  readonly signal?: AbortSignalLike;
  readonly limitMs?: number;
  readonly progress?: CallContext["progress"];
}

export interface Bound {
  readonly placement: Placement;
  readonly lease: Lease;
  readonly ref: LeaseRef;
}

/** One case's backend, with the phrases that cases are written in. */
export class BackendTrial implements Opened {
  readonly setup: BackendConformanceSetup;
  readonly underTest: BackendUnderTest;
  readonly expect: ConformanceExpect;
  readonly backend: Backend;
  readonly host: TrackedHost;
  readonly time: PassingTime;
  readonly limits: Required<ConformanceLimits>;
  readonly log: RecordingLogger = recordingLogger();
  readonly namespace: Namespace;
  /** Somebody else's, on the same other side. */
  readonly otherNamespace: Namespace;
  /** Everything that verbs rejected with. */
  readonly errors: unknown[] = [];
  /** Instances made by the case, the first one included. */
  readonly instances: Backend[] = [];
  /** Set by cases that close the backend themselves. */
  isClosed = false;
  /** References that a case saw, by key, for the clean-up. */
  readonly seen = new Map<string, { readonly ref: LeaseRef; readonly namespace: Namespace }>();
  readonly #begun: Promise<unknown>[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(setup: BackendConformanceSetup, underTest: BackendUnderTest, expect: ConformanceExpect) {
    this.setup = setup;
    this.underTest = underTest;
    this.expect = expect;
    this.backend = underTest.backend;
    this.instances.push(underTest.backend);
    // The suite waits on a view of its own, so that its timers do not count as the backend's.
    const activity = { depth: 0 };
    this.host = trackHost(underTest.host, activity);
    this.time = new PassingTime(trackHost(underTest.host, activity), underTest.advance);
    this.limits = resolveLimits(setup, this.time.isVirtual);
    this.namespace = underTest.namespace;
    this.otherNamespace = { id: "stranger1", secret: underTest.host.randomHex(32) };
  }

  readonly finish = async (): Promise<void> => {
    try {
      await cleanUp(this, this.#begun);
    } finally {
      for (const close of this.#closers) await close();
    }
  };

  /** Does it once the case is cleaned up. */
  atTheEnd(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** What a backend is given with each call. */
  call(parts: CallParts = {}): CallContext {
    const namespace = parts.namespace ?? this.namespace;
    return {
      signal: parts.signal ?? new AbortController().signal,
      deadlineMs: this.host.now() + (parts.limitMs ?? this.limits.answerMs),
      namespace,
      logger: this.log,
      host: this.host,
      progress: async (partial) => {
        this.seen.set(partial.key, { ref: partial, namespace });
        await parts.progress?.(partial);
      },
    };
  }

  /** Starts a call without waiting for it. It is waited for at the latest when the case is over. */
  begin<T>(promise: Promise<T>): Promise<T> {
    this.#begun.push(promise.catch((error: unknown) => this.errors.push(error)));
    return promise;
  }

  /** Waits for a call. */
  answer<T>(what: string, promise: Promise<T>, limitMs = this.limits.answerMs): Promise<T> {
    return this.time.settle(this.begin(promise), limitMs, what);
  }

  /** Waits for a call that has to reject, and answers with what. */
  async failure(what: string, promise: Promise<unknown>, limitMs = this.limits.answerMs): Promise<unknown> {
    let error: unknown;
    const outcome = promise.then(
      () => "resolved",
      (thrown: unknown) => {
        error = thrown;
        return "rejected";
      },
    );
    this.begin(promise).catch(() => {});
    must((await this.time.settle(outcome, limitMs, what)) === "rejected", `${what} had to fail, but gave an answer.`);
    return error;
  }

  /** {@link failure} with an error of ours. */
  async codedFailure(what: string, promise: Promise<unknown>, limitMs?: number): Promise<SchedulerError> {
    const error = await this.failure(what, promise, limitMs);
    must(SchedulerError.isInstance(error), `${what} failed with something that is no SchedulerError: ${shown(String(error))}.`);
    return error;
  }

  offers(demand: Demand = this.setup.demand, parts?: CallParts): Promise<readonly Offer[]> {
    return this.answer("listOffers", (parts?.backend ?? this.backend).listOffers(demand, this.call(parts)));
  }

  /** The offer that the cases take. */
  async offer(): Promise<Offer> {
    return present((await this.offers())[0], "There is no offer for the setup's demand.");
  }

  async placement(argv: readonly string[], parts: PlacementParts = {}): Promise<Placement> {
    const key = parts.key ?? this.newKey(parts.namespace);
    return makePlacement(this.setup, this.host, parts.offer ?? (await this.offer()), argv, { ...parts, key });
  }

  /** Calls `bind` without waiting for it. */
  bindOf(placement: Placement, parts: CallParts = {}): Promise<Lease> {
    const call = this.call({ limitMs: this.limits.bindMs, ...parts });
    return (parts.backend ?? this.backend).bind(placement, call).then((lease) => {
      this.seen.set(lease.ref.key, { ref: lease.ref, namespace: call.namespace });
      return lease;
    });
  }

  bind(placement: Placement, parts?: CallParts): Promise<Lease> {
    return this.answer("bind", this.bindOf(placement, parts), this.limits.bindMs);
  }

  /** Binds a launch and waits until it can be seen. */
  async bound(argv: readonly string[], parts?: PlacementParts, call?: CallParts): Promise<Bound> {
    const placement = await this.placement(argv, { ...(call?.namespace ? { namespace: call.namespace } : {}), ...parts });
    const lease = await this.bind(placement, call);
    await this.untilVisible();
    return { placement, lease, ref: lease.ref };
  }

  async untilVisible(): Promise<void> {
    const { visibilityMs } = this.setup.capabilities;
    if (visibilityMs > 0) await this.time.elapse(visibilityMs);
  }

  find(intents: readonly Intent[], parts?: CallParts): Promise<readonly Finding[]> {
    return this.answer("find", (parts?.backend ?? this.backend).find(intents, this.call(parts)));
  }

  /** The finding for one key; asks again while the answer is `unknown`. */
  finding(key: string, partial?: LeaseRef, parts?: CallParts): Promise<Exclude<Finding, { readonly kind: "unknown" }>> {
    const intent = { key, intendedAtMs: this.host.now(), ...(partial ? { partial } : {}) };
    return this.time.until(
      async () => {
        const [finding] = await this.find([intent], parts);
        return finding?.kind === "unknown" ? undefined : present(finding, "find gave no finding for the one intent asked.");
      },
      { limitMs: this.limits.answerMs, everyMs: this.pollMs, what: `find has to know more of "${key}" than "unknown"` },
    );
  }

  inspect(refs: readonly LeaseRef[], parts?: CallParts): Promise<readonly LeaseReport[]> {
    return this.answer("inspect", (parts?.backend ?? this.backend).inspect(refs, this.call(parts)));
  }

  /** The report on one lease; asks again while it is `unknown`. */
  report(ref: LeaseRef, parts?: CallParts): Promise<Exclude<LeaseReport, { readonly kind: "unknown" }>> {
    return this.time.until(
      async () => {
        const [report] = await this.inspect([ref], parts);
        return report?.kind === "unknown" ? undefined : present(report, "inspect gave no report for the one ref asked.");
      },
      { limitMs: this.limits.answerMs, everyMs: this.pollMs, what: `inspect has to know more of "${ref.key}" than "unknown"` },
    );
  }

  /** Waits for one of the phases; any other last phase fails the case. `attempt`: of a launch that was started later. */
  untilPhase(ref: LeaseRef, phases: readonly LeasePhase[], attempt?: string): Promise<StatusReport> {
    return this.time.until(
      async () => {
        const report = await this.report(ref);
        must(report.kind === "status", `inspect says "${ref.key}" is gone, which nobody released.`);
        if (attempt !== undefined && report.attempt !== attempt) return undefined;
        if (phases.includes(report.phase)) return report;
        must(
          report.phase !== "exited" && report.phase !== "ended",
          `"${ref.key}" went to ${shown(report)} instead of ${phases.join(" or ")}.`,
        );
        return undefined;
      },
      {
        limitMs: this.limits.startMs + this.limits.runMs,
        everyMs: this.pollMs,
        what: `"${ref.key}" has to become ${phases.join(" or ")}`,
      },
    );
  }

  /** Waits for the end of the command: in the reports, or at the other side where no report tells. Answers the last report. */
  async untilExited(ref: LeaseRef, attempt?: string): Promise<StatusReport> {
    if (!this.endsUnseen) return this.untilPhase(ref, ["exited"], attempt);
    const key = attempt ?? ref.key;
    await this.time.until(async () => ((await this.hasEnded(key)) ? true : undefined), {
      limitMs: this.limits.startMs + this.limits.runMs,
      everyMs: this.pollMs,
      what: `The command of "${key}" has to end at the other side`,
    });
    return this.untilPhase(ref, ["pending", "starting", "running", "exited"], attempt);
  }

  /** No report tells of the end of a command, and only the other side knows it. */
  get endsUnseen(): boolean {
    return !this.setup.capabilities.exitCode && this.underTest.hasEnded !== undefined;
  }

  /** Whether a command has ended, by the other side. */
  async hasEnded(key: string): Promise<boolean> {
    return (await this.underTest.hasEnded?.(key)) ?? false;
  }

  releaseOnce(ref: LeaseRef, parts?: CallParts): Promise<"released" | "pending"> {
    return this.answer("release", (parts?.backend ?? this.backend).release(ref, { graceMs: 0 }, this.call(parts)));
  }

  /** Releases until it is done. */
  async release(ref: LeaseRef, parts?: CallParts): Promise<void> {
    await this.time.until(
      async () => {
        const answer = await this.releaseOnce(ref, parts);
        must(answer === "released" || answer === "pending", `release answered ${shown(answer)}.`);
        return answer === "released" ? true : undefined;
      },
      { limitMs: this.limits.releaseMs, everyMs: this.pollMs, what: `The release of "${ref.key}" has to come to an end` },
    );
  }

  list(parts?: CallParts): Promise<readonly LeaseRef[]> {
    return this.answer("listLeases", (parts?.backend ?? this.backend).listLeases(this.call(parts)));
  }

  async listedKeys(parts?: CallParts): Promise<readonly string[]> {
    return (await this.list(parts)).map(({ key }) => key).sort();
  }

  /** How many things are open at the other side; `undefined` where that cannot be seen. */
  async openCount(): Promise<number | undefined> {
    return this.underTest.openCount?.();
  }

  /** Fails unless nothing is open, as far as can be seen from here and at the other side. */
  async nothingOpen(when: string): Promise<void> {
    await this.untilVisible();
    this.expect(await this.listedKeys(), `what listLeases shows ${when}`).toEqual([]);
    const count = await this.openCount();
    if (count !== undefined) this.expect(count, `number of things open at the other side ${when}`).toBe(0);
  }

  /** What the other side has charged for a key; `undefined` where that cannot be seen. */
  async charged(key: string): Promise<NanoUsd | undefined> {
    const ledger = await this.underTest.ledger?.();
    return ledger && (ledger.get(key) ?? 0n);
  }

  /** Another instance on the same other side. */
  async another(): Promise<Backend> {
    const make = present(
      this.underTest.another,
      'The backend declares `affinity: "any"`, so `create` has to answer an `another`: an instance as another process would make it.',
    );
    const backend = await make();
    this.instances.push(backend);
    return backend;
  }

  /** A reference of the right form to something that the backend has never heard of, or has long forgotten. */
  async foreignRef(): Promise<LeaseRef> {
    const elsewhere = new BackendTrial(this.setup, await this.setup.create(), this.expect);
    try {
      // Another letter than the trial's own keys have: two virtual hosts of one seed make the same ids.
      const { ref } = await elsewhere.bound(this.setup.launches.succeed(), { key: `${elsewhere.namespace.id}-f${this.host.newId()}` });
      return ref;
    } catch (problem) {
      throw new ClauseFailure(`No reference to an unknown lease could be made: ${shown(String(problem))}`);
    } finally {
      await elsewhere.finish();
    }
  }

  /** A key of the trial's own namespace, or another one. */
  newKey(namespace: Pick<Namespace, "id"> = this.namespace): string {
    return newKey(this.host, namespace);
  }

  /** Time between two looks at the same thing. */
  get pollMs(): number {
    const { least } = this.setup.capabilities.pollMs;
    return this.time.isVirtual ? Math.max(1, least) : Math.min(50, Math.max(1, least));
  }
}
