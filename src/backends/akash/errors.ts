import type { FailedAnswer } from "../../kit/http/http-errors.js";
import type { ErrorVerdict } from "../../kit/map-error.js";
import { textAt } from "../../kit/map-error.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** `details.reason` of refusals that the binding reacts to. */
type Reason = "provider-unreachable" | "manifest-not-delivered" | "bid-gone" | "runtime-limit-unknown";

/** Words in refusals of a bid that cannot be taken any more. */
const BID_GONE = /bid (is )?not open|order (is )?not open|bid.*(closed|lost|not found)|invalid bid/i;
/** Words of a refusal that comes of a trial. */
const TRIAL = /trial/i;

/** The Console's own meaning of a refusal, where it is more than its status: by status first, then by code, then by words. */
export function meaningOf(answer: FailedAnswer): ErrorVerdict | undefined {
  const { status, body } = answer;
  const code = textAt(body, "code") ?? "";
  const text = textOf(body) ?? "";
  if (code === "manifest_not_delivered") {
    return about("manifest-not-delivered", {
      code: "PROVISIONING_FAILED",
      effect: "done",
      message: "The lease exists, and its provider did not take the manifest",
    });
  }
  switch (status) {
    case 402:
      return outOfMoney(code, body);
    case 403:
      return notAllowed(code, text);
    case 409:
      return code === "wallet_provisioning"
        ? {
            code: "BACKEND_REJECTED",
            retry: "later",
            effect: "none",
            message: "The account's wallet is still being made; it takes a minute",
          }
        : undefined;
    case 502:
      if (code !== "provider_unreachable") return undefined;
      return about("provider-unreachable", {
        code: "NO_CAPACITY",
        effect: "none",
        message: "The bid's provider cannot be reached; no lease was made",
      });
    default:
      return BID_GONE.test(text) && status === 400 ? about("bid-gone", { code: "OFFER_EXPIRED", effect: "none" }) : undefined;
  }
}

function outOfMoney(code: string, body: unknown): ErrorVerdict {
  const base = { code: "INSUFFICIENT_FUNDS", effect: "none" } as const;
  if (code === "balance_top_up_pending") {
    return { ...base, retry: "later", message: "Credits are on their way to the account; it goes on once they are there" };
  }
  const required = numberAt(body, "requiredAmountUsd");
  const available = numberAt(body, "availableAmountUsd");
  const amounts =
    required === undefined || available === undefined ? "" : `: ${required.toFixed(2)} USD are needed, ${available.toFixed(2)} are there`;
  return {
    ...base,
    message: `The account lacks credits${amounts}. Add credits in the Console; on a trial, a first payment of 20 USD ends its limits`,
  };
}

function notAllowed(code: string, text: string): ErrorVerdict | undefined {
  if (code === "fair_use_policy_required") {
    return {
      code: "QUOTA_EXCEEDED",
      effect: "none",
      message: "Accept the fair-use policy in the Console, which trial accounts must do once",
    };
  }
  if (code === "trial" || TRIAL.test(code) || TRIAL.test(text)) {
    return {
      code: "QUOTA_EXCEEDED",
      effect: "none",
      message: "A trial account may not do this (GPUs and numbers are limited). Buy credits for at least 20 USD in the Console",
    };
  }
  return undefined;
}

const about = (reason: Reason, verdict: ErrorVerdict): ErrorVerdict => ({ ...verdict, details: { reason } });

/** Whether an error is one of those refusals. */
export const isAbout = (error: unknown, ...reasons: readonly Reason[]): boolean =>
  SchedulerError.isInstance(error) && reasons.some((reason) => error.details["reason"] === reason);

/** The sentence for people. */
export const textOf = (body: unknown): string | undefined => textAt(body, "message", "error", "data.0.message");

/** Told of a 404 that is the Console's own: a gateway without a service answers 404 too. */
export const isOwn404 = ({ body }: FailedAnswer): boolean => textOf(body) !== undefined && typeof body === "object";

function numberAt(body: unknown, field: string): number | undefined {
  const data: unknown = typeof body === "object" && body !== null && "data" in body ? body.data : undefined;
  const value: unknown = typeof data === "object" && data !== null ? Reflect.get(data, field) : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
