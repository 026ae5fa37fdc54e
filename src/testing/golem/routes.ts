import type { GolemOperation } from "./operations.js";

/** Which request it is, and the ids in its path, in order. */
export interface Route {
  readonly operation: GolemOperation;
  readonly ids: readonly string[];
}

type Shape = readonly [operation: GolemOperation, method: string, path: string];

/** `*` stands for one part of the path. */
const SHAPES: readonly Shape[] = [
  ["version", "GET", "/version/get"],
  ["identity", "GET", "/me"],
  ["imageInfo", "GET", "/v1/image/info"],
  ["subscribeDemand", "POST", "/market-api/v1/demands"],
  ["listDemands", "GET", "/market-api/v1/demands"],
  ["unsubscribeDemand", "DELETE", "/market-api/v1/demands/*"],
  ["collectOffers", "GET", "/market-api/v1/demands/*/events"],
  ["getProposal", "GET", "/market-api/v1/demands/*/proposals/*"],
  ["counterProposal", "POST", "/market-api/v1/demands/*/proposals/*"],
  ["rejectProposal", "POST", "/market-api/v1/demands/*/proposals/*/reject"],
  ["createAgreement", "POST", "/market-api/v1/agreements"],
  ["listAgreements", "GET", "/market-api/v1/agreements"],
  ["getAgreement", "GET", "/market-api/v1/agreements/*"],
  ["confirmAgreement", "POST", "/market-api/v1/agreements/*/confirm"],
  ["waitForApproval", "POST", "/market-api/v1/agreements/*/wait"],
  ["cancelAgreement", "POST", "/market-api/v1/agreements/*/cancel"],
  ["terminateAgreement", "POST", "/market-api/v1/agreements/*/terminate"],
  ["terminationReason", "GET", "/market-api/v1/agreements/*/terminate/reason"],
  ["agreementEvents", "GET", "/market-api/v1/agreementEvents"],
  ["beginScan", "POST", "/market-api/v1/scan"],
  ["scanEvents", "GET", "/market-api/v1/scan/*/events"],
  ["endScan", "DELETE", "/market-api/v1/scan/*"],
  ["createActivity", "POST", "/activity-api/v1/activity"],
  ["destroyActivity", "DELETE", "/activity-api/v1/activity/*"],
  ["exec", "POST", "/activity-api/v1/activity/*/exec"],
  ["batchResults", "GET", "/activity-api/v1/activity/*/exec/*"],
  ["activityAgreement", "GET", "/activity-api/v1/activity/*/agreement"],
  ["activityState", "GET", "/activity-api/v1/activity/*/state"],
  ["activityUsage", "GET", "/activity-api/v1/activity/*/usage"],
  ["createAllocation", "POST", "/payment-api/v1/allocations"],
  ["listAllocations", "GET", "/payment-api/v1/allocations"],
  ["getAllocation", "GET", "/payment-api/v1/allocations/*"],
  ["amendAllocation", "PUT", "/payment-api/v1/allocations/*"],
  ["releaseAllocation", "DELETE", "/payment-api/v1/allocations/*"],
  ["demandDecorations", "GET", "/payment-api/v1/demandDecorations"],
  ["listDebitNotes", "GET", "/payment-api/v1/debitNotes"],
  ["getDebitNote", "GET", "/payment-api/v1/debitNotes/*"],
  ["debitNoteEvents", "GET", "/payment-api/v1/debitNoteEvents"],
  ["acceptDebitNote", "POST", "/payment-api/v1/debitNotes/*/accept"],
  ["rejectDebitNote", "POST", "/payment-api/v1/debitNotes/*/reject"],
  ["listInvoices", "GET", "/payment-api/v1/invoices"],
  ["getInvoice", "GET", "/payment-api/v1/invoices/*"],
  ["invoiceEvents", "GET", "/payment-api/v1/invoiceEvents"],
  ["acceptInvoice", "POST", "/payment-api/v1/invoices/*/accept"],
  ["rejectInvoice", "POST", "/payment-api/v1/invoices/*/reject"],
  ["paymentsStatus", "GET", "/payment-api/v1/payments/status"],
  ["listPayments", "GET", "/payment-api/v1/payments"],
  ["accounts", "GET", "/payment-api/v1/requestorAccounts"],
  ["bindService", "POST", "/gsb-api/v1/services"],
  ["serviceSocket", "GET", "/gsb-api/v1/services/*"],
  ["unbindService", "DELETE", "/gsb-api/v1/services/*"],
  ["createNetwork", "POST", "/net-api/v1/net"],
  ["listNetworks", "GET", "/net-api/v1/net"],
  ["getNetwork", "GET", "/net-api/v1/net/*"],
  ["removeNetwork", "DELETE", "/net-api/v1/net/*"],
  ["addNetworkNode", "POST", "/net-api/v1/net/*/nodes"],
  ["removeNetworkNode", "DELETE", "/net-api/v1/net/*/nodes/*"],
  ["networkSocket", "GET", "/net-api/v1/net/*/tcp/*/*"],
];

const PATTERNS = SHAPES.map(([operation, method, path]) => ({
  operation,
  method,
  pattern: new RegExp(`^${path.replaceAll("*", "([^/]+)")}/?$`),
}));

/** Reads a request line. Results are a stream where events are asked for. */
export function routeOf(method: string, path: string, accept: string): Route {
  for (const { operation, method: wanted, pattern } of PATTERNS) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match === null) continue;
    const ids = match.slice(1).map(decodeURIComponent);
    return { operation: operation === "batchResults" && accept.includes("text/event-stream") ? "batchStream" : operation, ids };
  }
  return { operation: "unknown", ids: [] };
}
