/** Options for one accepted workload. */
export interface ScheduleOptions {
  /**
   * The same key with the same workload answers the run that exists, with another workload it is refused with
   * IDEMPOTENCY_CONFLICT. Makes "schedule" safe to repeat after a crash of the caller.
   */
  readonly idempotencyKey?: string;
  /** Ends the waiting for room in a full queue. The run, once accepted, is not affected. */
  readonly signal?: AbortSignal;
  /** The caller's own transaction, where the store takes one. */
  readonly tx?: unknown;
}

/** Options for several workloads accepted together. */
export interface GroupOptions extends ScheduleOptions {
  readonly name?: string;
  /** Most members active at once. Default: no limit but the scheduler's. */
  readonly parallelism?: number;
  /** `continue` (default): the others go on. `cancel`: the first failure cancels the rest. */
  readonly onFailure?: "continue" | "cancel";
  /** One cap for all members. */
  readonly maxCost?: string | number;
}
