import { createHttp } from "../../kit/http/create-http.js";
import { bearer, path } from "../../kit/http/encode.js";
import type { FailedAnswer } from "../../kit/http/http-errors.js";
import { type ErrorVerdict, textAt } from "../../kit/map-error.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import { type AttoGlm, writeGlm } from "./glm.js";
import * as wire from "./wire.js";

/** Most documents of one page. */
const PAGE = 100;
/** Pages looked through for one agreement's documents before it is given up; 10,000 documents since the agreement began. */
const MOST_PAGES = 100;
/** How long the daemon may wait for a provider, s. */
const PROVIDER_WAIT_S = 5;
const RATE_LIMIT_WAIT_MS = 2_000;

/** Funds to set aside. */
export interface AllocationRequest {
  readonly platform: string;
  readonly amount: AttoGlm;
  readonly untilMs: number;
}

/** Requests to the yagna daemon, one function for each. Used where the SDK has no call, would hang, or is not there any more. */
export interface YagnaClient {
  /** The node id of the daemon: also says that it is alive and takes the key. */
  identity(call: CallContext): Promise<string>;
  createAllocation(call: CallContext, request: AllocationRequest): Promise<wire.Allocation>;
  allocations(call: CallContext): Promise<readonly wire.Allocation[]>;
  allocation(call: CallContext, id: string): Promise<wire.Allocation | undefined>;
  /** Idempotent. */
  releaseAllocation(call: CallContext, id: string): Promise<void>;
  /** Ids of the agreements that carry the session tag and are in the state. */
  agreementIds(call: CallContext, sessionTag: string, state: wire.AgreementState): Promise<readonly string[]>;
  agreement(call: CallContext, id: string): Promise<wire.Agreement | undefined>;
  /** Idempotent: also for one that is over. */
  terminateAgreement(call: CallContext, id: string): Promise<void>;
  /** Takes back one that is not answered yet. Idempotent. */
  cancelAgreement(call: CallContext, id: string): Promise<void>;
  /** Why it ended, in the provider's machine word where there is one. */
  breakReason(call: CallContext, id: string): Promise<{ readonly code: string | undefined; readonly text: string | undefined }>;
  /** Idempotent. */
  destroyActivity(call: CallContext, id: string): Promise<void>;
  /** Invoices of one agreement that came after a time. */
  invoices(call: CallContext, agreementId: string, afterMs: number): Promise<readonly wire.Invoice[]>;
  debitNotes(call: CallContext, agreementId: string, afterMs: number): Promise<readonly wire.DebitNote[]>;
  acceptInvoice(call: CallContext, invoice: wire.Invoice, allocationId: string): Promise<void>;
  rejectInvoice(call: CallContext, invoice: wire.Invoice, why: string): Promise<void>;
}

/** What the client is made with. */
export interface YagnaAccess {
  readonly url: string;
  readonly appKey: Secret;
  readonly timeoutMs: number;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Makes the client. It holds no connection. */
export function createYagnaClient(backend: string, access: YagnaAccess): YagnaClient {
  const http = createHttp({
    backend,
    baseUrl: access.url.replace(/\/+$/, ""),
    headers: { authorization: bearer(access.appKey) },
    credential: "`appKey` or YAGNA_APPKEY",
    mapError: meaningOf,
    errorText: (body) => textAt(body, "message", "detail", "title"),
    timeoutMs: access.timeoutMs,
    ...omitUndefined({ fetch: access.fetch }),
  });
  const paged = async <T extends { readonly timestamp: string }>(
    afterMs: number,
    ask: (after: string) => Promise<readonly T[]>,
  ): Promise<readonly T[]> => {
    const found: T[] = [];
    let after = new Date(afterMs).toISOString();
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const items = await ask(after);
      found.push(...items);
      const last = items.at(-1)?.timestamp;
      if (items.length < PAGE || last === undefined || last === after) break;
      after = last;
    }
    return found;
  };
  const { allocation, allocationList, agreement, agreementList, terminationReason, invoiceList, debitNoteList } = wire;
  return {
    async identity(call) {
      return (await http.get(call, "/me").json(wire.identity)).identity;
    },
    async createAllocation(call, { platform, amount, untilMs }) {
      const body = {
        address: await this.identity(call),
        paymentPlatform: platform,
        totalAmount: writeGlm(amount),
        timestamp: new Date(call.host.now()).toISOString(),
        timeout: new Date(untilMs).toISOString(),
        makeDeposit: false,
        remainingAmount: "",
        spentAmount: "",
        allocationId: "",
      };
      return http.post(call, "/payment-api/v1/allocations", { body }).json(allocation);
    },
    allocations: (call) => http.get(call, "/payment-api/v1/allocations", { query: { maxItems: 1_000 } }).json(allocationList),
    async allocation(call, id) {
      // Released ones are remembered: 410.
      const answer = await http.get(call, path`/payment-api/v1/allocations/${id}`, { accept: [404, 410] });
      return answer.status === 404 || answer.status === 410 ? undefined : answer.json(allocation);
    },
    async releaseAllocation(call, id) {
      await http.delete(call, path`/payment-api/v1/allocations/${id}`, { accept: [404, 410], safe: true });
    },
    async agreementIds(call, appSessionId, state) {
      return (await http.get(call, "/market-api/v1/agreements", { query: { appSessionId, state } }).json(agreementList)).map(
        ({ id }) => id,
      );
    },
    agreement: (call, id) => http.lookUp(call, path`/market-api/v1/agreements/${id}`, agreement),
    async terminateAgreement(call, id) {
      await http.post(call, path`/market-api/v1/agreements/${id}/terminate`, { body: { message: "Finished" }, accept: [404, 409, 410] });
    },
    async cancelAgreement(call, id) {
      await http.post(call, path`/market-api/v1/agreements/${id}/cancel`, { body: { message: "Cancelled" }, accept: [404, 409, 410] });
    },
    async breakReason(call, id) {
      const found = await http.lookUp(call, path`/market-api/v1/agreements/${id}/terminate/reason`, terminationReason);
      const { message, "golem.provider.code": code } = found?.reason ?? {};
      return { code: code ?? undefined, text: message ?? undefined };
    },
    async destroyActivity(call, id) {
      const query = { timeout: PROVIDER_WAIT_S };
      await http.delete(call, path`/activity-api/v1/activity/${id}`, { query, accept: [404, 410] });
    },
    async invoices(call, agreementId, afterMs) {
      const all = await paged(afterMs, (afterTimestamp) =>
        http.get(call, "/payment-api/v1/invoices", { query: { afterTimestamp, maxItems: PAGE } }).json(invoiceList),
      );
      return all.filter((invoice) => invoice.agreementId === agreementId);
    },
    async debitNotes(call, agreementId, afterMs) {
      const all = await paged(afterMs, (afterTimestamp) =>
        http.get(call, "/payment-api/v1/debitNotes", { query: { afterTimestamp, maxItems: PAGE } }).json(debitNoteList),
      );
      return all.filter((note) => note.agreementId === agreementId);
    },
    async acceptInvoice(call, { invoiceId, amount }, allocationId) {
      const body = { totalAmountAccepted: amount, allocationId };
      await http.post(call, path`/payment-api/v1/invoices/${invoiceId}/accept`, { query: { timeout: PROVIDER_WAIT_S }, body });
    },
    async rejectInvoice(call, { invoiceId }, message) {
      const body = { rejectionReason: "INCORRECT_AMOUNT", totalAmountAccepted: "0", message };
      await http.post(call, path`/payment-api/v1/invoices/${invoiceId}/reject`, { query: { timeout: PROVIDER_WAIT_S }, body });
    },
  };
}

/** The daemon's own meaning of a refusal, where it is more than its status. */
function meaningOf({ status, body, method, path: asked, safe }: FailedAnswer): ErrorVerdict | undefined {
  const instance = textAt(body, "instance") ?? "";
  const said = textAt(body, "message", "detail", "title") ?? "";
  if (/insufficient/i.test(`${instance} ${said}`)) {
    return {
      code: "INSUFFICIENT_FUNDS",
      effect: "none",
      message: "The wallet holds too few GLM that no allocation has set aside; top it up",
    };
  }
  if (
    method === "POST" &&
    asked.endsWith("/allocations") &&
    status === 500 &&
    /not? (found|initiali[sz]ed)|no.*(driver|platform|account)/i.test(said)
  ) {
    return {
      code: "BACKEND_REJECTED",
      effect: "none",
      message: "The daemon has no account on this payment network; run `yagna payment init --sender` with it, and check `network`",
    };
  }
  if (status === 429) return { code: "BACKEND_RATE_LIMITED", effect: "none", details: { retryAfterMs: RATE_LIMIT_WAIT_MS } };
  if (status === 500 && /database is locked/i.test(said))
    return { code: "BACKEND_UNAVAILABLE", retry: "same", effect: safe ? "none" : "unknown" };
  return undefined;
}
