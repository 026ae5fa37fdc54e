import { type DecisionView, type Directive, decide, resumable, verificationInForce } from "../core/lifecycle/decide.js";
import type { RunInput } from "../core/lifecycle/inputs.js";
import type { PlacementInput } from "../core/placement/types.js";
import { verifierFor } from "../core/verification/verifier-for.js";
import type { ErrorCode } from "../model/errors/codes.js";
import { toSchedulerError } from "../model/errors/scheduler-error.js";
import type { GroupRow, RunState } from "../model/run.js";
import type { VerificationRequest } from "../model/workload.js";
import { accountsOf, type CappedAccount, roomUnder } from "./budget-accounts.js";
import { workDoneBy } from "./checkpoints.js";
import type { Dispatcher } from "./dispatcher.js";
import type { EngineContext } from "./engine-context.js";
import { doubtOf, judge, resultsKey } from "./judge.js";
import { leaseLifetimeMs } from "./lease-lifetime.js";
import type { LiveRun } from "./live-run.js";
import { inputReading, offersFor, placementQuestion, placeWithinBudget } from "./placement-question.js";

/** First and longest pause before a new look at a market in which nothing was found, ms. */
const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_MOST_MS = 300_000;
/** What the pump does next: an input to apply, and what to do once it was applied, or was not. */
export interface NextStep {
  readonly input?: RunInput;
  readonly after?: () => void;
  readonly undo?: () => void;
}

const isIdle = (state: RunState): boolean => state.attempts.every((attempt) => attempt.state === "done");

/** Money is short for this run alone, whatever others like it may still have. */
const isShort = (code: ErrorCode): boolean => code === "BUDGET_EXHAUSTED";

/** What the decider needs of the engine. */
export interface DeciderPorts {
  readonly group: (id: string | undefined) => GroupRow | undefined;
  /** Sets the run's wake-up anew. */
  readonly arm: (live: LiveRun) => void;
}

/** The scheduling cycle of one run: gathers what the pure decision looks at, and turns directives into inputs. */
export class RunDecider {
  readonly #context: EngineContext;
  readonly #dispatcher: Dispatcher;
  readonly #engine: DeciderPorts;

  constructor(context: EngineContext, dispatcher: Dispatcher, engine: DeciderPorts) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#engine = engine;
  }

  /** What to do next with a run; nothing when only an answer from outside can move it. */
  async next(live: LiveRun): Promise<NextStep | undefined> {
    const { host, policy, verifiers } = this.#context.options;
    const { state } = live;
    const nowMs = host.now();
    const request = verificationInForce(state, policy);
    const verifier = verifierFor(request, verifiers);
    const about = resultsKey(state);
    const view: DecisionView = {
      state,
      nowMs,
      policy,
      plan: verifier.plan(state.run.workload, doubtOf(this.#context, state, nowMs)),
      ...(live.judged?.about === about ? { verdict: live.judged.verdict } : {}),
    };
    const [directive] = decide(view);
    if (directive === undefined) {
      // Nothing is wanted now. A run that only waits for its backoff to pass gives its slot to another.
      if (live.admitted && isIdle(state)) this.#dispatcher.park(live, "alone");
      return undefined;
    }
    if (directive.kind === "ask") return this.#seekPlace(live, view, request);
    if (directive.kind !== "judge") return this.#follow(live, directive, nowMs);
    try {
      live.judged = { about, verdict: await judge(this.#context, verifier, state, nowMs) };
      return {};
    } catch (thrown) {
      const error = toSchedulerError(thrown, "PLUGIN_CONTRACT_VIOLATION", `Verifier "${verifier.name}" failed`);
      return { input: { type: "fail", error: { ...error.toJSON(), retry: "never" } } };
    }
  }

  /** Asks the market, if it is this run's turn. */
  async #seekPlace(live: LiveRun, view: DecisionView, request: VerificationRequest): Promise<NextStep | undefined> {
    const { state } = live;
    if (!live.admitted && isIdle(state)) {
      // Parked alone without a time to look again: its backoff has passed while the market was being asked.
      if (live.waiting === undefined || (live.waiting === "alone" && live.lookAgainMs === undefined)) this.#dispatcher.enqueue(live);
      if (!live.admitted) return undefined;
    }
    const { budget, store } = this.#context.options;
    const group = this.#engine.group(state.run.groupId);
    const accounts = accountsOf(state.run, group, budget, view.nowMs);
    const room = await roomUnder(accounts, store);
    const market = await offersFor(this.#context, state.run);
    const workDoneMs = await this.#savedWork(live);
    if (live.inbox.length > 0) return undefined;
    const question = placementQuestion(this.#context, state, market, request, view.nowMs, workDoneMs);
    let asked: PlacementInput | undefined;
    const [directive] = decide({
      ...view,
      place: (wanted) => {
        asked = question(wanted);
        return placeWithinBudget(this.#context.placer, asked, room);
      },
    });
    if (directive?.kind === "place" && asked !== undefined) return this.#plan(live, directive, accounts, asked);
    return directive === undefined ? undefined : this.#follow(live, directive, view.nowMs);
  }

  /** What the checkpoints of the attempt hold that the next one would continue. Looked up once: a node that is gone writes no more that counts. */
  async #savedWork(live: LiveRun): Promise<number> {
    const attempt = resumable(live.state);
    if (attempt === undefined) return 0;
    if (live.saved?.attempt === attempt) return live.saved.workDoneMs;
    try {
      live.saved = { attempt, workDoneMs: await workDoneBy(this.#context, live.state, attempt) };
      return live.saved.workDoneMs;
    } catch (thrown) {
      // Only the price hangs on it.
      this.#context.options.logger.warn({ runId: live.id, error: String(thrown) }, "Checkpoints could not be looked at");
      return 0;
    }
  }

  #follow(live: LiveRun, directive: Directive, nowMs: number): NextStep | undefined {
    switch (directive.kind) {
      case "accept":
        return { input: { ...directive, type: "accepted" } };
      case "reject":
        return { input: { type: "rejected", error: directive.error, wrong: directive.wrong } };
      case "fail":
        return { input: { type: "fail", error: directive.error } };
      case "stop":
        return { input: { type: "stop", attempt: directive.attempt, why: directive.why, error: directive.error } };
      case "wait":
        return this.#wait(live, directive, nowMs);
      case "ask":
      case "judge":
      case "place":
        return undefined;
    }
  }

  #wait(live: LiveRun, directive: Extract<Directive, { kind: "wait" }>, nowMs: number): NextStep | undefined {
    const { error, forget } = directive;
    const { run } = live.state;
    // What changes the market is told at once; the clock alone is asked less and less often.
    const pauseMs = Math.min(LOOK_AGAIN_MOST_MS, LOOK_AGAIN_MS * 2 ** Math.min(live.looks, 10));
    const untilMs = forget ? (directive.untilMs ?? nowMs + pauseMs) : Math.max(nowMs + pauseMs, directive.untilMs ?? 0);
    live.looks += 1;
    const tell = run.lastError?.code !== error.code || run.lastError.message !== error.message;
    const park = (): void => {
      if (!forget) live.lookAgainMs = untilMs;
      this.#engine.arm(live);
      if (live.admitted && isIdle(live.state))
        this.#dispatcher.park(live, run.attempts > 0 || forget || isShort(error.code) ? "alone" : "shape");
    };
    // The same obstacle after work in between is a new wait, whose patience has to begin.
    if (!tell && !forget && run.waitingSinceMs !== undefined) {
      park();
      return undefined;
    }
    return { input: { type: "waiting", error, untilMs, forget, tell }, after: park };
  }

  #plan(
    live: LiveRun,
    directive: Extract<Directive, { kind: "place" }>,
    accounts: readonly CappedAccount[],
    asked: PlacementInput,
  ): NextStep {
    const { candidate, record } = directive;
    const { warm } = this.#context;
    const { reuses } = candidate.offer;
    const reuse = reuses === undefined ? undefined : warm.take(reuses.leaseKey);
    // Gone since the question was put together: the market is asked again.
    if (reuses !== undefined && reuse === undefined) return {};
    const key = `${this.#context.namespace.id}-${live.id}-${live.state.run.attempts + 1}`;
    const capabilities = this.#context.rules.capabilities(candidate.backend);
    live.placements ??= new Map();
    live.placements.set(key, asked);
    live.looks = 0;
    if (reuse === undefined) this.#context.market.take(candidate.offer, key);
    return {
      input: {
        type: "plan",
        placement: {
          purpose: directive.purpose,
          ...(directive.after === undefined ? {} : { after: directive.after }),
          key,
          candidate,
          record,
          inputReading: inputReading(asked.data, candidate.backend),
          accounts,
          bindMs: capabilities?.bindMs ?? 60_000,
          provisionMs: capabilities?.provisionMs ?? 600_000,
          maxLifetimeMs: leaseLifetimeMs(this.#context, live.state.run.workload, candidate.offer),
          ...(reuse === undefined ? {} : { reuse }),
        },
      },
      undo: () => {
        live.placements?.delete(key);
        if (reuse === undefined) this.#context.market.giveBack(candidate.backend, key, false);
        else warm.giveBack(reuse.key);
      },
      after: () => {
        if (reuse !== undefined) warm.giveBack(reuse.key);
      },
    };
  }
}
