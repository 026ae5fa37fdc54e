import type { OutputArtifact, ResultManifest } from "../../model/artifact.js";
import type { AttemptPurpose, AttemptRow } from "../../model/attempt.js";
import type { DecisionRecord } from "../../model/decision.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import type { Charge, Finding, Lease, LeaseRef, LeaseReport, LeaseRow } from "../../model/lease.js";
import type { NanoUsd } from "../../model/money.js";
import type { Offer } from "../../model/offer.js";
import type { PricedCandidate } from "../placement/types.js";

/** What a new attempt is planned with. */
export interface PlannedPlacement {
  readonly purpose: AttemptPurpose;
  readonly after?: number;
  readonly key: string;
  readonly candidate: PricedCandidate;
  readonly record: DecisionRecord;
  /** What artifact stores bill for reading the inputs once. Part of the worst case. Default 0. */
  readonly inputReading?: NanoUsd;
  /** Accounts the worst case is held on. */
  readonly accounts: readonly { readonly account: string; readonly limit?: NanoUsd }[];
  readonly bindMs: number;
  readonly provisionMs: number;
  readonly maxLifetimeMs: number;
  /** The idle lease that the attempt takes over instead of opening one, as it was read. */
  readonly reuse?: LeaseRow;
}

/**
 * Everything that can happen to a run. Inputs about leases name the placement key; an input about something that is
 * over is ignored, so the same input twice equals once. `askedAtMs` is when an answer was asked for: that something was not there
 * then says nothing of what came later, however late the answer arrives. Default: now.
 */
export type RunInput =
  /** Time has passed; whatever is due is done. */
  | { readonly type: "tick" }
  | { readonly type: "plan"; readonly placement: PlannedPlacement }
  /** `call.progress` was called during bind. */
  | { readonly type: "bind-progress"; readonly key: string; readonly partial: LeaseRef }
  | { readonly type: "bound"; readonly key: string; readonly lease: Lease; readonly offer?: Offer }
  | { readonly type: "bind-failed"; readonly key: string; readonly error: SerializedError }
  | { readonly type: "found"; readonly finding: Finding; readonly askedAtMs?: number }
  /** An idle lease could not be taken over, or nobody knows whether it could. */
  | { readonly type: "start-failed"; readonly key: string; readonly error: SerializedError }
  /** Another run has taken an idle lease over: what the store has of it. */
  | { readonly type: "passed-on"; readonly lease: LeaseRow }
  /** Idle leases are wanted no longer. */
  | { readonly type: "cool" }
  | { readonly type: "reported"; readonly report: LeaseReport; readonly askedAtMs?: number }
  /** The result manifest of an attempt is in the artifact store: the command is over, whatever the platform says of its container. */
  | { readonly type: "result-seen"; readonly key: string }
  /** The outputs of an ended attempt were looked for. No manifest and no error: there was nothing. */
  | { readonly type: "collected"; readonly key: string; readonly manifest?: ResultManifest; readonly error?: SerializedError }
  | { readonly type: "released"; readonly key: string; readonly answer: "released" | "pending" }
  | { readonly type: "release-failed"; readonly key: string; readonly error: SerializedError }
  /** Answer to the question for the final charge. */
  /** `gone`: the seller knows nothing of the lease any more, so no charge will come. */
  | { readonly type: "charged"; readonly key: string; readonly charge?: Charge; readonly gone?: true; readonly askedAtMs?: number }
  | {
      readonly type: "accepted";
      readonly winner: number;
      readonly errorProbability: number;
      readonly agreed: readonly number[];
      readonly wrong: readonly number[];
    }
  /** The verifier gave up. */
  | { readonly type: "rejected"; readonly error: SerializedError; readonly wrong: readonly number[] }
  | { readonly type: "promoted"; readonly outputs: readonly OutputArtifact[] }
  | { readonly type: "promotion-failed"; readonly error: SerializedError }
  | { readonly type: "stop"; readonly attempt: number; readonly why: NonNullable<AttemptRow["stopping"]>; readonly error: SerializedError }
  | { readonly type: "cancel"; readonly reason?: string }
  | { readonly type: "fail"; readonly error: SerializedError }
  /** Nothing can be placed now. `forget`: drop the exclusions, everything else is excluded. */
  | {
      readonly type: "waiting";
      readonly error: SerializedError;
      readonly untilMs?: number;
      readonly forget: boolean;
      readonly tell: boolean;
    }
  /** The run was taken up by a new process. */
  | { readonly type: "recover" };

/** Effects to carry out after the state is committed. Repeating one is harmless; the runtime drops those under way. */
export type Command =
  | { readonly kind: "bind"; readonly key: string }
  | { readonly kind: "start"; readonly key: string }
  | { readonly kind: "find"; readonly key: string }
  | { readonly kind: "watch"; readonly key: string }
  | { readonly kind: "collect"; readonly key: string }
  | { readonly kind: "release"; readonly key: string }
  | { readonly kind: "ask-charge"; readonly key: string }
  | { readonly kind: "promote" };
