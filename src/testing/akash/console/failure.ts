import type { AkashRefusal } from "../faults.js";

type Contract = "aug" | "sep";

/** An answer that is no success. */
export class AkashFailure extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { readonly code?: string; readonly data?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = more.code;
    this.data = more.data;
    this.headers = more.headers ?? {};
  }
}

const CODES: Readonly<Record<number, readonly [error: string, code: string]>> = {
  400: ["BadRequestError", "bad_request"],
  401: ["UnauthorizedError", "unauthorized"],
  402: ["PaymentRequiredError", "payment_required"],
  403: ["ForbiddenError", "forbidden"],
  404: ["NotFoundError", "not_found"],
  409: ["ConflictError", "conflict"],
  413: ["PayloadTooLargeError", "payload_too_large"],
  422: ["UnprocessableEntityError", "unprocessable_entity"],
  429: ["TooManyRequestsError", "rate_limited"],
  502: ["BadGatewayError", "service_unavailable"],
  503: ["ServiceUnavailableError", "service_unavailable"],
};

/** The Console's error body. */
export function failureBody({ status, message, code, data }: AkashFailure, contract: Contract): object {
  const [error, generic] = CODES[status] ?? ["InternalServerError", "internal_server_error"];
  const own = code ?? (status === 402 && contract === "aug" ? "unknown_error" : generic);
  return { error, message, code: own, type: status < 500 ? "client_error" : "server_error", ...(data === undefined ? {} : { data }) };
}

/** A refusal with a meaning of its own. */
export function refusal(as: AkashRefusal, retryAfterS = 2): AkashFailure {
  const headers = { "retry-after": String(retryAfterS) };
  switch (as) {
    case "insufficient_balance":
      return insufficientBalance(0.5, 0);
    case "balance_top_up_pending":
      return new AkashFailure(402, "A balance top-up is pending. Try again later.", { code: "balance_top_up_pending", headers });
    case "payment_required":
      return new AkashFailure(402, "Insufficient balance");
    case "trial":
      return new AkashFailure(403, "Trial accounts cannot use this. Add funds to continue.");
    case "fair_use_policy_required":
      return new AkashFailure(403, "The fair use policy must be accepted first.", { code: "fair_use_policy_required" });
    case "wallet_provisioning":
      return new AkashFailure(409, "The account's wallet is being provisioned. Try again later.", { code: "wallet_provisioning" });
    case "rate_limited":
      return new AkashFailure(429, "Too many requests", { headers });
    case "database_timeout":
      return new AkashFailure(502, "The database timed out.", { code: "database_timeout" });
    case "service_unavailable":
      return new AkashFailure(503, "The chain is not available at the moment.");
    case "provider_unreachable":
      return new AkashFailure(502, "The provider is unreachable; no lease was created.", { code: "provider_unreachable" });
  }
}

export const insufficientBalance = (requiredAmountUsd: number, availableAmountUsd: number): AkashFailure =>
  new AkashFailure(402, "Insufficient balance", { code: "insufficient_balance", data: { requiredAmountUsd, availableAmountUsd } });

export const notFound = (what: string): AkashFailure => new AkashFailure(404, `${what} not found`);
export const badRequest = (message: string): AkashFailure => new AkashFailure(400, message);
