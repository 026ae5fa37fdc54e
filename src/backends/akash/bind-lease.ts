import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { agreedPrice } from "./bids.js";
import { closeDeployment } from "./close-deployment.js";
import { gatherBids, type TakeableBid } from "./gather-bids.js";
import type { Market } from "./market.js";
import type { ResolvedOptions } from "./options.js";
import { type Order, prepareOrder, requireFunds, withoutSecrets } from "./order.js";
import { usdPerHourOf } from "./prices.js";
import type { ProviderBook } from "./provider-book.js";
import type { Recognised, Recogniser } from "./recognise.js";
import { isNewer, refTo, traceTo } from "./reference.js";
import { liveLease, takeBid } from "./take-bid.js";
import type { Deployment } from "./wire.js";

/** How long the end of an order is waited for, ms. A close is one transaction. */
const CLOSE_MS = 45_000;

/** What {@link bindLease} needs beside the placement. */
export interface BindTools {
  readonly backend: string;
  readonly market: Market;
  readonly options: ResolvedOptions;
  readonly book: ProviderBook;
  readonly recogniser: Recogniser;
  /** Name of the attempt at Akash. */
  readonly name: string;
  /** The workload's own options. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly bidWindowMs: number;
}

/**
 * Makes an order, unless the attempt has one; gathers bids, and takes the best that can be taken. The order is made once: when its answer is lost, `find`
 * looks for it by its hash. Without a bid that may be taken, the order is closed again.
 *
 * @throws NO_BIDS, OFFER_EXPIRED, INSUFFICIENT_FUNDS, UNSUPPORTED_WORKLOAD with effect `none`, and what the client throws.
 */
export async function bindLease(placement: Placement, tools: BindTools, call: CallContext): Promise<Lease> {
  if (call.signal.aborted) throw call.signal.reason;
  const open = await tools.recogniser.open(call);
  const earlier = open.find(({ name }) => name === tools.name) ?? unnamedOf(placement, open, tools, call);
  if (earlier !== undefined && earlier.deployment.leases.length > 0) return leaseOf(placement, earlier.deployment, tools);
  if (earlier !== undefined) return resume(placement, earlier, tools, call);
  if (placement.offer.expiresAtMs <= call.host.now()) {
    throw refusal("OFFER_EXPIRED", `${tools.backend}: the offer "${placement.offer.id}" has expired.`, tools.backend);
  }
  const order = prepareOrder(placement, tools, call);
  await requireFunds(tools.market, placement, tools, call);
  const dseq = await makeOrder(placement, order, open, tools, call);
  return concludeOrder(placement, order, dseq, tools, call);
}

/** An order of this very launch whose name nobody tells, by its hash. */
function unnamedOf(placement: Placement, open: readonly Recognised[], tools: BindTools, call: CallContext): Recognised | undefined {
  const candidates = open.filter(({ name }) => name === undefined);
  if (candidates.length === 0) return undefined;
  const { hash } = prepareOrder(placement, tools, call);
  return candidates.find(({ deployment }) => deployment.deployment.hash === hash);
}

async function resume(placement: Placement, earlier: Recognised, tools: BindTools, call: CallContext): Promise<Lease> {
  const { backend } = tools;
  tools.recogniser.learn(earlier.dseq, tools.name);
  await call.progress(refTo(backend, placement.key, earlier.dseq));
  const order = preparedOr(placement, tools, call);
  if (SchedulerError.isInstance(order)) return giveUp(earlier.dseq, order, tools, call);
  if (earlier.deployment.deployment.hash === order.hash) return concludeOrder(placement, order, earlier.dseq, tools, call);
  // Its manifest is another one, with addresses that have been signed anew since: no provider would take this one for it.
  return giveUp(
    earlier.dseq,
    refusal("OFFER_EXPIRED", `${backend}: an order of this attempt was left behind, and it was closed.`, backend),
    tools,
    call,
  );
}

function preparedOr(placement: Placement, tools: BindTools, call: CallContext): Order | SchedulerError {
  try {
    return prepareOrder(placement, tools, call);
  } catch (error) {
    if (SchedulerError.isInstance(error)) return error;
    throw error;
  }
}

async function makeOrder(
  placement: Placement,
  order: Order,
  open: readonly Recognised[],
  tools: BindTools,
  call: CallContext,
): Promise<string> {
  const { backend, market, options, name, recogniser } = tools;
  const newest = open.reduce((latest, { dseq }) => (isNewer(dseq, latest) ? dseq : latest), "0");
  await call.progress(traceTo(backend, placement.key, { hash: order.hash, after: newest }));
  if (call.signal.aborted) throw call.signal.reason;
  const { sdl, limitHours } = order;
  const depositUsd = options.funding.depositUsd;
  const made = await market
    .create(call, { sdl, name, depositUsd, ...(limitHours === undefined ? {} : { limitHours }) })
    .catch((error: unknown) => {
      throw withoutSecrets(error, placement);
    });
  recogniser.learn(made.dseq, name);
  if (made.manifest !== undefined && made.manifest !== order.manifest.reveal()) {
    recogniser.doubtHashes();
    call.logger.warn(
      { backend, dseq: made.dseq },
      "the Console computes another manifest than this version does; orders are told apart without their hashes",
    );
  }
  await call.progress(refTo(backend, placement.key, made.dseq));
  return made.dseq;
}

/** From an order to a lease. */
async function concludeOrder(placement: Placement, order: Order, dseq: string, tools: BindTools, call: CallContext): Promise<Lease> {
  const { backend, market, options } = tools;
  if (options.runtimeLimit === "require" && order.limitHours !== undefined && (await market.limitHours(call, dseq)) === undefined) {
    const text = `${backend}: the Console set no runtime limit, which the option \`runtimeLimit\` asks for; the order was closed. Set it to "try" or "off" to do without.`;
    return giveUp(dseq, refusal("BACKEND_REJECTED", text, backend), tools, call);
  }
  const nowMs = call.host.monotonic();
  const refused = new Set<string>();
  // Enough is kept of the call's time for closing the order.
  const leftMs = call.deadlineMs - call.host.now() - CLOSE_MS - options.transactionMs;
  const waitEndsMs = nowMs + Math.min(options.bidLimitMs, Math.max(tools.bidWindowMs, leftMs));
  const gathering = { backend, market, options, book: tools.book, placement, dseq, refused, waitEndsMs };
  for (let windowEndsMs = nowMs + tools.bidWindowMs; ; windowEndsMs = 0) {
    const bids = await gatherBids({ ...gathering, windowEndsMs }, call);
    if (bids.length === 0) return giveUp(dseq, noBids(backend, refused.size), tools, call);
    for (const bid of bids) {
      const lease = await tryBid(placement, order, dseq, bid, tools, call);
      if (lease !== undefined) return lease;
      refused.add(bid.bid.id.provider);
    }
  }
}

/** The lease of a bid, or nothing when that bid cannot be taken. */
async function tryBid(
  placement: Placement,
  order: Order,
  dseq: string,
  { bid, ranked }: TakeableBid,
  tools: BindTools,
  call: CallContext,
): Promise<Lease | undefined> {
  const { backend, market, options } = tools;
  const { gseq, oseq, provider } = bid.id;
  const deal = { dseq, gseq, oseq, provider };
  const taken = await takeBid({ market, tries: options.manifestTries }, deal, order.manifest, call).catch(async (error: unknown) => {
    const noMoney = SchedulerError.isInstance(error) && error.code === "INSUFFICIENT_FUNDS";
    throw noMoney ? await closedFor(dseq, error, tools, call) : error;
  });
  if (taken.kind === "refused") {
    call.logger.info({ backend, dseq, provider, code: taken.why.code }, "a bid could not be taken; the next one is tried");
    return undefined;
  }
  const lease = { ...leaseOf(placement, taken.detail, tools), price: ranked.price };
  if (taken.kind === "leased") return lease;
  // It costs money from here on, and will never run. Whoever looks at the lease next sees its end; the release looks for its confirmation.
  await market.close(call, dseq);
  const message = "The provider did not take the manifest; the lease was closed.";
  return { ...lease, report: { kind: "status", key: placement.key, phase: "ended", reason: "PROVISIONING_FAILED", message } };
}

function leaseOf({ key }: Placement, detail: Deployment, { backend, options }: BindTools): Lease {
  const ref = refTo(backend, key, detail.deployment.id.dseq);
  const lease = liveLease(detail) ?? detail.leases[0];
  if (lease === undefined) return { ref };
  const { provider } = lease.id;
  const usdPerHour = lease.price == null ? undefined : usdPerHourOf(lease.price, options);
  const node = { backend, provider, operator: provider };
  return { ref, node, ...(usdPerHour === undefined ? {} : { price: agreedPrice(usdPerHour, options) }) };
}

/** Closes an order that came to nothing, and throws. */
async function giveUp(dseq: string, error: SchedulerError, tools: BindTools, call: CallContext): Promise<never> {
  throw await closedFor(dseq, error, tools, call);
}

/** The error with effect `none` once the order is seen to be closed; otherwise with an effect that makes somebody look for it. */
async function closedFor(dseq: string, error: SchedulerError, { backend, market }: BindTools, call: CallContext): Promise<SchedulerError> {
  const closed = await closeDeployment({ backend, market, waitMs: CLOSE_MS }, dseq, call).catch((failure: unknown) => {
    if (call.signal.aborted) throw failure;
    return false;
  });
  const { code, message, retry, details } = error;
  return new SchedulerError(code, closed ? message : `${message} Its order could not be closed yet.`, {
    retry,
    effect: closed ? "none" : "unknown",
    details,
  });
}

function noBids(backend: string, refused: number): SchedulerError {
  const tried = refused === 0 ? "nobody made a bid that may be taken" : `${refused} bids could not be taken, and there was no other`;
  return refusal("NO_BIDS", `${backend}: ${tried} within the time for bids.`, backend);
}

const refusal = (code: "NO_BIDS" | "OFFER_EXPIRED" | "BACKEND_REJECTED", message: string, backend: string): SchedulerError =>
  new SchedulerError(code, message, { effect: "none", details: { backend } });
