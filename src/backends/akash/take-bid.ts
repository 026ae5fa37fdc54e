import { sleep } from "../../kit/sleep.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import { isAbout } from "./errors.js";
import type { Deal, Market } from "./market.js";
import type { Deployment } from "./wire.js";

/** From one delivery of the manifest to the next, ms: the Console itself waits as long between its own tries. */
const RESEND_MS = 6_000;

/** What became of a bid. */
export type Taken =
  | { readonly kind: "leased"; readonly detail: Deployment }
  /** The lease exists and costs money, and its provider does not take the manifest. */
  | { readonly kind: "undelivered"; readonly detail: Deployment }
  /** It could not be taken, and nothing was made. */
  | { readonly kind: "refused"; readonly why: SchedulerError };

/**
 * Takes a bid. The call makes no second lease where one exists but sends the manifest again, so it may be repeated after an answer that says nothing.
 *
 * @throws what the client throws, once it stays unclear whether there is a lease; INSUFFICIENT_FUNDS.
 */
export async function takeBid(
  { market, tries }: { readonly market: Market; readonly tries: number },
  deal: Deal,
  manifest: Secret,
  call: CallContext,
): Promise<Taken> {
  for (let count = 1; ; count += 1) {
    try {
      return { kind: "leased", detail: await market.lease(call, deal, manifest) };
    } catch (error) {
      if (call.signal.aborted || !SchedulerError.isInstance(error)) throw error;
      if (isRefusal(error)) return { kind: "refused", why: error };
      if (!mayBeRepeated(error)) throw error;
      call.logger.warn(
        { provider: deal.provider, dseq: deal.dseq, code: error.code, tried: count },
        "the manifest did not arrive, or nobody says so",
      );
      if (count < tries) {
        await sleep(RESEND_MS, call);
        continue;
      }
      const detail = await market.deployment(call, deal.dseq);
      if (detail !== undefined && liveLease(detail) !== undefined) return { kind: "undelivered", detail };
      throw error;
    }
  }
}

/** The lease that is not over, if there is one. */
export const liveLease = ({ leases }: Deployment): Deployment["leases"][number] | undefined =>
  leases.find(({ state }) => state !== "closed");

/** By the Console's word nothing was made of this bid; another one may be taken. */
const isRefusal = (error: SchedulerError): boolean =>
  isAbout(error, "provider-unreachable", "bid-gone") || error.code === "BACKEND_REJECTED";

const mayBeRepeated = (error: SchedulerError): boolean =>
  isAbout(error, "manifest-not-delivered") ||
  error.code === "BACKEND_UNAVAILABLE" ||
  error.code === "BACKEND_TIMEOUT" ||
  error.code === "BACKEND_RATE_LIMITED" ||
  error.code === "BACKEND_RESPONSE_INVALID";
