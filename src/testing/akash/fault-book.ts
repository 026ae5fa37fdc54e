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

/** What goes wrong with a request. */
export type AkashFault =
  /** No answer ever comes. `effect`: the request was carried out. With `effect` on `create` this is the ambiguous create: the tx lands, the client times out. */
  | { readonly kind: "silence"; readonly effect: boolean }
  /** An HTTP status. `effect`: the request was carried out all the same. Default body: the Console's error body for that status. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly effect: boolean;
    }
  /** A refusal in the Console's own words; nothing was carried out. */
  | { readonly kind: "refuse"; readonly as: AkashRefusal; readonly retryAfterS?: number }
  /** It is carried out, and the answer is no JSON. */
  | { readonly kind: "garbage" }
  /** It is carried out, and the answer comes late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection is cut. `effect`: after the request was carried out. */
  | { readonly kind: "cut"; readonly effect: boolean };

/** When a fault strikes. Websockets know `silence`, `status` (of the upgrade), `slow` and `cut`. */
export interface AkashFaultRule {
  readonly fault: AkashFault;
  /** Default: any of the Console's; the gateway's and the proxy's must be named. */
  readonly operation?: AkashOperation;
  /** For so many requests. Default 1. */
  readonly times?: number;
}

/** Faults that are to strike. */
export class FaultBook {
  #rules: { readonly rule: AkashFaultRule; left: number }[] = [];

  add(rule: AkashFaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  strike(operation: AkashOperation): AkashFault | undefined {
    const found = this.#rules.find(({ rule, left }) => left > 0 && (rule.operation ?? anyOf(operation)) === operation);
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }
}

const anyOf = (operation: AkashOperation): AkashOperation | undefined => (/^(gateway|proxy)/.test(operation) ? undefined : operation);
