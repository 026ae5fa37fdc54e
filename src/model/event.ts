import type { AttemptPurpose, Outcome } from "./attempt.js";
import type { ErrorCode } from "./errors/codes.js";
import type { RunStatus } from "./run.js";

/** What every event says. */
export interface EventBase {
  readonly runId: string;
  /** Counts from 1 within the run, without gaps. */
  readonly sequence: number;
  readonly atMs: number;
}

/** What every event about one attempt says. */
export interface AttemptEvent extends EventBase {
  readonly attempt: number;
  readonly backend: string;
}

/** Everything that happens to a run, as told to `run.events()` and `scheduler.on`. Names are noun-verb and stable. */
export type RunEvent =
  | (EventBase & { readonly type: "run-accepted" })
  | (EventBase & { readonly type: "run-waiting"; readonly reason: ErrorCode; readonly message: string; readonly untilMs?: number })
  | (AttemptEvent & {
      readonly type: "attempt-planned";
      readonly purpose: AttemptPurpose;
      readonly offerId: string;
      readonly expectedCostUsd: number;
      readonly decisionId: string;
    })
  | (AttemptEvent & { readonly type: "lease-opened"; readonly node?: string })
  /** Instead of `lease-opened`: an idle lease that is paid for until `paidUntilMs` was taken over. */
  | (AttemptEvent & { readonly type: "lease-reused"; readonly node?: string; readonly leaseKey: string; readonly paidUntilMs: number })
  /** Instead of `lease-released`: its time is paid for, so it stays open for the next work until `idleUntilMs`. */
  | (AttemptEvent & { readonly type: "lease-kept"; readonly idleUntilMs: number; readonly chargedUsd: number })
  | (AttemptEvent & { readonly type: "attempt-started"; readonly node?: string })
  | (AttemptEvent & {
      readonly type: "attempt-ended";
      readonly outcome: Outcome;
      readonly code?: ErrorCode;
      readonly message?: string;
      readonly exitCode?: number;
    })
  | (AttemptEvent & { readonly type: "lease-lost"; readonly code: ErrorCode })
  | (AttemptEvent & { readonly type: "lease-released"; readonly chargedUsd: number })
  | (AttemptEvent & { readonly type: "lease-stuck"; readonly message: string })
  | (EventBase & { readonly type: "fallback"; readonly from: string; readonly code: ErrorCode; readonly message: string })
  | (AttemptEvent & { readonly type: "result-rejected"; readonly code: ErrorCode })
  | (AttemptEvent & { readonly type: "result-accepted"; readonly errorProbability: number })
  | (EventBase & { readonly type: "run-promoting" })
  | (EventBase & { readonly type: "run-ended"; readonly status: RunStatus; readonly code?: ErrorCode; readonly message?: string })
  | (EventBase & { readonly type: "run-settled"; readonly spentUsd: number });

/** Every event type, for listings and checks. */
export const EVENT_TYPES = [
  "run-accepted",
  "run-waiting",
  "attempt-planned",
  "lease-opened",
  "lease-reused",
  "lease-kept",
  "attempt-started",
  "attempt-ended",
  "lease-lost",
  "lease-released",
  "lease-stuck",
  "fallback",
  "result-rejected",
  "result-accepted",
  "run-promoting",
  "run-ended",
  "run-settled",
] as const satisfies readonly RunEvent["type"][];

/** The name of an event. */
export type RunEventType = (typeof EVENT_TYPES)[number];
