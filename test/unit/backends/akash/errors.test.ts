import { expect, test } from "vitest";
import { isAbout, isOwn404, meaningOf, textOf } from "../../../../src/backends/akash/errors.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";

const answer = (status: number, body: unknown, safe = false) => ({
  status,
  body,
  safe,
  headers: new Headers(),
  method: safe ? "GET" : "POST",
  path: "/v1/deployments",
});
const error = (code: string, message = "", data?: object) => ({
  error: "Error",
  message,
  code,
  type: "error",
  ...(data === undefined ? {} : { data }),
});

test.each([
  [
    402,
    error("insufficient_balance", "", { requiredAmountUsd: 5, availableAmountUsd: 1.25 }),
    "INSUFFICIENT_FUNDS",
    "5.00 USD are needed, 1.25 are there",
  ],
  [402, error("payment_required"), "INSUFFICIENT_FUNDS", "Add credits in the Console"],
  [402, error("unknown_error"), "INSUFFICIENT_FUNDS", "Add credits in the Console"],
  [403, error("forbidden", "Trial accounts are limited to one deployment"), "QUOTA_EXCEEDED", "Buy credits"],
  [403, error("fair_use_policy_required"), "QUOTA_EXCEEDED", "fair-use policy"],
  [409, error("wallet_provisioning"), "BACKEND_REJECTED", "still being made"],
  [502, error("provider_unreachable"), "NO_CAPACITY", "no lease was made"],
  [400, error("bad_request", "Bid not open"), "OFFER_EXPIRED", ""],
])("%i %j is %s, says what to do, and nothing was done", (status, body, code, words) => {
  const verdict = meaningOf(answer(status, body));
  expect(verdict?.code).toBe(code);
  expect(verdict?.effect).toBe("none");
  expect(verdict?.message ?? "").toContain(words);
});

test("what passes by itself may be tried again later", () => {
  expect(meaningOf(answer(402, error("balance_top_up_pending")))?.retry).toBe("later");
  expect(meaningOf(answer(409, error("wallet_provisioning")))?.retry).toBe("later");
  expect(meaningOf(answer(402, error("insufficient_balance")))?.retry).toBeUndefined();
});

test.each([400, 404, 422, 502, 503])("a manifest that was not delivered is a lease that exists, also with status %i", (status) => {
  expect(meaningOf(answer(status, error("manifest_not_delivered")))).toMatchObject({
    effect: "done",
    details: { reason: "manifest-not-delivered" },
  });
});

test.each([
  [400, error("bad_request", "Invalid SDL: nothing there")],
  [403, error("forbidden", "Provider is not audited")],
  [409, error("conflict", "the seal key is retired")],
  [429, error("rate_limited")],
  [502, error("service_unavailable", "database_timeout")],
  [503, error("service_unavailable")],
  [500, "<html>"],
])("%i %j means what its status means", (status, body) => {
  expect(meaningOf(answer(status, body))).toBeUndefined();
});

test("a 404 of the Console has its form", () => {
  expect(isOwn404(answer(404, error("not_found", "Deployment not found"), true))).toBe(true);
  expect(isOwn404(answer(404, "404 page not found", true))).toBe(false);
  expect(textOf(error("not_found", "Deployment not found"))).toBe("Deployment not found");
});

test("reasons are recognised in errors", () => {
  const found = new SchedulerError("NO_CAPACITY", "x", { details: { reason: "provider-unreachable" } });
  expect(isAbout(found, "provider-unreachable", "bid-gone")).toBe(true);
  expect(isAbout(found, "bid-gone")).toBe(false);
  expect(isAbout(new Error("x"), "bid-gone")).toBe(false);
});
