import { omitUndefined } from "../../kit/omit-undefined.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { BidBook, type Draft } from "./bid-book.js";
import { toSdkDemand } from "./demand.js";
import type { Desk } from "./desk.js";
import { isRefusedAgreement, toSdkError } from "./errors.js";
import { attoGlm } from "./glm.js";
import type { SdkImage } from "./images.js";
import { signBest } from "./negotiate.js";
import type { OfferFacts } from "./offer-properties.js";
import { type OfferSetting, toOffer } from "./offers.js";
import { refTo } from "./reference.js";
import type { Session } from "./session.js";
import { ceilingOf, type Terms } from "./terms.js";
import { SdkFailure, type SdkThread } from "./worker/sdk-thread.js";

/** Longest time in which the SDK gathers first offers before it answers them, ms. */
const BATCH_MS = 1_000;
const LEAST_BATCH_MS = 50;
/** A provider has a minute to approve; the rest is for the daemon. */
const SIGN_LIMIT_MS = 100_000;
const NEGOTIATE_LIMIT_MS = 30_000;
const END_LIMIT_MS = 30_000;

/** A contract, and with whom. */
export interface Signed {
  readonly agreementId: string;
  readonly providerId: string;
  readonly wallet: string | undefined;
  readonly facts: OfferFacts;
}

/** What an agreement is negotiated with. */
export interface SigningParts {
  readonly placement: Placement;
  readonly session: Session;
  readonly thread: SdkThread;
  readonly terms: Terms;
  readonly image: SdkImage;
  readonly allocation: string;
}

/**
 * Puts the order on the market, gathers bids, signs with the best and takes the order back.
 *
 * @throws NO_BIDS and what the order came to, with effect `none`; with effect `unknown` what signing failed with.
 */
export async function signAgreement(parts: SigningParts, desk: Desk, call: CallContext): Promise<Signed> {
  const { placement, session, thread, terms, image, allocation } = parts;
  const { backend, options } = desk;
  const { key, launch } = placement;
  const { host, signal } = call;
  const setting = bidSetting(desk, session.usdPerGlm, call);
  const book = new BidBook({ backend, host, clean: session.clean, wanted: launch.resources, setting });
  desk.books.set(key, book);
  const order = {
    ...{ key, namespace: call.namespace.id, allocationId: allocation, rentSeconds: terms.rentSeconds },
    demand: toSdkDemand(launch.resources, image, desk.subnet, options),
    limits: { glmPerHour: terms.glmPerHour, startGlm: options.mostStartGlm, totalGlm: terms.totalGlm },
    ...omitUndefined({ nodes: options.nodes?.ids, exceptNodes: options.exceptNodes.length === 0 ? undefined : options.exceptNodes }),
    batchMs: Math.min(BATCH_MS, Math.max(LEAST_BATCH_MS, options.bidWindowMs)),
  };
  try {
    await thread.order("negotiate", order, { host, signal, limitMs: NEGOTIATE_LIMIT_MS }).catch((error: unknown) => {
      if (!(error instanceof SdkFailure)) throw error;
      throw toSdkError(error.failure, { backend, doing: "put the order on the market", effect: "none", clean: session.clean });
    });
    return await signBest(placement, book, options, call, (draft) => sign(draft, parts, desk, call));
  } finally {
    desk.books.delete(key);
    thread.order("endNegotiation", { key }, { host, limitMs: END_LIMIT_MS }).catch(() => undefined);
  }
}

/** Nothing when the provider refused. */
async function sign(draft: Draft, parts: SigningParts, desk: Desk, call: CallContext): Promise<Signed | undefined> {
  const { session, thread, terms, placement } = parts;
  const { proposalId, providerId, wallet, facts } = draft;
  const order = {
    ...{ key: placement.key, proposalId, rentSeconds: terms.rentSeconds },
    ceiling: ceilingOf(facts, terms.lifetimeHours, desk.options),
  };
  try {
    const answer = await thread.order("sign", order, { host: call.host, signal: call.signal, limitMs: SIGN_LIMIT_MS });
    const { agreementId } = answer as { readonly agreementId: string };
    return { agreementId, providerId, wallet, facts };
  } catch (error) {
    if (!(error instanceof SdkFailure)) throw error;
    if (isRefusedAgreement(error.failure)) {
      call.logger.info({ key: placement.key, node: providerId }, "a provider refused the agreement; the next one is asked");
      return undefined;
    }
    throw toSdkError(error.failure, { backend: desk.backend, doing: "sign an agreement", effect: "unknown", clean: session.clean });
  }
}

/** Writes down what was agreed upon. */
export function recordAgreement(session: Session, signed: Signed, allocation: string, desk: Desk, call: CallContext): void {
  const { agreementId, providerId, wallet, facts } = signed;
  const { backend, options } = desk;
  const { usdPerGlm } = session;
  const lifetimeHours = session.launch.maxLifetimeMs / 3_600_000;
  session.ceilingGlm = attoGlm(ceilingOf(facts, lifetimeHours, options).totalGlm);
  session.ref = refTo(backend, session.key, { agreement: agreementId, allocation, usdPerGlm });
  session.price = toOffer(facts, { id: providerId, node: providerId, wallet }, "firm", bidSetting(desk, usdPerGlm, call)).price;
  session.node = omitUndefined({ backend, provider: providerId, operator: wallet?.toLowerCase(), node: providerId });
  session.advance("pending");
}

const bidSetting = ({ backend, options, rate }: Desk, usdPerGlm: number, { host }: CallContext): OfferSetting => ({
  ...{ backend, options, usdPerGlm },
  source: `a bid at ${usdPerGlm} USD/GLM (${rate.source})`,
  expiresAtMs: host.now() + 60_000,
});
