import type { AttemptPurpose, AttemptRow } from "../../model/attempt.js";
import type { DecisionRecord } from "../../model/decision.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";
import { isTerminal, type RunState } from "../../model/run.js";
import { formatDuration } from "../../model/units.js";
import type { VerificationRequest } from "../../model/workload.js";
import type { Policy } from "../../spec/policy.js";
import type { ReplicaPlan, Verdict } from "../../spec/verifier.js";
import type { PlacementResult, PricedCandidate } from "../placement/types.js";
import { seededRandom } from "../random.js";
import { backoffMs } from "./backoff.js";
import { isExcluding } from "./retry.js";

/** Patience of a policy that does not state its own. */
const MAX_WAIT_MS = 24 * 3_600_000;

/** What one decision looks at. */
export interface DecisionView {
  readonly state: RunState;
  readonly nowMs: number;
  readonly policy: Policy;
  /** What the verifier in force wants to begin with. */
  readonly plan: ReplicaPlan;
  /** The verifier's word on the results so far; absent while it has not been asked about exactly these results. */
  readonly verdict?: Verdict;
  /** Answers a placement question from the current market; absent while the market has not been asked. */
  readonly place?: (wanted: WantedPlacement) => PlacementResult;
}

export interface WantedPlacement {
  readonly purpose: AttemptPurpose;
  readonly after?: number;
  readonly distinct: ReplicaPlan["distinct"];
}

/** What is to happen next. */
export type Directive =
  /** The market has to be asked before anything can be placed. */
  | { readonly kind: "ask" }
  /** The verifier has to look at the results. */
  | { readonly kind: "judge" }
  | {
      readonly kind: "place";
      readonly purpose: AttemptPurpose;
      readonly after?: number;
      readonly candidate: PricedCandidate;
      readonly record: DecisionRecord;
    }
  | { readonly kind: "stop"; readonly attempt: number; readonly why: "superseded"; readonly error: SerializedError }
  /** `forget`: everything that could be used is excluded by earlier failures; they get another chance. */
  | {
      readonly kind: "wait";
      readonly untilMs?: number;
      readonly error: SerializedError;
      readonly forget: boolean;
      readonly record?: DecisionRecord;
    }
  | {
      readonly kind: "accept";
      readonly winner: number;
      readonly errorProbability: number;
      readonly agreed: readonly number[];
      readonly wrong: readonly number[];
    }
  | { readonly kind: "reject"; readonly error: SerializedError; readonly wrong: readonly number[] }
  | { readonly kind: "fail"; readonly error: SerializedError };

/**
 * The scheduling decision: what to do next with a run, as a function of what is known. Asked again after every input.
 * Answers at most one placement at a time, so that a second replica sees what the first has taken; the caller asks
 * again until nothing is wanted.
 */
export function decide(view: DecisionView): readonly Directive[] {
  const { run } = view.state;
  if (isTerminal(run.status) || run.status === "promoting") return [];

  const results = successes(view.state);
  if (results.length > 0) {
    if (view.verdict === undefined) return [{ kind: "judge" }];
    if (view.verdict.kind === "accept") return [{ ...view.verdict, kind: "accept" }];
    if (view.verdict.kind === "reject") {
      const error = failureOf("VERIFICATION_FAILED", `No result could be accepted: ${view.verdict.reason}`, { retry: "never" });
      return [{ kind: "reject", error, wrong: view.verdict.wrong }];
    }
  }

  const active = view.state.attempts.filter((attempt) => attempt.state !== "done");
  const late = tooLate(view, active);
  if (late !== undefined) return [{ kind: "fail", error: late }];

  const wanted = wantedPlacement(view, active, results.length);
  if (wanted === undefined) return [];
  if (run.notBeforeMs !== undefined && view.nowMs < run.notBeforeMs) return [];
  if (view.place === undefined) return [{ kind: "ask" }];
  return [choose(view, wanted, view.place(wanted), active)];
}

/** Successful attempts whose results are not known to be wrong. */
export function successes(state: RunState): readonly AttemptRow[] {
  return state.attempts.filter((attempt) => attempt.outcome === "succeeded" && attempt.verdict !== "wrong");
}

/** Verification in force: the workload's wish, else what the policy demands of the places used so far. */
export function verificationInForce(state: RunState, policy: Policy): VerificationRequest {
  const { workload } = state.run;
  if (workload.verification.kind !== "none" || policy.verification === undefined) return workload.verification;
  for (const attempt of state.attempts) {
    if (attempt.state === "done" && attempt.outcome !== "succeeded") continue;
    for (const { offer } of contributors(state, attempt)) {
      const asked = policy.verification(workload, offer);
      if (asked.kind !== "none") return asked;
    }
  }
  return workload.verification;
}

/** Deadlines stop the search for a place, never work that is already paid for. */
function tooLate(view: DecisionView, active: readonly AttemptRow[]): SerializedError | undefined {
  const { run } = view.state;
  if (active.length > 0) return undefined;
  const last = run.lastError === undefined ? "" : ` The last obstacle: ${run.lastError.message}`;
  const details = {
    runId: run.id,
    ...(run.lastError?.details?.["reasons"] === undefined ? {} : { reasons: run.lastError.details["reasons"] }),
  };
  if (run.deadlineAtMs !== undefined && view.nowMs >= run.deadlineAtMs) {
    return failureOf("DEADLINE_EXCEEDED", `The deadline passed before a result was accepted.${last}`, { details });
  }
  const { lastError, waitingSinceMs } = run;
  const patienceMs = view.policy.retry.maxWaitMs ?? MAX_WAIT_MS;
  if (lastError !== undefined && waitingSinceMs !== undefined && view.nowMs >= waitingSinceMs + patienceMs) {
    return { ...lastError, retry: "never", message: `Found no place within ${formatDuration(patienceMs)}. ${lastError.message}` };
  }
  const started = view.state.attempts.some((attempt) => attempt.startedAtMs !== undefined);
  if (run.startByMs !== undefined && !started && view.nowMs >= run.startByMs) {
    return failureOf("START_DEADLINE_EXCEEDED", `Nothing could start within startWithin.${last}`, { details });
  }
  return undefined;
}

function wantedPlacement(view: DecisionView, active: readonly AttemptRow[], results: number): WantedPlacement | undefined {
  const { state, plan, verdict, policy } = view;
  const wantedResults = verdict?.kind === "more" ? results + verdict.replicas : plan.replicas;
  const { distinct } = plan;
  if (active.length + results < wantedResults) {
    const first = active.length + results === 0;
    const after = resumable(state);
    if (first) return { purpose: "primary", distinct, ...(after === undefined ? {} : { after }) };
    return { purpose: "replica", distinct };
  }
  if (policy.hedge !== undefined && active.length === 1 && results === 0) {
    const { run } = state;
    const purpose = policy.hedge({
      workload: run.workload,
      attempts: state.attempts,
      nowMs: view.nowMs,
      ...(run.deadlineAtMs === undefined ? {} : { timeLeftMs: run.deadlineAtMs - view.nowMs }),
    });
    if (purpose !== undefined) return { purpose, distinct: "node" };
  }
  return undefined;
}

/** The latest attempt that ran, when the workload writes checkpoints: its successor starts where it stopped. */
export function resumable(state: RunState): number | undefined {
  if (state.run.workload.checkpoint === undefined) return undefined;
  return state.attempts.findLast((attempt) => attempt.startedAtMs !== undefined && attempt.state === "done" && attempt.verdict !== "wrong")
    ?.number;
}

/** An attempt and those whose checkpoints it builds on, latest first: each of their nodes may have spoilt the result. */
export function contributors(state: RunState, attempt: AttemptRow): readonly AttemptRow[] {
  const chain: AttemptRow[] = [attempt];
  for (let { after } = attempt; after !== undefined; ) {
    const before: AttemptRow | undefined = state.attempts[after - 1];
    // An attempt only ever builds on earlier ones.
    if (before === undefined || before.number >= (chain.at(-1)?.number ?? 0)) break;
    chain.push(before);
    after = before.after;
  }
  return chain;
}

function choose(view: DecisionView, wanted: WantedPlacement, result: PlacementResult, active: readonly AttemptRow[]): Directive {
  const { record } = result;
  if (result.chosen !== undefined) {
    return {
      kind: "place",
      purpose: wanted.purpose,
      candidate: result.chosen,
      record,
      ...(wanted.after === undefined ? {} : { after: wanted.after }),
    };
  }
  const { run } = view.state;
  const error = failureOf(record.failure?.code ?? "NO_FEASIBLE_PLACEMENT", record.failure?.message ?? "Nothing fits.", {
    details: { runId: run.id, reasons: record.rejections.map((rejection) => `${rejection.code}: ${rejection.example.message}`) },
  });
  if (result.hopeless && active.length === 0) {
    if (isExcluding(run.exclusions) && record.rejections.some((rejection) => rejection.code === "excluded")) {
      const tries = Math.max(1, run.failures + run.launches);
      const jitter = seededRandom(`${run.id}/forget/${tries}`).next();
      return { kind: "wait", untilMs: view.nowMs + backoffMs(tries, view.policy.retry.backoff, jitter), error, forget: true, record };
    }
    return { kind: "fail", error };
  }
  return { kind: "wait", error, forget: false, record, ...(result.retryAtMs === undefined ? {} : { untilMs: result.retryAtMs }) };
}
