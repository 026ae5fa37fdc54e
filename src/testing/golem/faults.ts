import type { GolemOperation } from "./operations.js";

/** What goes wrong with a request. */
export type GolemFault =
  /** No answer ever comes. `effect`: the request was carried out. */
  | { readonly kind: "silence"; readonly effect: boolean }
  /**
   * An HTTP status, as `{ status: 500, body: { message: "database is locked" } }`. `body` is JSON; default `{ message: "simulated" }`.
   * `effect`: the request was carried out all the same.
   */
  | { readonly kind: "status"; readonly status: number; readonly body?: unknown; readonly effect: boolean }
  /** It is carried out, and the answer is no JSON, though it says it is. */
  | { readonly kind: "garbage" }
  /** It is carried out, and the answer comes so much later, ms of the host. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection is cut. `effect`: after the request was carried out. A stream of events is cut after its first event. */
  | { readonly kind: "cut"; readonly effect: boolean };

/** When a fault strikes. */
export interface GolemFaultRule {
  readonly fault: GolemFault;
  /** Default: any. */
  readonly operation?: GolemOperation;
  /** For so many requests. Default 1; `Infinity` until `clearFaults`. */
  readonly times?: number;
}
