import type { HttpFault } from "../http/http-fault.js";

/** Requests of the Console API, of a provider's gateway (`gateway...`) and of the provider proxy (`proxy...`). */
export type AkashOperation =
  | "create"
  | "bids"
  | "lease"
  | "detail"
  | "list"
  | "update"
  | "deposit"
  | "close"
  | "activity"
  | "jwt"
  | "settings"
  | "balances"
  | "fundingConfig"
  | "publicDetail"
  | "publicList"
  | "durations"
  | "providers"
  | "provider"
  | "gpuPrices"
  | "gpu"
  | "bidScreening"
  | "auditors"
  | "marketData"
  | "blocks"
  | "certificates"
  | "gatewayVersion"
  | "gatewayManifest"
  | "gatewayStatus"
  | "gatewayLogs"
  | "gatewayEvents"
  | "gatewayShell"
  | "proxyHttp"
  | "proxySocket"
  | "unknown";

/**
 * Refusals that the Console gives with a meaning of their own. `managed_wallet_provisioning` and the like are the `code` of the body;
 * `payment_required` is what [Aug] calls `unknown_error`.
 */
export type AkashRefusal =
  /** 402 with `data.requiredAmountUsd` and `availableAmountUsd`. */
  | "insufficient_balance"
  /** 402 with `Retry-After`. */
  | "balance_top_up_pending"
  /** 402 without more: `payment_required` [Sep+], `unknown_error` [Aug]. */
  | "payment_required"
  /** 403. */
  | "trial"
  /** 403. */
  | "fair_use_policy_required"
  /** 409: the account's wallet is being made; try again. */
  | "wallet_provisioning"
  /** 429 with `Retry-After`. */
  | "rate_limited"
  /** 502. */
  | "database_timeout"
  /** 503. */
  | "service_unavailable"
  /** 502 of the lease call [Sep+]: no lease was made, the next bid can be taken. */
  | "provider_unreachable";

/** What goes wrong with a request. `silence` with `effect` on `create` is the ambiguous create: the tx lands, the client times out. */
export type AkashFault =
  | HttpFault
  /** A refusal in the Console's own words; nothing was carried out. */
  | { readonly kind: "refuse"; readonly as: AkashRefusal; readonly retryAfterS?: number };

/** When a fault strikes. Websockets know `silence`, `status` (of the upgrade), `slow` and `cut`. */
export interface AkashFaultRule {
  readonly fault: AkashFault;
  /** Default: any of the Console's; the gateway's and the proxy's must be named. */
  readonly operation?: AkashOperation;
  /** For so many requests. Default 1. */
  readonly times?: number;
}

/** Whether a rule that names no operation strikes here. */
export const isOfConsole = (operation: AkashOperation): boolean => !/^(gateway|proxy)/.test(operation);
