import type { ReportBody } from "../../kit/each.js";
import type { Charge, LeasePhase, NodeIdentity } from "../../kit/index.js";
import { meter } from "../../kit/metering.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import type { Billing } from "../../model/offer.js";
import { OUR_REASON, TAGS } from "./names.js";
import { adviceFor, blockOf, failureOf, wasReclaimed } from "./reasons.js";
import type { JobDetail } from "./wire.js";

/** What {@link reportOf} needs beside the job. */
export interface ReportSetting {
  readonly billing: Billing;
  readonly nowMs: number;
  readonly capacityPatienceMs: number;
  readonly node: NodeIdentity;
  /** Price of the queue for jobs without a price tag of ours. USD per hour. */
  readonly fallbackUsdPerHour: number;
}

type Verdict = { readonly phase: LeasePhase; readonly exitCode?: number; readonly reason?: ErrorCode; readonly message?: string };

export const isFinal = ({ status }: Pick<JobDetail, "status">): boolean => status === "SUCCEEDED" || status === "FAILED";

/** True when its lease was released: by a termination of ours, or by a tag on what had ended by itself. */
export const isReleased = (job: Pick<JobDetail, "status" | "statusReason"> & { readonly tags?: JobDetail["tags"] }): boolean =>
  isFinal(job) && (job.statusReason?.startsWith(OUR_REASON) === true || job.tags?.[TAGS.released] !== undefined);

/** Everything that the job says about its end, the most particular first. */
const textsOf = (job: JobDetail): readonly (string | undefined)[] => [
  job.statusReason,
  job.container?.reason,
  ...(job.attempts ?? []).flatMap((attempt) => [attempt.statusReason, attempt.container?.reason]),
];

/** A job as a report on its lease. */
export function reportOf(job: JobDetail, setting: ReportSetting): ReportBody {
  const { phase, exitCode, reason, message } = verdictOf(job, setting);
  return omitUndefined({
    kind: "status",
    phase,
    exitCode,
    reason,
    message,
    node: setting.node,
    charge: chargeOf(job, setting),
    startedAtMs: job.startedAt,
    endedAtMs: isFinal(job) ? job.stoppedAt : undefined,
  });
}

function verdictOf(job: JobDetail, setting: ReportSetting): Verdict {
  switch (job.status) {
    case "SUBMITTED":
    case "PENDING":
      return { phase: "pending" };
    case "RUNNABLE":
      return waiting(job, setting);
    case "STARTING":
      return { phase: "starting" };
    case "RUNNING":
      return { phase: "running" };
    case "SUCCEEDED":
      return succeeded(job);
    case "FAILED":
      return failed(job);
    case "unknown":
      // A state that this version does not know: the job is there, and that is all one can say.
      return { phase: job.startedAt === undefined ? "pending" : "running" };
  }
}

/** Waiting is no failure, and the provisioning deadline ends it; only what will never pass by itself is told at once. */
function waiting(job: JobDetail, { nowMs, capacityPatienceMs }: ReportSetting): Verdict {
  const block = blockOf(job.statusReason);
  if (block === undefined) return { phase: "pending", ...messageOf(job.statusReason) };
  const message = `${job.statusReason ?? ""} ${block.advice}`;
  const waitedMs = nowMs - (job.createdAt ?? nowMs);
  return block.isLasting || waitedMs >= capacityPatienceMs
    ? { phase: "ended", reason: block.code, message }
    : { phase: "pending", message };
}

/**
 * A command that handles SIGTERM and ends with 0 is recorded as a success though it was cut short: after a termination or a reclaim
 * exit code 0 means nothing. Where the job tells neither, only the declared outputs show it.
 */
function succeeded(job: JobDetail): Verdict {
  const texts = textsOf(job);
  if (isEndedByUs(job)) return { phase: "ended", reason: "CANCELLED", ...messageOf(job.statusReason) };
  if (wasReclaimed(texts))
    return {
      phase: "ended",
      reason: "PREEMPTED",
      message: "The machine was taken back; the command ended with 0 when it was told to stop.",
    };
  if (job.isTerminated || job.isCancelled) return { phase: "ended", reason: "LEASE_LOST", message: terminatedBySomebody(job) };
  return { phase: "exited", exitCode: job.container?.exitCode ?? 0 };
}

function failed(job: JobDetail): Verdict {
  if (isEndedByUs(job)) return { phase: "ended", reason: "CANCELLED", ...messageOf(job.statusReason) };
  const texts = textsOf(job);
  const exitCode = job.container?.exitCode ?? job.attempts?.at(-1)?.container?.exitCode;
  const reason = failureOf(texts);
  if (reason !== undefined) {
    const message = [...new Set(texts.filter((text) => text !== undefined)), adviceFor(reason, texts)]
      .filter((text) => text !== undefined)
      .join(" ");
    // The command's own memory: it did end, and the exit code is its own. Everything else ended it from outside.
    return reason === "WORKLOAD_OUT_OF_MEMORY" && exitCode !== undefined
      ? { phase: "exited", exitCode, reason, message }
      : { phase: "ended", reason, message };
  }
  if (job.isTerminated || job.isCancelled) return { phase: "ended", reason: "LEASE_LOST", message: terminatedBySomebody(job) };
  // No exit code: the command never ran, or the host vanished. 137 and 143 without a reason: killed from outside.
  if (exitCode === undefined || exitCode === 137 || exitCode === 143) {
    const what =
      exitCode === undefined ? "The job failed without an exit code." : `The command was killed from outside (exit code ${exitCode}).`;
    const started = job.startedAt !== undefined;
    return { phase: "ended", reason: started ? "LEASE_LOST" : "PROVISIONING_FAILED", message: `${what} ${job.statusReason ?? ""}`.trim() };
  }
  return { phase: "exited", exitCode };
}

const isEndedByUs = (job: JobDetail): boolean => job.statusReason?.startsWith(OUR_REASON) === true;

const terminatedBySomebody = (job: JobDetail): string => `Somebody else terminated the job: ${job.statusReason ?? "no reason given"}`;

const messageOf = (text: string | undefined): { readonly message?: string } => (text === undefined ? {} : { message: text });

/** Metered from the command's start to its end at the price that was agreed. Waiting in the queue costs nothing. */
export function chargeOf(job: JobDetail, { billing, nowMs, fallbackUsdPerHour }: ReportSetting): Charge {
  const final = isFinal(job);
  if (job.startedAt === undefined) return { amount: 0n, final };
  const tagged = Number(job.tags?.[TAGS.usdPerHour]);
  const usdPerHour = Number.isFinite(tagged) && tagged >= 0 ? tagged : fallbackUsdPerHour;
  const closed = final ? { closedAtMs: job.stoppedAt ?? nowMs } : {};
  return meter({ price: { usdPerHour }, billing, openedAtMs: job.startedAt, ...closed }, nowMs);
}
