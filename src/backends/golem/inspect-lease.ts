import type { ReportBody } from "../../kit/each.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import { meaningOfBreak } from "./break-reasons.js";
import type { Desk } from "./desk.js";
import { glmToNanoUsd, readGlm } from "./glm.js";
import { readRef } from "./reference.js";
import type { SettledBook } from "./settled-book.js";
import type { Agreement } from "./wire.js";

/**
 * What is known of a lease: the agreement by the daemon, the rest by the session. The SDK says nothing when a provider ends an agreement while a command
 * runs, so the daemon is asked each time.
 */
export async function inspectLease(ref: LeaseRef, desk: Desk, settled: SettledBook, call: CallContext): Promise<ReportBody | undefined> {
  const { key } = ref;
  const session = desk.sessions.get(key);
  const { agreement: id } = readRef(session?.ref ?? ref);
  if (session === undefined) return forgotten(ref, desk, settled, call);
  const agreement = id === undefined ? undefined : await desk.yagna.agreement(call, id);
  if (id !== undefined && agreement?.state !== "Approved" && !session.isOver) {
    const { reason, message } = await whyEnded(id, agreement, desk, call);
    session.ended(reason, message);
  } else if (id !== undefined && agreement?.state !== "Approved") session.isCollectable = false;
  const { key: _key, ...body } = session.report();
  return body;
}

async function whyEnded(
  id: string,
  agreement: Agreement | undefined,
  desk: Desk,
  call: CallContext,
): Promise<ReturnType<typeof meaningOfBreak>> {
  if (agreement === undefined) return { reason: "LEASE_LOST", message: "The daemon knows the agreement no more." };
  if (agreement.state === "Expired") return meaningOfBreak("Expired", undefined);
  if (agreement.state !== "Terminated") return { reason: "LEASE_LOST", message: `The agreement is in the state ${agreement.state}.` };
  const { code, text } = await desk.yagna.breakReason(call, id);
  return meaningOfBreak(code, text);
}

/** A lease that another process made, or that was released. */
async function forgotten(ref: LeaseRef, desk: Desk, settled: SettledBook, call: CallContext): Promise<ReportBody | undefined> {
  const charge = settled.charge(ref.key);
  if (charge !== undefined) return { kind: "gone", charge };
  const { agreement: id, allocation, usdPerGlm } = readRef(ref);
  const agreement = id === undefined ? undefined : await desk.yagna.agreement(call, id);
  if (id === undefined || agreement === undefined) return undefined;
  const message = "The process that followed the lease is gone, and no other can take it up; it has to be released.";
  const accepted = await acceptedOf(agreement, desk, call);
  // What was set aside is gone, so nothing more can be paid.
  const final = agreement.state !== "Approved" && allocation !== undefined && (await desk.yagna.allocation(call, allocation)) === undefined;
  return omitUndefined({
    kind: "status",
    phase: "ended",
    reason: "LEASE_LOST",
    message,
    charge: usdPerGlm === undefined ? undefined : { amount: glmToNanoUsd(accepted, usdPerGlm), final },
  });
}

/** The largest bill of an agreement that was accepted, by the daemon's books. */
async function acceptedOf({ agreementId, timestamp }: Agreement, desk: Desk, call: CallContext): Promise<bigint> {
  const since = Date.parse(timestamp ?? "");
  const afterMs = Number.isFinite(since) ? since - 1_000 : call.host.now() - 86_400_000;
  const [invoices, notes] = await Promise.all([
    desk.yagna.invoices(call, agreementId, afterMs),
    desk.yagna.debitNotes(call, agreementId, afterMs),
  ]);
  const isAccepted = ({ status }: { readonly status: string }): boolean => /^(accepted|settled)$/i.test(status);
  return [
    ...invoices.filter(isAccepted).map(({ amount }) => amount),
    ...notes.filter(isAccepted).map(({ totalAmountDue }) => totalAmountDue),
  ]
    .map((amount) => readGlm(amount) ?? 0n)
    .reduce(larger, 0n);
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
