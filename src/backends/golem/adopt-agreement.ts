import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Lease } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Desk } from "./desk.js";
import { readOfferFacts } from "./offer-properties.js";
import { refTo } from "./reference.js";
import { runLease } from "./run-lease.js";
import type { Session } from "./session.js";
import { recordAgreement } from "./sign-agreement.js";
import { ceilingOf } from "./terms.js";

const ADOPT_LIMIT_MS = 30_000;

/**
 * Takes up an agreement that an earlier bind of this process signed without hearing of it. What another process signed, or a thread that has ended, cannot
 * be taken up: then the lease is answered as it is, and reports say that it is lost.
 */
export async function adoptAgreement(
  session: Session,
  agreementId: string,
  allocation: string | undefined,
  desk: Desk,
  call: CallContext,
): Promise<Lease> {
  const { backend, options, yagna } = desk;
  const { host, signal } = call;
  const { key, usdPerGlm, launch } = session;
  const ref = refTo(backend, key, omitUndefined({ agreement: agreementId, allocation, usdPerGlm }));
  const agreement = await yagna.agreement(call, agreementId);
  const facts = agreement && readOfferFacts(agreement.offer.properties);
  const thread = desk.house.current(call.namespace.id);
  if (agreement?.state !== "Approved" || facts === undefined || thread === undefined || allocation === undefined) return { ref };
  const ceiling = {
    ...ceilingOf(facts, launch.maxLifetimeMs / 3_600_000, options),
    pricing: { start: facts.startGlm, cpuSec: facts.cpuGlmPerSecond, envSec: facts.envGlmPerSecond },
    threads: facts.threads,
  };
  try {
    await thread.order("adopt", { key, agreementId, allocationId: allocation, ceiling }, { host, signal, limitMs: ADOPT_LIMIT_MS });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    call.logger.warn(
      { key, error: error instanceof Error ? error.name : "unknown" },
      "an agreement could not be taken up; it is left to be ended",
    );
    return { ref };
  }
  const { providerId, properties } = agreement.offer;
  const wallet = properties[`golem.com.payment.platform.${desk.platform}.address`];
  recordAgreement(
    session,
    { agreementId, providerId, wallet: typeof wallet === "string" ? wallet : undefined, facts },
    allocation,
    desk,
    call,
  );
  desk.sessions.set(key, session);
  runLease(session, thread, desk);
  return session.lease ?? { ref };
}
