/** Methods of the service: what faults strike. */
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

/** When a fault strikes. */
export interface GcpBatchFaultRule {
  readonly fault: GcpBatchFault;
  /** Default: any. */
  readonly operation?: GcpBatchMethod;
  /** For so many requests. Default 1. */
  readonly times?: number;
}
