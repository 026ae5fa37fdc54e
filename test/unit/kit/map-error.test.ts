import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { defineErrorMap, factsOf, textAt } from "../../../src/kit/map-error.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";

const map = defineErrorMap([
  { name: ["ThrottlingException", "TooManyRequestsException"], to: "BACKEND_RATE_LIMITED" },
  { name: "ClientException", message: /queue .* not found/i, to: "BACKEND_REJECTED", say: "The job queue does not exist; check `queues`." },
  { code: 6, to: "STORE_CONFLICT", retry: "never", effect: "done" },
  { code: 8, to: "QUOTA_EXCEEDED" },
  { status: [409, 412], message: "exists", to: "BACKEND_REJECTED", retry: "same" },
]);
const context = { backend: "aws", doing: "submit the job", safe: false };
const thrown = (fields: object, message = "boom"): Error => Object.assign(new Error(message), fields);

describe("defineErrorMap", () => {
  it("takes the first rule of which everything fits", () => {
    expect(map.match({ name: "ThrottlingException" })).toEqual({ code: "BACKEND_RATE_LIMITED" });
    expect(map.match({ name: "ClientException", message: "Job Queue x not found" })).toEqual({
      code: "BACKEND_REJECTED",
      message: "The job queue does not exist; check `queues`.",
    });
    expect(map.match({ name: "ClientException", message: "other" })).toBeUndefined();
    expect(map.match({ status: 412, message: "it exists" })).toEqual({ code: "BACKEND_REJECTED", retry: "same" });
    expect(map.match({ status: 412 })).toBeUndefined();
  });

  it("matches a rule with a global expression every time", () => {
    const sticky = defineErrorMap([{ message: /gone/g, to: "LEASE_LOST" }]);
    expect([1, 2, 3].map(() => sticky.match({ message: "gone" })?.code)).toEqual(["LEASE_LOST", "LEASE_LOST", "LEASE_LOST"]);
  });

  it.each<[string, unknown, Partial<SchedulerError>]>([
    ["a rule", thrown({ code: 8 }), { code: "QUOTA_EXCEEDED", effect: "none" }],
    ["a rule with its own effect", thrown({ code: 6 }), { code: "STORE_CONFLICT", retry: "never", effect: "done" }],
    [
      "AWS metadata",
      thrown({ name: "ServerException", $metadata: { httpStatusCode: 503 } }),
      { code: "BACKEND_UNAVAILABLE", effect: "unknown" },
    ],
    ["a status", thrown({ statusCode: 403 }), { code: "BACKEND_AUTH_FAILED", effect: "none" }],
    ["a response's status", thrown({ response: { status: 402 } }), { code: "INSUFFICIENT_FUNDS", effect: "none" }],
    ["a numeric code that is a status", thrown({ code: 404 }), { code: "BACKEND_REJECTED", effect: "none" }],
    ["a refused connection", thrown({ code: "ECONNREFUSED" }), { code: "BACKEND_UNAVAILABLE", effect: "none" }],
    ["a refused connection below", thrown({ cause: { code: "ENOTFOUND" } }), { code: "BACKEND_UNAVAILABLE", effect: "none" }],
    ["a reset", thrown({ code: "ECONNRESET" }), { code: "BACKEND_UNAVAILABLE", effect: "unknown" }],
    ["a time-out", thrown({ code: "ETIMEDOUT" }), { code: "BACKEND_TIMEOUT", effect: "unknown" }],
    ["a time-out of the connect", thrown({ code: "ETIMEDOUT", syscall: "connect" }), { code: "BACKEND_TIMEOUT", effect: "none" }],
    ["a certificate", thrown({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), { code: "BACKEND_UNAVAILABLE", effect: "none" }],
    ["anything else", "a string", { code: "BACKEND_UNAVAILABLE", effect: "unknown" }],
  ])("knows %s", (_name, error, expected) => {
    expect(map.toError(error, context)).toMatchObject(expected);
  });

  it("says effect none for every failure of a safe call", () => {
    for (const error of [thrown({ code: "ECONNRESET" }), thrown({ status: 500 }), thrown({ code: 6 }), 7]) {
      expect(map.toError(error, { ...context, safe: true }).effect).toBe("none");
    }
  });

  it("lets our own errors pass untouched", () => {
    const own = new SchedulerError("NO_BIDS", "nobody came");
    expect(map.toError(own, context)).toBe(own);
  });

  it("names what could not be done, and keeps the foreign object away", () => {
    const foreign = thrown({ name: "ClientException", request: { headers: { authorization: "hunter2" } } }, "refused hunter2 ".repeat(60));
    const error = map.toError(foreign, { ...context, clean: (text) => text.replaceAll("hunter2", "[secret]") });
    expect(error.message).toMatch(/^aws could not submit the job: refused \[secret\]/);
    expect(error.message.length).toBeLessThan(400);
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
    expect((error.cause as Error).message).toBe("ClientException");
  });
});

describe("factsOf and textAt", () => {
  it("reads what is there", () => {
    expect(factsOf(thrown({ name: "X", code: "E", status: 500 }, "m"))).toEqual({ name: "X", code: "E", status: 500, message: "m" });
    expect(factsOf(undefined)).toEqual({ message: "undefined" });
  });

  it("finds the first text", () => {
    const body = { detail: [{ msg: "bad" }], error: { message: "" }, title: 3 };
    expect(textAt(body, "title", "error.message", "detail.0.msg")).toBe("bad");
    expect(textAt(body, "nowhere.at.all")).toBeUndefined();
    expect(textAt("text", "length")).toBeUndefined();
  });
});
