import type { ErrorCode } from "../../model/errors/codes.js";

/** One line of the table of reasons. */
interface ReasonRule {
  /** Looked for in the job's reason and in its container's. */
  readonly text: RegExp;
  readonly code: ErrorCode;
}

/** A pull that fails in the same way everywhere: login, name or platform is wrong. */
const FINAL_PULL =
  /unauthorized|access denied|denied|forbidden|not found|does not exist|manifest unknown|no match(ing manifest)? for platform|invalid reference|no basic auth/i;

/**
 * Reasons of failed jobs, first match wins. The order matters: a timeout and an out-of-memory kill both end with exit code 137. Sources: user guide
 * (job timeouts, troubleshooting), ECS stopped-task errors, the `Reason` constants of the CDK. The wording of some is not guaranteed.
 */
export const FAILURE_REASONS: readonly ReasonRule[] = [
  { text: /^Canceled by JobStateTimeLimit action/i, code: "NO_CAPACITY" },
  { text: /Job attempt duration exceeded timeout/i, code: "WORKLOAD_TIMED_OUT" },
  { text: /Host EC2/, code: "PREEMPTED" },
  { text: /Your Spot Task was interrupted/i, code: "PREEMPTED" },
  { text: /OutOfMemoryError/, code: "WORKLOAD_OUT_OF_MEMORY" },
  { text: /CannotPull(Container|Image|ImageManifest)Error|CannotPullECRContainerError/, code: "IMAGE_PULL_FAILED" },
  { text: /ResourceInitializationError/, code: "PROVISIONING_FAILED" },
  {
    text: /DockerTimeoutError|CannotStartContainerError|CannotInspectContainerError|CannotCreateContainerError|Task failed to start|\bAGENT\b/,
    code: "PROVISIONING_FAILED",
  },
];

/** The reclaims among {@link FAILURE_REASONS}: they overrule an exit code of 0 too. */
const RECLAIM = /Host EC2|Your Spot Task was interrupted/i;

/** What the texts on a job say of its end. */
export function failureOf(texts: readonly (string | undefined)[]): ErrorCode | undefined {
  const found = texts.filter((text) => text !== undefined);
  for (const { text, code } of FAILURE_REASONS) if (found.some((reason) => text.test(reason))) return code;
  return undefined;
}

export const wasReclaimed = (texts: readonly (string | undefined)[]): boolean =>
  texts.some((text) => text !== undefined && RECLAIM.test(text));

/** What a person can do about a failure, where the code alone does not say. */
export function adviceFor(code: ErrorCode, texts: readonly (string | undefined)[]): string | undefined {
  const all = texts.filter((text) => text !== undefined).join(" ");
  if (code === "IMAGE_PULL_FAILED" && FINAL_PULL.test(all)) return "Check the image's name, platform and `registrySecrets`.";
  if (code === "PROVISIONING_FAILED" && /ResourceInitializationError/.test(all)) {
    return "Check `executionRoleArn`, the log group, secrets and the subnets' way out (`assignPublicIp` or NAT).";
  }
  return undefined;
}

/** Why a job at the head of its queue does not start (user guide, blocked queues). `undefined`: nothing is known, it waits. */
export function blockOf(
  statusReason: string | undefined,
): { readonly code: ErrorCode; readonly isLasting: boolean; readonly advice: string } | undefined {
  if (statusReason === undefined) return undefined;
  if (statusReason.includes("CAPACITY:")) return { code: "NO_CAPACITY", isLasting: false, advice: "Amazon has no such machine now." };
  if (!statusReason.includes("MISCONFIGURATION:")) return undefined;
  if (statusReason.includes("COMPUTE_ENVIRONMENT_MAX_RESOURCE")) {
    return { code: "QUOTA_EXCEEDED", isLasting: true, advice: "Raise `maxvCpus` of the queue's compute environments." };
  }
  if (statusReason.includes("SERVICE_ROLE_PERMISSIONS")) {
    return { code: "BACKEND_AUTH_FAILED", isLasting: true, advice: "The compute environment's service role lacks permissions." };
  }
  return { code: "BACKEND_REJECTED", isLasting: true, advice: "No instance type of the queue holds this job; lower `queues[].limits`." };
}
