import { expect } from "vitest";

/** Keys of what yagna sends, as its API documents and clients have them. A `?` marks those that may be missing. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  identity: ["identity", "name", "role"],
  version: ["current", "pending"],
  currentVersion: ["version", "name", "seen", "releaseTs", "insertionTs", "updateTs"],
  allocation: [
    "allocationId",
    "address",
    "paymentPlatform",
    "totalAmount",
    "spentAmount",
    "remainingAmount",
    "timestamp",
    "timeout",
    "makeDeposit",
  ],
  decorations: ["properties", "constraints"],
  proposalEvent: ["eventType", "eventDate", "proposal"],
  proposal: ["properties", "constraints", "proposalId", "issuerId", "state", "timestamp", "prevProposalId?"],
  rejection: ["eventType", "eventDate", "proposalId", "reason?"],
  agreement: ["agreementId", "demand", "offer", "validTo", "state", "timestamp", "appSessionId?", "approvedDate?"],
  agreementDemand: ["demandId", "requestorId", "properties", "constraints", "timestamp"],
  agreementOffer: ["offerId", "providerId", "properties", "constraints", "timestamp"],
  terminated: ["eventType", "eventDate", "agreementId", "terminator", "signature", "reason"],
  activityState: ["state", "reason", "errorMessage"],
  activityUsage: ["currentUsage", "timestamp"],
  result: ["index", "eventDate", "result", "stdout", "stderr", "message", "isBatchFinished"],
  service: ["listen", "servicesId"],
  debitNoteEvent: ["eventType", "eventDate", "debitNoteId"],
  invoiceEvent: ["eventType", "eventDate", "invoiceId"],
  debitNote: [
    "debitNoteId",
    "issuerId",
    "recipientId",
    "payeeAddr",
    "payerAddr",
    "paymentPlatform",
    "timestamp",
    "agreementId",
    "activityId",
    "totalAmountDue",
    "usageCounterVector",
    "paymentDueDate?",
    "previousDebitNoteId?",
    "status",
  ],
  invoice: [
    "invoiceId",
    "issuerId",
    "recipientId",
    "payeeAddr",
    "payerAddr",
    "paymentPlatform",
    "timestamp",
    "agreementId",
    "activityIds",
    "amount",
    "paymentDueDate",
    "status",
  ],
  agreementEntry: ["id", "timestamp", "approvedDate?", "role"],
  network: ["id", "ip", "mask", "gateway"],
  account: ["platform", "address", "driver", "network", "token", "send", "receive"],
  scannedOffer: ["offerId", "providerId", "properties", "constraints", "timestamp"],
  runtimeEvent: ["batch_id", "index", "timestamp", "kind"],
  problem: ["type", "title", "instance", "detail"],
};

/** Fails unless the value has every key that its kind needs, and none that its kind does not have. */
export function expectKeys(value: object, shape: string): void {
  const names = KEYS[shape] ?? [];
  const known = names.map((name) => name.replace("?", ""));
  const needed = names.filter((name) => !name.endsWith("?"));
  expect(Object.keys(value), shape).toEqual(expect.arrayContaining(needed));
  expect(known, shape).toEqual(expect.arrayContaining(Object.keys(value)));
}
