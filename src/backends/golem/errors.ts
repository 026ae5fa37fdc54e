import type { Effect, ErrorCode } from "../../model/errors/codes.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { WorkerFailure } from "./worker/messages.js";

/** What the SDK was doing when it failed. */
export interface SdkContext {
  readonly backend: string;
  /** Completes the sentence "could not ...". */
  readonly doing: string;
  /** What may have happened all the same. */
  readonly effect: Effect;
  /** Takes secrets out of the SDK's sentence: it quotes what it was told to do. */
  readonly clean: (text: string) => string;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly effect?: Effect;
  readonly say?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface Rule {
  readonly name?: RegExp;
  readonly code?: RegExp;
  readonly status?: (status: number) => boolean;
  readonly message?: RegExp;
  readonly to: Meaning;
}

const RATE_LIMIT_WAIT_MS = 2_000;

/** By class, code and status; by message last, because the SDK drops the rest on the way. The place to extend. */
const RULES: readonly Rule[] = [
  {
    name: /^WorkerEnded$/,
    to: { code: "BACKEND_UNAVAILABLE", say: "the SDK ended unexpectedly; it is started again for the next call" },
  },
  { name: /^OwnLimit$/, to: { code: "BACKEND_TIMEOUT" } },
  { name: /^MalformedAnswer$/, to: { code: "BACKEND_RESPONSE_INVALID" } },
  { message: /Invalid response from the server/, to: { code: "BACKEND_RESPONSE_INVALID" } },
  {
    status: (status) => status === 401,
    to: { code: "BACKEND_AUTH_FAILED", effect: "none", say: "the daemon refused the app key; check `appKey` or YAGNA_APPKEY" },
  },
  {
    status: (status) => status === 429,
    to: { code: "BACKEND_RATE_LIMITED", effect: "none", details: { retryAfterMs: RATE_LIMIT_WAIT_MS } },
  },
  { message: /insufficient/i, to: { code: "INSUFFICIENT_FUNDS" } },
  {
    message: /unable to get image|failed to fetch image/i,
    to: {
      code: "IMAGE_PULL_FAILED",
      effect: "none",
      say: "Golem's image registry does not know the image, or cannot be reached; a hash with an address needs no registry",
    },
  },
  { name: /^GolemConfigError$/, to: { code: "BACKEND_REJECTED", effect: "none" } },
  { name: /^ActivityTerminated$/, to: { code: "LEASE_LOST" } },
  {
    message: /receiver is gone/i,
    to: { code: "STAGING_FAILED", say: "a file's place is not below a VOLUME of the image; check `volumes`" },
  },
  { message: /not found in container/i, to: { code: "OUTPUT_MISSING" } },
  {
    message: /invalid ?hash|hash mismatch/i,
    to: { code: "IMAGE_PULL_FAILED", say: "the image does not have the hash that it is known by" },
  },
  { code: /^ActivityDeploymentFailed$/, message: /transfer|http|download|image|timeout/i, to: { code: "IMAGE_PULL_FAILED" } },
  { code: /^(ActivityDeploymentFailed|ActivityCreationFailed|ActivityStatusQueryFailed)$/, to: { code: "PROVISIONING_FAILED" } },
  { name: /^TransferFailed$/, to: { code: "STAGING_FAILED" } },
  { code: /^(ActivityResultsFetchingFailed|ScriptExecutionFailed)$/, to: { code: "LEASE_LOST" } },
  { code: /^ScriptInitializationFailed$/, to: { code: "STAGING_FAILED" } },
  { name: /^(NoLease|NoDraft|Dropped)$/, to: { code: "LEASE_LOST" } },
  { name: /^Golem(Timeout|Abort)Error$/, to: { code: "BACKEND_TIMEOUT" } },
  { status: (status) => status === 408 || status === 504, to: { code: "BACKEND_TIMEOUT" } },
];

/** What a failure of the SDK means to the engine. */
export function toSdkError(failure: WorkerFailure, { backend, doing, effect, clean }: SdkContext): SchedulerError {
  const { code, effect: known, say, details } = RULES.find((rule) => fits(rule, failure))?.to ?? { code: "BACKEND_UNAVAILABLE" };
  return new SchedulerError(code, `${backend} could not ${doing}: ${say ?? clean(failure.message).slice(0, 300)}.`, {
    effect: known ?? effect,
    details: { backend, ...details, ...(failure.status === undefined ? {} : { status: failure.status }) },
    // Its message may quote a command.
    cause: new Error([failure.name, failure.code].filter((part) => part !== undefined).join(" ")),
  });
}

/** A provider said no to an agreement, or nothing: another one may say yes, and nothing was agreed. */
export function isRefusedAgreement({ name, code, status, message }: WorkerFailure): boolean {
  if (name === "NoDraft") return true;
  if (code !== "AgreementApprovalFailed" && code !== "ResourceRentalCreationFailed") return false;
  return status === 410 || status === 408 || status === 404 || status === 409 || /cannot be approved/.test(message);
}

function fits({ name, code, status, message }: Rule, failure: WorkerFailure): boolean {
  return (
    (name === undefined || name.test(failure.name)) &&
    (code === undefined || code.test(failure.code ?? "")) &&
    (status === undefined || (failure.status !== undefined && status(failure.status))) &&
    (message === undefined || message.test(failure.message))
  );
}
