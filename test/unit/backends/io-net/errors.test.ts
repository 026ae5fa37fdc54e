import { expect, test } from "vitest";
import { isOwn404, meaningOf, textOf } from "../../../../src/backends/io-net/errors.js";

const answer = (status: number, body: unknown, safe = false) => ({
  status,
  body,
  safe,
  headers: new Headers(),
  method: safe ? "GET" : "POST",
  path: "/deploy",
});

test.each([
  [400, { key_set: true }, "BACKEND_AUTH_FAILED"],
  [400, { detail: "No API key provided" }, "BACKEND_AUTH_FAILED"],
  [402, { payment: { io_net: { shortfall_usd: 1.5 } } }, "INSUFFICIENT_FUNDS"],
  [400, { detail: "Insufficient credits" }, "INSUFFICIENT_FUNDS"],
  [400, { detail: "Not enough available replicas in the location" }, "NO_CAPACITY"],
  [409, { detail: "Sold out" }, "NO_CAPACITY"],
  [400, { detail: "A resource with this name already exists" }, "BACKEND_REJECTED"],
])("%i %j is %s, and nothing was done", (status, body, code) => {
  const verdict = meaningOf(answer(status, body));
  expect(verdict?.code).toBe(code);
  expect(verdict?.effect ?? "none").toBe("none");
});

test.each([
  [422, { detail: [{ loc: ["body", "x"], msg: "Extra inputs are not permitted", type: "extra_forbidden" }] }],
  [429, { detail: "Too many requests: no capacity" }],
  [503, { detail: "no capacity" }],
  [500, "<html>"],
  [404, { detail: "Deployment not found" }],
])("%i %j means what its status means", (status, body) => {
  expect(meaningOf(answer(status, body))).toBeUndefined();
});

test("says what is missing of the credits", () => {
  expect(meaningOf(answer(402, { payment: { io_net: { shortfall_usd: 1.5 } } }))?.message).toContain("1.50 USD");
});

test("names the field of a complaint", () => {
  expect(textOf({ detail: [{ loc: ["body", "hardware_id"], msg: "Field required", type: "missing" }] })).toBe(
    "body.hardware_id: Field required",
  );
});

test("tells the service's 404 from a gateway's", () => {
  expect(isOwn404(answer(404, { detail: "Deployment not found" }))).toBe(true);
  expect(isOwn404(answer(404, "<html>"))).toBe(false);
  expect(isOwn404(answer(404, {}))).toBe(false);
});
