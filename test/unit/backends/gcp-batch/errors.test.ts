import { describe, expect, test } from "vitest";
import { gcpBatchErrors, isAlreadyThere, isMissing, isWrongState } from "../../../../src/backends/gcp-batch/errors.js";

const failure = (code: number, message = "foreign text", more: object = {}) => Object.assign(new Error(message), { code, ...more });
const write = { backend: "gcp", doing: "create the job", safe: false } as const;

describe("gRPC and REST codes", () => {
  test.each([
    [3, 400, "BACKEND_REJECTED", "none"],
    [9, 400, "BACKEND_REJECTED", "none"],
    [5, 404, "BACKEND_REJECTED", "none"],
    [7, 403, "BACKEND_AUTH_FAILED", "none"],
    [16, 401, "BACKEND_AUTH_FAILED", "none"],
    [8, 429, "BACKEND_RATE_LIMITED", "none"],
    [4, 504, "BACKEND_TIMEOUT", "unknown"],
    [13, 500, "BACKEND_UNAVAILABLE", "unknown"],
    [14, 503, "BACKEND_UNAVAILABLE", "unknown"],
    [2, 500, "BACKEND_UNAVAILABLE", "unknown"],
    [1, 502, "BACKEND_UNAVAILABLE", "unknown"],
  ])("%i and %i are %s with effect %s", (grpc, rest, code, effect) => {
    expect(gcpBatchErrors.toError(failure(grpc), write)).toMatchObject({ code, effect });
    expect(gcpBatchErrors.toError(failure(rest), write)).toMatchObject({ code, effect });
  });

  test("a read never has an effect", () => {
    expect(gcpBatchErrors.toError(failure(14), { ...write, safe: true })).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
  });

  test("an answer that cannot be decoded may follow an effect", () => {
    const error = gcpBatchErrors.toError(failure(13, "13 INTERNAL: Response message parsing error: index out of range"), write);
    expect(error).toMatchObject({ code: "BACKEND_RESPONSE_INVALID", effect: "unknown" });
  });

  test.each([
    ["Batch API has not been used in project 12 before or it is disabled", "gcloud services enable"],
    ["Permission 'iam.serviceAccounts.actAs' denied on service account", "roles/iam.serviceAccountUser"],
    ["Permission 'batch.jobs.create' denied", "roles/batch.jobsEditor"],
  ])("%s: says what to do", (message, advice) => {
    expect(gcpBatchErrors.toError(failure(7, message), write)).toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      message: expect.stringContaining(advice),
    });
  });

  test("credentials that expired are refused before anything is sent", () => {
    const text = '14 UNAVAILABLE: Getting metadata from plugin failed with error: {"error":"invalid_grant"}';
    expect(gcpBatchErrors.toError(failure(14, text), write)).toMatchObject({ code: "BACKEND_AUTH_FAILED", effect: "none" });
    const network = "14 UNAVAILABLE: Getting metadata from plugin failed with error: ENOTFOUND";
    expect(gcpBatchErrors.toError(failure(14, network), write)).toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
  });

  test("a rate limit says how long to wait: what the service says, else a quarter of a minute", () => {
    const details = [{ reason: "RATE_LIMIT_EXCEEDED" }, { retryDelay: { seconds: "7", nanos: 500_000_000 } }];
    expect(gcpBatchErrors.toError(failure(8, "quota", { statusDetails: details }), write).details.retryAfterMs).toBe(7_500);
    expect(gcpBatchErrors.toError(failure(8), write).details.retryAfterMs).toBe(15_000);
  });
});

test("what is there, what is not, and what is in no state for it", () => {
  expect([6, 409, 5, 404, 10].map((code) => isAlreadyThere(failure(code)))).toEqual([true, true, false, false, false]);
  expect(isAlreadyThere(failure(409, '{"error":{"status":"ABORTED"}}'))).toBe(false);
  expect([5, 404, 6, 14].map((code) => isMissing(failure(code)))).toEqual([true, true, false, false]);
  expect([9, 10, 14].map((code) => isWrongState(failure(code)))).toEqual([true, true, false]);
  expect(isWrongState(failure(400, '{"error":{"status":"FAILED_PRECONDITION"}}'))).toBe(true);
  expect(isWrongState(failure(400, '{"error":{"status":"INVALID_ARGUMENT"}}'))).toBe(false);
});
