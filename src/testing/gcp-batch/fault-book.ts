/** Methods of the service. */
export type GcpBatchMethod = "createJob" | "getJob" | "listJobs" | "deleteJob" | "cancelJob" | "getTask" | "listTasks";

/** What goes wrong with a request. */
export type GcpBatchFault =
  /** No answer ever comes. `effect`: the request was carried out. */
  | { readonly kind: "silence"; readonly effect: boolean }
  /** A gRPC status, such as 14 (UNAVAILABLE) or 4 (DEADLINE_EXCEEDED). `effect`: the request was carried out all the same. */
  | { readonly kind: "status"; readonly code: number; readonly message?: string; readonly effect: boolean }
  /** It is carried out, and the answer is no message of its type. */
  | { readonly kind: "garbage" }
  /** It is carried out, and the answer comes late. */
  | { readonly kind: "slow"; readonly ms: number };

/** A fault to order, and whom it strikes. */
export interface GcpBatchFaultRule {
  readonly fault: GcpBatchFault;
  /** Default: any. */
  readonly method?: GcpBatchMethod;
  /** For so many requests. Default 1. */
  readonly times?: number;
}

/** Faults that are to strike. */
export class FaultBook {
  #rules: { readonly rule: GcpBatchFaultRule; left: number }[] = [];

  add(rule: GcpBatchFaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  strike(method: GcpBatchMethod): GcpBatchFault | undefined {
    const found = this.#rules.find(({ rule, left }) => left > 0 && (rule.method === undefined || rule.method === method));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }
}
