import type { FailedAnswer } from "../../kit/http/http-errors.js";
import type { ErrorVerdict } from "../../kit/map-error.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** Words in refusals that speak of missing machines. No list of them is published; the place to extend. */
const NO_CAPACITY = /not enough|insufficient (replica|capacity|hardware|gpu)|no (available|free)|unavailable hardware|sold.?out|capacity/i;
/** Words in refusals that speak of missing money. */
const NO_FUNDS = /insufficient (credit|fund|balance)|not enough (credit|fund|balance)|payment.?required/i;
/** Words in refusals that speak of the key. */
const NO_KEY = /api.?key/i;
/** Words in refusals of a name that is taken. */
const NAME_TAKEN = /name.*(taken|exist|in use|unique|duplicate)|duplicate.*name/i;

/** `details.reason` of such a refusal. */
const TAKEN = "name-taken";

/** The service's own meaning of a refusal, where it is more than its status. */
export function meaningOf(answer: FailedAnswer): ErrorVerdict | undefined {
  const { status, body } = answer;
  const text = textOf(body) ?? "";
  if (status === 400 && isRecord(body) && "key_set" in body) {
    return { code: "BACKEND_AUTH_FAILED", message: "The key was refused: it must be of the project io-cloud, and it expires" };
  }
  if (status === 402 || (status < 500 && NO_FUNDS.test(text))) {
    return { code: "INSUFFICIENT_FUNDS", effect: "none", message: shortfallOf(body) ?? text };
  }
  if (status === 400 && NO_KEY.test(text)) return { code: "BACKEND_AUTH_FAILED" };
  if (answer.safe) return undefined;
  if (status < 500 && NAME_TAKEN.test(text)) return { code: "BACKEND_REJECTED", effect: "none", details: { reason: TAKEN } };
  if (status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 429 && NO_CAPACITY.test(text)) {
    return { code: "NO_CAPACITY", effect: "none" };
  }
  return undefined;
}

/** Whether a deployment was refused because its name is taken. */
export const isNameTaken = (error: unknown): boolean => SchedulerError.isInstance(error) && error.details["reason"] === TAKEN;

/** The sentence for people: a text, or the first of a list of complaints about fields. */
export function textOf(body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  const { detail } = body;
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return undefined;
  const [first]: readonly unknown[] = detail;
  if (!isRecord(first)) return undefined;
  const at = Array.isArray(first["loc"]) ? first["loc"].map(String).join(".") : "";
  const message = typeof first["msg"] === "string" ? first["msg"] : "";
  return at === "" ? message : `${at}: ${message}`;
}

/** Told of a 404 that is the service's own: a gateway without a service answers 404 too. */
export const isOwn404 = ({ body }: FailedAnswer): boolean => textOf(body) !== undefined;

/** What is missing, of an answer that asks for payment. */
function shortfallOf(body: unknown): string | undefined {
  const payment = isRecord(body) && isRecord(body["payment"]) ? body["payment"] : body;
  const facts = isRecord(payment) && isRecord(payment["io_net"]) ? payment["io_net"] : undefined;
  const missing = facts?.["shortfall_usd"];
  return typeof missing === "number" ? `The account lacks ${missing.toFixed(2)} USD of IO Credits; top it up` : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
