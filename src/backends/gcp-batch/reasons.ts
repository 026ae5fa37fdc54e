import type { ErrorCode } from "../../model/errors/codes.js";

/** Why something failed, in our words. */
export interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Exit codes that Batch keeps for itself; below them are the command's own. */
export const FIRST_RESERVED_EXIT_CODE = 50_000;

const RESERVED: Readonly<Record<number, Reason>> = {
  50001: { code: "PREEMPTED", message: "The spot machine was taken back." },
  50002: { code: "LEASE_LOST", message: "The machine stopped reporting." },
  50003: { code: "LEASE_LOST", message: "The machine was rebooted while the command ran." },
  50004: { code: "LEASE_LOST", message: "The task did not respond any more and could not be cancelled." },
  50005: { code: "WORKLOAD_TIMED_OUT", message: "The command ran longer than the job may." },
  50006: { code: "LEASE_LOST", message: "The machine was recreated while the command ran." },
};

/** What one of Batch's own exit codes means. 50000, and one that is not known, is a failure without a known cause. */
export function reservedExit(exitCode: number): Reason {
  return RESERVED[exitCode] ?? { code: "LEASE_LOST", message: `Batch reports a failure without a known cause (exit code ${exitCode}).` };
}

/**
 * Texts of events, which are all that a job without a task has to say. The codes were seen in public reports; the wording of the others is a
 * guess, and what fits nothing is PROVISIONING_FAILED.
 */
const BY_TEXT: readonly { readonly text: RegExp; readonly reason: Reason }[] = [
  {
    text: /CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED|RESOURCE_POOL_EXHAUSTED|stockout/i,
    reason: { code: "NO_CAPACITY", message: "Google has no machine of this type in the location now." },
  },
  {
    text: /CODE_GCE_QUOTA_EXCEEDED|quota .*exceeded/i,
    reason: {
      code: "QUOTA_EXCEEDED",
      message: "The project's Compute Engine quota does not allow this machine: ask for more, or take another shape.",
    },
  },
  {
    text: /CODE_GCE_PERMISSION_DENIED|permission denied|serviceAccount|service account/i,
    reason: {
      code: "BACKEND_AUTH_FAILED",
      message: "The job's service account lacks a role, or may not be used: see the docs page for the least roles.",
    },
  },
  {
    text: /agent reporting/i,
    reason: {
      code: "PROVISIONING_FAILED",
      message:
        "No agent reported from the machine: it needs an external address or Private Google Access, and its account roles/batch.agentReporter.",
    },
  },
  {
    text: /CODE_GCE_INVALID_FIELD_VALUE|non-retryable/i,
    reason: {
      code: "BACKEND_REJECTED",
      message: "Compute Engine refused the machine: check machine type, accelerator, zones, disk and network of the shape.",
    },
  },
];

/** What the text of an event says about missing machines and wrong settings, or nothing. */
export const reasonInText = (text: string): Reason | undefined => BY_TEXT.find((entry) => entry.text.test(text))?.reason;

/** Docker could not get the image. The wording is a guess. */
export const isImageFailure = (text: string): boolean =>
  /(pull|image).{0,120}(not found|manifest unknown|denied|unauthorized|failed)|failed to pull/i.test(text);
