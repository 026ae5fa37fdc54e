import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../../model/lease.js";
import type { Placement } from "../../../spec/launch.js";
import { ClauseFailure, must, present, shown } from "../../clause.js";
import type { Fault, FaultControl, FaultyVerb } from "../fault-control.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, canSuffer } from "./clause-type.js";
import { lasting } from "./lasting.js";

/** More than any number of retries that a backend may make of safe requests. */
const PERSISTENT = 1_000;

function faultsOf({ underTest }: BackendTrial): FaultControl {
  return present(underTest.faults, "`faults` are declared, so `create` has to answer a fault control.");
}

/** What a call came to under a fault that lasts: an answer, or an error and what it says of the effect. */
type Outcome<T> = { readonly answer: T } | { readonly error: unknown; readonly code: string; readonly effect: string };

/**
 * Makes a call as the runtime does, while the fault lasts: at the deadline the call is aborted, which counts as a timeout
 * of unknown effect. A call that does not even end then fails the case.
 */
export async function under<T>(
  trial: BackendTrial,
  fault: Fault,
  verb: FaultyVerb,
  make: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  const limitMs = verb === "bind" ? trial.limits.bindMs : trial.limits.answerMs;
  const controller = new AbortController();
  const deadline = new SchedulerError("BACKEND_TIMEOUT", "The call took longer than its deadline.");
  faultsOf(trial).inject(fault, verb, PERSISTENT);
  const timer = trial.underTest.host.setTimer(limitMs, () => controller.abort(deadline), { keepAlive: true });
  try {
    const call = make(controller.signal);
    trial.begin(call).catch(() => {});
    const outcome = call.then(
      (answer): Outcome<T> => ({ answer }),
      (error: unknown): Outcome<T> => ({ error, ...(SchedulerError.isInstance(error) ? error : { code: "no code", effect: "unknown" }) }),
    );
    return await trial.time.settle(outcome, limitMs + trial.limits.abortMs, `${verb} under "${fault}"`);
  } finally {
    timer.cancel();
    faultsOf(trial).clear();
  }
}

/** {@link under} for a call that has to fail. */
export async function failing(
  trial: BackendTrial,
  fault: Fault,
  verb: FaultyVerb,
  make: (signal: AbortSignal) => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly code: string; readonly effect: string }> {
  const outcome = await under(trial, fault, verb, make);
  if ("answer" in outcome) throw new ClauseFailure(`${verb} under "${fault}" had to fail, but answered ${shown(outcome.answer)}.`);
  return outcome;
}

/** Binds while the fault lasts; the bind has to fail. */
export async function failingBind(
  trial: BackendTrial,
  fault: Fault,
): Promise<{
  readonly placement: Placement;
  readonly partial: LeaseRef | undefined;
  readonly code: string;
  readonly effect: string;
  readonly error: unknown;
}> {
  const placement = await trial.placement(lasting(trial));
  let partial: LeaseRef | undefined;
  const progress = async (ref: LeaseRef): Promise<void> => {
    partial = ref;
  };
  const { code, effect, error } = await failing(trial, fault, "bind", (signal) => trial.bindOf(placement, { signal, progress }));
  await trial.untilVisible();
  return { placement, partial, code, effect, error };
}

/** A bind that had no effect must say `none` or `unknown`, and leaves nothing to be found. */
export async function leavesNothing(
  trial: BackendTrial,
  { placement, partial, effect }: Awaited<ReturnType<typeof failingBind>>,
): Promise<void> {
  must(effect !== "done", 'A bind without effect rejected with effect "done".');
  const finding = await trial.finding(placement.key, partial);
  must(finding.kind !== "bound", "find says `bound` of a bind that never arrived.");
  if (finding.kind === "partial") await trial.release(finding.ref);
  await trial.nothingOpen("after a bind without effect");
}

/** A bind that may have had its effect must not say `none`; find finds what there is, and it can be released. */
export async function leavesSomethingToFind(
  trial: BackendTrial,
  { placement, partial, effect }: Awaited<ReturnType<typeof failingBind>>,
): Promise<void> {
  must(effect !== "none", 'A bind that had its effect rejected with effect "none": the money would never be looked for.');
  const finding = await trial.finding(placement.key, partial);
  must(finding.kind !== "absent", "find says `absent` of what a bind made.");
  await trial.release(finding.kind === "bound" ? finding.lease.ref : finding.ref);
  await trial.nothingOpen("after releasing what was found");
}

/** While the fault lasts the verb has to fail with this code. */
export const failsWithCode = async (
  trial: BackendTrial,
  fault: Fault,
  verb: "listOffers" | "bind",
  code: string,
): Promise<SchedulerError> => {
  const { error } =
    verb === "bind"
      ? await failingBind(trial, fault)
      : await failing(trial, fault, verb, (signal) => trial.backend.listOffers(trial.setup.demand, trial.call({ signal })));
  must(
    SchedulerError.isInstance(error),
    `${verb} under "${fault}" failed with something that is no SchedulerError: ${shown(String(error))}.`,
  );
  trial.expect(error.code, `code of ${verb} under "${fault}"`).toBe(code);
  return error;
};

/** Faults in which the other side cannot be heard, whatever it did. */
const SILENCES = ["server-error", "request-lost"] as const;

/** Tries the verb under every silence that the setup can bring about. */
export async function underSilence(trial: BackendTrial, body: (fault: Fault) => Promise<void>): Promise<void> {
  for (const fault of SILENCES) if (trial.setup.faults?.includes(fault)) await body(fault);
}

export const canBeSilenced = (verb: FaultyVerb): NonNullable<BackendClause["inapplicable"]> => {
  return (setup) => {
    const reasons = SILENCES.map((fault) => canSuffer(fault, verb)(setup));
    return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
  };
};

/** Aborts a call while its answer is on its way. */
export async function abortedMidway(trial: BackendTrial, verb: FaultyVerb, make: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const reason = new Error("no longer wanted");
  faultsOf(trial).inject("slow", verb, PERSISTENT);
  const call = make(controller.signal);
  trial.begin(call).catch(() => {});
  await trial.time.elapse(Math.min(trial.pollMs, 100));
  controller.abort(reason);
  trial.expect(await trial.failure(`An aborted ${verb}`, call, trial.limits.abortMs), `what an aborted ${verb} rejected with`).toBe(reason);
  faultsOf(trial).clear();
}
