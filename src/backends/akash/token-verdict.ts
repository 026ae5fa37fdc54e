import type { FailedAnswer } from "../../kit/http/http-errors.js";
import type { ErrorVerdict } from "../../kit/map-error.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** What a provider's refusal of a token means: not that the key is wrong, but that another token is needed. */
export const tokenVerdict = ({ status }: FailedAnswer): ErrorVerdict | undefined =>
  status === 401 || status === 403
    ? { code: "BACKEND_UNAVAILABLE", message: "The provider refused the token", details: { reason: "token-refused" } }
    : undefined;

/** Whether a new token may help. */
export const isTokenRefused = (error: unknown): boolean => SchedulerError.isInstance(error) && error.details["reason"] === "token-refused";
