import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import { type Desk, openAgreements } from "./desk.js";
import { type AttoGlm, attoGlm, readGlm } from "./glm.js";
import { glmPerHour, readOfferFacts } from "./offer-properties.js";
import { readRef } from "./reference.js";
import type { Settled } from "./settled-book.js";
import { isAllocationOf } from "./tags.js";
import { BILL_SLACK_SECONDS } from "./terms.js";
import type { Agreement, Invoice } from "./wire.js";

/** The thread has nothing to wait for in it. */
const DROP_LIMIT_MS = 2_000;

/** What a release needs beside the lease. */
export interface ReleaseTools {
  readonly desk: Desk;
  /** When the release of a lease began, host's monotonic ms. */
  readonly begun: Map<string, number>;
  readonly settle: (key: string, settled: Settled) => void;
}

/**
 * Ends whatever there is of a lease and settles its bill, all over REST: the SDK would wait for the invoice without limit and give up halfway when the
 * daemon does not answer. Every step may be done twice, so that it is taken up after a crash where it was left. The end is confirmed: an
 * agreement must be seen to be over, and with the allocation gone nothing can be paid any more.
 */
export async function releaseLease(ref: LeaseRef, tools: ReleaseTools, call: CallContext): Promise<"released" | "pending"> {
  const { desk, begun } = tools;
  const { key } = ref;
  const session = desk.sessions.get(key);
  const { agreement: known, usdPerGlm } = readRef(session?.ref ?? ref);
  const beganMs = begun.get(key) ?? call.host.monotonic();
  begun.set(key, beganMs);
  if (session !== undefined) await dropFromSdk(key, desk, call);

  const agreements = new Set([...(known === undefined ? [] : [known]), ...(await agreementsOf(key, desk, call))]);
  const allocation = await allocationOf(ref, desk, call);
  let accepted = session?.accepted ?? 0n;
  let isWaiting = false;
  for (const id of agreements) {
    if (session?.activityId !== undefined) await destroyActivity(session.activityId, desk, call);
    const agreement = await end(id, desk, call);
    if (agreement === undefined) continue;
    if (agreement.state === "Approved" || agreement.state === "Pending") return "pending";
    if (agreement.state !== "Terminated" && agreement.state !== "Expired") continue;
    const bill = await settleInvoice(agreement, { allocation, ceiling: session?.ceilingGlm }, desk, call);
    if (bill === "none") isWaiting = true;
    else accepted = bill > accepted ? bill : accepted;
  }
  if (isWaiting && allocation !== undefined && call.host.monotonic() - beganMs < desk.options.invoiceMs) return "pending";
  if (isWaiting && allocation !== undefined) {
    call.logger.warn({ key }, "no invoice came for an ended lease; its allocation is released, and a late invoice stays unpaid");
  }
  if (allocation !== undefined) await desk.yagna.releaseAllocation(call, allocation.id);
  session?.accept(accepted);
  const rate = session?.usdPerGlm ?? usdPerGlm;
  if (agreements.size > 0 && rate !== undefined) tools.settle(key, { amount: accepted, usdPerGlm: rate });
  desk.sessions.delete(key);
  session?.ended("CANCELLED", "The lease was released.");
  session?.close();
  begun.delete(key);
  return "released";
}

async function dropFromSdk(key: string, desk: Desk, call: CallContext): Promise<void> {
  const thread = desk.house.current(call.namespace.id);
  if (thread === undefined) return;
  try {
    await thread.order("drop", { key }, { host: call.host, signal: call.signal, limitMs: DROP_LIMIT_MS });
    await thread.order("endNegotiation", { key }, { host: call.host, signal: call.signal, limitMs: DROP_LIMIT_MS });
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    call.logger.debug({ key, error: error instanceof Error ? error.name : "unknown" }, "the SDK did not let go of a lease");
  }
}

const agreementsOf = async (key: string, desk: Desk, call: CallContext): Promise<readonly string[]> =>
  (await openAgreements(desk, call)).filter((agreement) => agreement.key === key).map(({ agreementId }) => agreementId);

interface Funds {
  readonly id: string;
  readonly total: AttoGlm;
}

async function allocationOf(ref: LeaseRef, desk: Desk, call: CallContext): Promise<Funds | undefined> {
  const { allocation: id } = readRef(ref);
  const found =
    id === undefined
      ? (await desk.yagna.allocations(call)).find((allocation) => isAllocationOf(allocation, ref.key, call.host))
      : await desk.yagna.allocation(call, id);
  return found && { id: found.allocationId, total: readGlm(found.totalAmount) ?? 0n };
}

/** A provider that does not answer must not keep the agreement from being ended. */
async function destroyActivity(id: string, desk: Desk, call: CallContext): Promise<void> {
  try {
    await desk.yagna.destroyActivity(call, id);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    if (SchedulerError.isInstance(error) && error.code === "BACKEND_AUTH_FAILED") throw error;
    call.logger.debug({ activity: id }, "an activity could not be destroyed; its agreement is ended all the same");
  }
}

/** The agreement once it was told to end, as the daemon then knows it. */
async function end(id: string, desk: Desk, call: CallContext): Promise<Agreement | undefined> {
  const before = await desk.yagna.agreement(call, id);
  if (before?.state === "Approved") await desk.yagna.terminateAgreement(call, id);
  else if (before?.state === "Pending") await desk.yagna.cancelAgreement(call, id);
  else return before;
  return desk.yagna.agreement(call, id);
}

/** What the invoice came to, 0 when it was refused; `none` while there is none. */
async function settleInvoice(
  agreement: Agreement,
  limits: { readonly allocation: Funds | undefined; readonly ceiling: AttoGlm | undefined },
  desk: Desk,
  call: CallContext,
): Promise<AttoGlm | "none"> {
  const { agreementId } = agreement;
  const invoices = await desk.yagna.invoices(call, agreementId, beginningOf(agreement, call));
  const [invoice] = invoices;
  if (invoice === undefined) return "none";
  const status = invoice.status.toUpperCase();
  const amount = readGlm(invoice.amount) ?? 0n;
  if (status === "ACCEPTED" || status === "SETTLED") return amount;
  if (status !== "RECEIVED" && status !== "ISSUED") return 0n;
  if (amount > mostOf(agreement, limits, desk, call)) {
    await refuse(invoice, desk, call);
    return 0n;
  }
  if (limits.allocation === undefined) return 0n;
  try {
    await desk.yagna.acceptInvoice(call, invoice, limits.allocation.id);
    return amount;
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    if (SchedulerError.isInstance(error) && error.code === "BACKEND_AUTH_FAILED") throw error;
    // The provider may not have heard of it, or everything was done: its status says so the next time.
    call.logger.warn(
      { agreement: agreementId, error: SchedulerError.isInstance(error) ? error.code : "unknown" },
      "an invoice could not be accepted yet",
    );
    return "none";
  }
}

async function refuse(invoice: Invoice, desk: Desk, call: CallContext): Promise<void> {
  const { agreementId: agreement, amount } = invoice;
  call.logger.warn({ agreement, amount }, "an invoice above what was agreed is refused");
  await desk.yagna.rejectInvoice(call, invoice, "The amount is above the agreed prices for the time that passed.");
}

/** The agreed prices for the time since the agreement, with all threads busy; never more than was set aside or held for it. */
function mostOf(
  agreement: Agreement,
  { allocation, ceiling }: { readonly allocation: Funds | undefined; readonly ceiling: AttoGlm | undefined },
  { options }: Desk,
  call: CallContext,
): AttoGlm {
  const facts = readOfferFacts(agreement.offer.properties);
  const hours = (call.host.now() - beginningOf(agreement, call) + BILL_SLACK_SECONDS * 1_000) / 3_600_000;
  const byTime =
    facts === undefined ? 0n : attoGlm((facts.startGlm + glmPerHour(facts) * Math.max(0, hours)) * (1 + options.billTolerance));
  return [
    byTime,
    ...(ceiling === undefined || ceiling === 0n ? [] : [ceiling]),
    ...(allocation === undefined ? [] : [allocation.total]),
  ].reduce((least, one) => (one < least ? one : least));
}

/** When it was made, by the daemon's clock; a day ago where it does not say. */
function beginningOf({ timestamp, approvedDate }: Agreement, call: CallContext): number {
  const atMs = Date.parse(timestamp ?? approvedDate ?? "");
  return Number.isFinite(atMs) ? atMs - 1_000 : call.host.now() - 86_400_000;
}
