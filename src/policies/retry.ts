import type { RetryPolicy } from "../spec/policy.js";

/**
 * How failures are retried unless a policy says otherwise: at most 4 attempts that end badly and 50 launches without effect;
 * pauses of 2 s, doubling up to 5 min. Codes that are not listed follow the error table (`docs/errors.md`).
 */
export const DEFAULT_RETRY: RetryPolicy = {
  maxFailures: 4,
  maxLaunches: 50,
  backoff: { initialMs: 2_000, factor: 2, maxMs: 300_000 },
  byCode: {
    // The command would fail anywhere, and each try costs money.
    WORKLOAD_FAILED: { retry: "never" },
    WORKLOAD_OUT_OF_MEMORY: { retry: "never" },
    WORKLOAD_TIMED_OUT: { retry: "never" },
    OUTPUT_MISSING: { retry: "never" },
    // The machine failed or was taken; another one will do, of the same operator too.
    PREEMPTED: { retry: "elsewhere", exclude: "node" },
    LEASE_LOST: { retry: "elsewhere", exclude: "node" },
    PROVISIONING_FAILED: { retry: "elsewhere", exclude: "node" },
    IMAGE_PULL_FAILED: { retry: "elsewhere", exclude: "node" },
    STAGING_FAILED: { retry: "elsewhere", exclude: "node" },
    // Whoever lies about a result lies on his other machines as well.
    WRONG_RESULT: { retry: "elsewhere", exclude: "operator" },
    OUTPUT_DIGEST_MISMATCH: { retry: "elsewhere", exclude: "operator" },
    ATTESTATION_INVALID: { retry: "elsewhere", exclude: "operator" },
    VERIFICATION_FAILED: { retry: "elsewhere", exclude: "operator" },
    // Nothing is wrong with the seller, only this offer cannot be had.
    NO_BIDS: { retry: "elsewhere", exclude: "offer" },
    NO_CAPACITY: { retry: "elsewhere", exclude: "offer" },
    PROVISIONING_TIMED_OUT: { retry: "elsewhere", exclude: "offer" },
    // The account, not the machine.
    QUOTA_EXCEEDED: { retry: "elsewhere", exclude: "backend" },
    INSUFFICIENT_FUNDS: { retry: "elsewhere", exclude: "backend" },
    BACKEND_AUTH_FAILED: { retry: "elsewhere", exclude: "backend" },
  },
};
