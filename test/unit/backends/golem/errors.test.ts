import { expect, test } from "vitest";
import { meaningOfBreak } from "../../../../src/backends/golem/break-reasons.js";
import { isRefusedAgreement, toSdkError } from "../../../../src/backends/golem/errors.js";

const context = {
  backend: "golem",
  doing: "do it",
  effect: "unknown",
  clean: (text: string) => text.replaceAll("hunter2", "[secret]"),
} as const;

test.each([
  [{ name: "ApiError", status: 401, message: "no" }, "BACKEND_AUTH_FAILED", "none"],
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", status: 429, message: "no" }, "BACKEND_RATE_LIMITED", "none"],
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", status: 500, message: "no" }, "BACKEND_UNAVAILABLE", "unknown"],
  [{ name: "GolemPlatformError", message: "Unable to get image x" }, "IMAGE_PULL_FAILED", "none"],
  [{ name: "GolemPlatformError", message: "Failed to establish yagna version due to: fetch failed" }, "BACKEND_UNAVAILABLE", "unknown"],
  [{ name: "GolemConfigError", message: "bad" }, "BACKEND_REJECTED", "none"],
  [{ name: "GolemWorkError", code: "ActivityCreationFailed", message: "500" }, "PROVISIONING_FAILED", "unknown"],
  [{ name: "GolemWorkError", code: "ActivityDeploymentFailed", message: "Transfer error: HTTP 404" }, "IMAGE_PULL_FAILED", "unknown"],
  [{ name: "GolemWorkError", code: "ActivityDeploymentFailed", message: "InvalidHash" }, "IMAGE_PULL_FAILED", "unknown"],
  [{ name: "GolemWorkError", code: "ActivityDeploymentFailed", message: "qemu died" }, "PROVISIONING_FAILED", "unknown"],
  [{ name: "GolemWorkError", code: "ActivityResultsFetchingFailed", message: "500" }, "LEASE_LOST", "unknown"],
  [{ name: "ActivityTerminated", message: "gone" }, "LEASE_LOST", "unknown"],
  [{ name: "TransferFailed", message: "Path not found in container" }, "OUTPUT_MISSING", "unknown"],
  [{ name: "TransferFailed", message: "receiver is gone" }, "STAGING_FAILED", "unknown"],
  [{ name: "TransferFailed", message: "stalled" }, "STAGING_FAILED", "unknown"],
  [{ name: "MalformedAnswer", message: "no list" }, "BACKEND_RESPONSE_INVALID", "unknown"],
  [{ name: "GolemMarketError", message: "Invalid response from the server" }, "BACKEND_RESPONSE_INVALID", "unknown"],
  [{ name: "GolemPaymentError", message: "insufficient-account-funds" }, "INSUFFICIENT_FUNDS", "unknown"],
  [{ name: "OwnLimit", message: "late" }, "BACKEND_TIMEOUT", "unknown"],
  [{ name: "WorkerEnded", message: "exited" }, "BACKEND_UNAVAILABLE", "unknown"],
  [{ name: "TypeError", message: "what?" }, "BACKEND_UNAVAILABLE", "unknown"],
])("%j is %s with effect %s", (failure, code, effect) => {
  const error = toSdkError(failure, context);
  expect([error.code, error.effect]).toEqual([code, effect]);
  expect(error.message).toMatch(/^golem could not do it: /);
});

test("secrets that the SDK quotes are taken out, and its error is not passed on", () => {
  const error = toSdkError({ name: "GolemWorkError", code: "X", message: "Script failed: run hunter2" }, context);
  expect(error.message).toContain("[secret]");
  expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain("hunter2");
});

test.each([
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", status: 410, message: "" }, true],
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", status: 408, message: "" }, true],
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", message: "Agreement x cannot be approved. Current state: Rejected" }, true],
  [{ name: "NoDraft", message: "" }, true],
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", status: 500, message: "" }, false],
  [{ name: "GolemMarketError", code: "AgreementApprovalFailed", message: "fetch failed" }, false],
  [{ name: "GolemWorkError", status: 410, message: "" }, false],
])("%j is a provider's refusal: %s", (failure, expected) => {
  expect(isRefusedAgreement(failure)).toBe(expected);
});

test.each([
  ["Shutdown", "PREEMPTED"],
  ["InitializationError", "PROVISIONING_FAILED"],
  ["RequestorUnreachable", "LEASE_LOST"],
  ["DebitNotesDeadline", "BACKEND_UNAVAILABLE"],
  ["DebitNoteNotPaid", "BACKEND_UNAVAILABLE"],
  ["Expired", "WORKLOAD_TIMED_OUT"],
  ["NoActivity", "BACKEND_UNAVAILABLE"],
  ["SomethingNew", "LEASE_LOST"],
  ["constructor", "LEASE_LOST"],
  [undefined, "LEASE_LOST"],
])("a break with the code %s is reported as %s", (code, reason) => {
  expect(meaningOfBreak(code, "words").reason).toBe(reason);
});
