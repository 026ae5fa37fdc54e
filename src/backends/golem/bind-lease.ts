import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { adoptAgreement } from "./adopt-agreement.js";
import { toNodeCommand } from "./command.js";
import { cleanerOf, type Desk, openAgreements } from "./desk.js";
import { attoGlm } from "./glm.js";
import { toSdkImage } from "./images.js";
import { workloadOptions } from "./options.js";
import { refTo } from "./reference.js";
import { runLease } from "./run-lease.js";
import { Session } from "./session.js";
import { recordAgreement, signAgreement } from "./sign-agreement.js";
import { isAllocationOf, taggedAmount } from "./tags.js";
import { termsOf } from "./terms.js";
import { requireVolumes } from "./volumes.js";

/** An allocation outlives what it is for: the invoice comes after the end, and one that has run out can pay none. */
const ALLOCATION_AFTER_MS = 3_600_000;
const CLEAN_UP_LIMIT_MS = 30_000;

/**
 * Sets funds aside, puts an order on the market, signs with the best bid and lets the lease run. An abort ends the wait at once; what was
 * under way then is taken back or left to be found.
 */
export function bindLease(placement: Placement, desk: Desk, call: CallContext): Promise<Lease> {
  const { signal } = call;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    bind(placement, desk, call)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

async function bind(placement: Placement, desk: Desk, call: CallContext): Promise<Lease> {
  const { backend, options, yagna } = desk;
  const { key, launch, offer } = placement;
  const known = desk.sessions.get(key)?.lease;
  if (known !== undefined) return known;
  const chosen = parseBackendOptions("golem", workloadOptions, placement.options);
  const image = toSdkImage(launch.image, backend, options, chosen);
  const volumes = chosen.volumes ?? options.volumes;
  requireVolumes(launch, volumes, backend);
  // Whatever cannot be put into one command has to show before there is anything to pay.
  toNodeCommand(launch, backend, volumes[0]);
  const session = newSession(placement, volumes, await desk.rate.usdPerGlm(options.bindQuoteAgeMs, call), desk, call);
  const earlier = (await openAgreements(desk, call)).find((agreement) => agreement.key === key);
  const funds = (await yagna.allocations(call)).find((allocation) => isAllocationOf(allocation, key, call.host));
  if (earlier !== undefined) return adoptAgreement(session, earlier.agreementId, funds?.allocationId, desk, call);

  // Only now: what was bound under this key before is the answer, however old the offer is.
  if (offer.expiresAtMs <= call.host.now()) {
    throw new SchedulerError("OFFER_EXPIRED", `${backend}: the offer "${offer.id}" has expired.`, { effect: "none", details: { backend } });
  }
  // Nothing is made yet. What is made next can be found by the key alone.
  await call.progress(refTo(backend, key, {}));
  requireWanted(call);
  if (funds !== undefined) await yagna.releaseAllocation(call, funds.allocationId);
  const terms = termsOf(placement, session.usdPerGlm, options);
  const { allocationId: allocation } = await yagna.createAllocation(call, {
    platform: desk.platform,
    amount: taggedAmount(attoGlm(terms.totalGlm), key, call.host),
    untilMs: call.host.now() + terms.rentSeconds * 1_000 + ALLOCATION_AFTER_MS + options.invoiceMs,
  });
  // What this rejects with goes up as it is, and nothing is done any more: another process has the run.
  await call.progress(refTo(backend, key, { allocation, usdPerGlm: session.usdPerGlm }));

  desk.sessions.set(key, session);
  try {
    requireWanted(call);
    const thread = await desk.house.get(call);
    const signed = await signAgreement({ placement, session, thread, terms, image, allocation }, desk, call);
    recordAgreement(session, signed, allocation, desk, call);
    // Nobody waits for it any more; whoever looks for the key finds it, and releases it.
    if (!call.signal.aborted) runLease(session, thread, desk);
    return session.lease ?? { ref: refTo(backend, key, { agreement: signed.agreementId }) };
  } catch (error) {
    desk.sessions.delete(key);
    session.close();
    throw await afterFailure(error, session, allocation, desk, call);
  }
}

/** After a failure that certainly signed nothing the funds are given back; otherwise they are left, by which the lease is found. */
async function afterFailure(error: unknown, session: Session, allocation: string, desk: Desk, call: CallContext): Promise<unknown> {
  const isHarmless = SchedulerError.isInstance(error) && error.effect === "none";
  const isAbort = call.signal.aborted && error === call.signal.reason;
  if (!isHarmless && !isAbort) return error;
  const { host } = call;
  const later = { ...call, signal: new AbortController().signal, deadlineMs: host.now() + CLEAN_UP_LIMIT_MS };
  try {
    // An abort may have come while a provider was asked.
    const isSigned = isAbort && (await openAgreements(desk, later)).some(({ key }) => key === session.key);
    if (!isSigned) await desk.yagna.releaseAllocation(later, allocation);
    return error;
  } catch {
    call.logger.warn({ key: session.key, allocation }, "an allocation could not be released; it ends by itself");
    if (!SchedulerError.isInstance(error)) return error;
    const { code, message, retry, details, cause } = error;
    return new SchedulerError(code, message, { retry, effect: "unknown", details, cause });
  }
}

function newSession(placement: Placement, volumes: readonly string[], usdPerGlm: number, desk: Desk, call: CallContext): Session {
  const secrets = Object.values(placement.launch.secrets).map((secret) => secret.reveal());
  const { namespace, host, logger } = call;
  const session = new Session({
    ...{ backend: desk.backend, launch: placement.launch, volumes, namespace, host, logger },
    logBytes: desk.options.logBytes,
    clean: cleanerOf(secrets, desk.clean),
  });
  session.usdPerGlm = usdPerGlm;
  return session;
}

function requireWanted({ signal }: CallContext): void {
  if (signal.aborted) throw signal.reason;
}
