import type { Agreement } from "./agreement.js";
import { uuid } from "./allocations.js";
import { formatGlm } from "./glm.js";
import type { YagnaWorld } from "./world.js";

/** Sent, agreed to or refused, and paid. */
export type BillStatus = "RECEIVED" | "ACCEPTED" | "REJECTED" | "SETTLED";

/** What a provider asks for: a debit note on the way, or the invoice at the end. Amount in units of 10⁻¹⁸ GLM. */
export interface Bill {
  readonly kind: "debitNote" | "invoice";
  readonly id: string;
  readonly agreement: Agreement;
  /** Of a debit note: its one activity. */
  readonly activityIds: readonly string[];
  readonly amount: bigint;
  readonly atMs: number;
  readonly dueDate: string;
  readonly platform: string;
  /** Of a debit note: the usage it counts, in seconds. */
  readonly usage: readonly number[];
  readonly previousId: string | undefined;
  status: BillStatus;
}

/** What is known when a bill is written. */
export type BillDraft = Pick<Bill, "kind" | "agreement" | "activityIds" | "amount" | "usage" | "previousId">;

const DUE_MS = 24 * 3_600_000;

/** Writes a bill out. */
export function writeBill(draft: BillDraft, atMs: number, world: YagnaWorld): Bill {
  const chosen = draft.agreement.counter.properties["golem.com.payment.chosen-platform"];
  return {
    ...draft,
    id: uuid(world.newId()),
    atMs,
    dueDate: world.iso(atMs + DUE_MS),
    platform: typeof chosen === "string" ? chosen : (world.platforms[0] ?? ""),
    status: "RECEIVED",
  };
}

/** A bill as the payment API shows it. */
export function showBill(bill: Bill, world: YagnaWorld): object {
  const { agreement, platform } = bill;
  const common = {
    issuerId: agreement.provider.nodeId,
    recipientId: world.identity,
    payeeAddr: agreement.provider.wallet,
    payerAddr: agreement.counter.properties[`golem.com.payment.platform.${platform}.address`] ?? world.identity,
    paymentPlatform: platform,
    timestamp: world.iso(bill.atMs),
    agreementId: agreement.id,
    paymentDueDate: bill.dueDate,
    status: bill.status,
  };
  if (bill.kind === "invoice") return { invoiceId: bill.id, ...common, activityIds: bill.activityIds, amount: formatGlm(bill.amount) };
  return {
    debitNoteId: bill.id,
    ...common,
    previousDebitNoteId: bill.previousId ?? null,
    activityId: bill.activityIds[0],
    totalAmountDue: formatGlm(bill.amount),
    usageCounterVector: bill.usage,
  };
}
