/**
 * The one list of error codes. `docs/errors.md` holds the same list for people; a test keeps both equal.
 *
 * `retry` says what the engine may do next by itself, `effect` whether the failed call may have created or changed
 * something that costs money. Both are defaults: a backend may say better on the error it throws.
 */

/** What may be tried after a failure: nothing, the same place, another place, or something once time has passed. */
export type Retry = "never" | "same" | "elsewhere" | "later";

/** Whether the failed call took effect: certainly not, nobody knows, certainly. `unknown` forces a `find` first. */
export type Effect = "none" | "unknown" | "done";

/** Who is to blame; only `node` and `backend` faults count against a node's or backend's estimate. */
export type Fault = "caller" | "workload" | "node" | "backend" | "market" | "policy" | "store" | "control" | "bug";

/** What is known of a code before anything has happened. */
export interface CodeFacts {
  readonly retry: Retry;
  readonly effect: Effect;
  readonly fault: Fault;
  /** One sentence for `docs/errors.md`: what happened. */
  readonly meaning: string;
}

const code = (retry: Retry, effect: Effect, fault: Fault, meaning: string): CodeFacts => ({ retry, effect, fault, meaning });

/** Every code with its defaults. Codes are stable: they are added, never renamed. */
export const ERROR_CODES = {
  // The caller's input.
  INVALID_WORKLOAD: code("never", "none", "caller", "The workload does not satisfy its schema."),
  INVALID_POLICY: code("never", "none", "caller", "A policy or one of its functions is malformed or answered nonsense."),
  INVALID_CONFIG: code("never", "none", "caller", "An option of the scheduler, a backend or a store is missing or malformed."),
  UNSUPPORTED_WORKLOAD: code("never", "none", "caller", "The workload is well-formed but asks for something this version cannot do."),
  IDEMPOTENCY_CONFLICT: code("never", "none", "caller", "The idempotency key was used before with a different workload."),
  BUDGET_REQUIRED: code("never", "none", "caller", "A backend that costs real money is configured without any cap."),
  VOLATILE_STORE: code("never", "none", "caller", "A backend that costs real money is configured with a store that forgets."),
  RUN_NOT_FOUND: code("never", "none", "caller", "No run with this id is known to the store."),
  RUN_ACTIVE: code("later", "none", "caller", "What was asked for needs the run to be settled first."),
  ENCRYPTION_UNAVAILABLE: code(
    "never",
    "none",
    "caller",
    "Outputs are to be encrypted on the machine, and no backend, or not this image, can do it.",
  ),
  DEPENDENCY_MISSING: code("never", "none", "caller", "An optional peer dependency is not installed."),
  SECRET_UNAVAILABLE: code("never", "none", "caller", "A secret reference could not be resolved at bind."),
  ARTIFACT_NOT_FOUND: code("never", "none", "caller", "An input or artifact does not exist or no store reads its scheme."),
  // Placement.
  NO_FEASIBLE_PLACEMENT: code("later", "none", "policy", "Every offer was rejected; the decision record says why."),
  START_DEADLINE_EXCEEDED: code("never", "none", "policy", "Nothing could start within the workload's startWithin."),
  BUDGET_EXHAUSTED: code("never", "none", "policy", "The next attempt would not fit under the cap even with every hold refunded."),
  DEADLINE_EXCEEDED: code("never", "none", "policy", "The deadline passed before a result was accepted."),
  ATTEMPTS_EXHAUSTED: code("never", "none", "policy", "The policy's limit of failed attempts was reached."),
  QUEUE_FULL: code("later", "none", "control", "The scheduler's bounded queue is full and the caller chose to be refused."),
  // Market.
  OFFER_EXPIRED: code("same", "none", "market", "The offer was no longer valid when it was to be bound."),
  NO_BIDS: code("elsewhere", "none", "market", "Nobody acceptable answered the order within the bid window."),
  NO_CAPACITY: code("elsewhere", "none", "market", "The backend has no machine of this kind now."),
  QUOTA_EXCEEDED: code("elsewhere", "none", "backend", "The account's quota does not allow this launch."),
  INSUFFICIENT_FUNDS: code("elsewhere", "none", "backend", "The account or escrow at the backend cannot pay for the launch."),
  PRICE_UNAVAILABLE: code("elsewhere", "none", "market", "No fresh enough price is known, of the settlement asset or of what is sold."),
  // Backend.
  BACKEND_AUTH_FAILED: code("elsewhere", "none", "backend", "The backend rejected the credentials."),
  BACKEND_UNAVAILABLE: code("elsewhere", "unknown", "backend", "The backend could not be reached or answered with a server error."),
  BACKEND_RATE_LIMITED: code("later", "none", "backend", "The backend asked for fewer calls."),
  BACKEND_RESPONSE_INVALID: code("elsewhere", "unknown", "backend", "The backend's answer does not have the shape it should."),
  BACKEND_TIMEOUT: code("elsewhere", "unknown", "backend", "The backend did not answer in time."),
  BACKEND_REJECTED: code("elsewhere", "none", "backend", "The backend refused the request as invalid."),
  // Lease.
  PROVISIONING_FAILED: code("elsewhere", "done", "node", "The lease exists but the machine or container never became ready."),
  PROVISIONING_TIMED_OUT: code("elsewhere", "done", "market", "The machine did not start within the provisioning deadline."),
  IMAGE_PULL_FAILED: code("elsewhere", "done", "workload", "The node could not pull the image."),
  LEASE_LOST: code("elsewhere", "done", "node", "The lease ended or vanished without a result."),
  PREEMPTED: code("elsewhere", "done", "node", "The seller took the machine back."),
  BIND_UNRESOLVED: code("elsewhere", "unknown", "backend", "It could not be found out in time whether a lease exists."),
  RELEASE_FAILED: code("same", "unknown", "backend", "The lease could not be ended yet; the release is still retried."),
  STAGING_FAILED: code("elsewhere", "done", "node", "Inputs could not be fetched or outputs could not be stored on the node."),
  // Workload.
  WORKLOAD_FAILED: code("never", "done", "workload", "The command ended with a non-zero exit code."),
  WORKLOAD_TIMED_OUT: code("never", "done", "workload", "The command ran longer than the workload's timeout."),
  WORKLOAD_OUT_OF_MEMORY: code("never", "done", "workload", "The command was killed for using more memory than it asked for."),
  IMAGE_UNSUITABLE: code("never", "done", "workload", "The image lacks a program that staging needs."),
  OUTPUT_MISSING: code("never", "done", "workload", "The command succeeded but a declared output does not exist."),
  RESULT_INVALID: code("never", "done", "workload", "The result file is not JSON or not what the definition's result schema describes."),
  // Trust.
  INPUT_DIGEST_MISMATCH: code("never", "done", "caller", "An input's bytes do not have the digest that was promised."),
  OUTPUT_DIGEST_MISMATCH: code("elsewhere", "done", "node", "A stored output does not have the digest that the node claimed."),
  VERIFICATION_FAILED: code("elsewhere", "done", "node", "The verifier found no result it could accept."),
  ATTESTATION_INVALID: code("elsewhere", "done", "node", "The node's attestation evidence did not check out."),
  WRONG_RESULT: code("elsewhere", "done", "node", "The result was outvoted or otherwise found wrong."),
  PROMOTION_FAILED: code(
    "same",
    "done",
    "store",
    "The accepted outputs could not be moved to their destination; they are kept where they are.",
  ),
  // Store.
  STORE_CONFLICT: code("same", "none", "store", "Another writer changed the row, or this writer's claim has moved."),
  STORE_UNAVAILABLE: code("same", "unknown", "store", "The store could not be reached."),
  ARTIFACT_STORE_DENIED: code("later", "none", "store", "An artifact store rejected the credentials or does not allow the operation."),
  ARTIFACT_STORE_UNAVAILABLE: code("same", "none", "store", "An artifact store could not be reached, or went on answering with errors."),
  STATE_VERSION_UNSUPPORTED: code("never", "none", "store", "The stored state was written by a newer version of this library."),
  // Control.
  CANCELLED: code("never", "done", "control", "The run was cancelled."),
  SUPERSEDED: code("never", "done", "control", "The attempt was stopped because its result is no longer needed."),
  SCHEDULER_CLOSED: code("never", "none", "control", "The scheduler is closed or closing."),
  WAIT_ABORTED: code("never", "none", "control", "The caller's signal ended the waiting; the run itself goes on."),
  // Bugs.
  PLUGIN_CONTRACT_VIOLATION: code("elsewhere", "unknown", "bug", "A plug-in broke its contract; the message names it and the clause."),
  INVARIANT_BROKEN: code("never", "unknown", "bug", "spillway found itself in a state that should be impossible; please report it."),
} as const satisfies Record<string, CodeFacts>;

/** One of the stable codes; what a caller switches on. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a string is a code of this version. */
export const isErrorCode = (value: unknown): value is ErrorCode => typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
