import { guardedPolicy } from "../core/placement/guarded-policy.js";
import type { Workload } from "../model/workload.js";
import type { Filter, Penalty, Policy, RetryPolicy, TimeValue } from "../spec/policy.js";

/** What {@link compose} lays over a policy. Everything optional; what is absent stays as it was. */
export interface PolicyPatch {
  /** Default: the base's name. */
  readonly name?: string;
  /** Added; one of the same name replaces the base's. */
  readonly filters?: readonly Filter[];
  /** Added; one of the same name replaces the base's. */
  readonly penalties?: readonly Penalty[];
  /** Sees the base's values and answers those that change. */
  readonly value?: (workload: Workload, base: TimeValue) => Partial<TimeValue>;
  /** Merged field by field, `byCode` code by code. */
  readonly retry?: Partial<Omit<RetryPolicy, "backoff">> & { readonly backoff?: Partial<RetryPolicy["backoff"]> };
  readonly selection?: Policy["selection"];
  /** Replaces the base's rule. */
  readonly verification?: NonNullable<Policy["verification"]>;
  /** Replaces the base's rule. */
  readonly hedge?: NonNullable<Policy["hedge"]>;
  readonly maxBilledRatio?: number;
}

/**
 * A policy with changes, later patches over earlier ones. Policies are plain data, so a whole policy's filters and penalties can
 * serve as a patch too.
 *
 * @throws INVALID_POLICY when the result is malformed
 * @example
 * ```ts
 * const mine = compose(hybrid(), { name: "acme", penalties: [nearby], retry: { maxFailures: 8 } });
 * ```
 */
export function compose(base: Policy, ...patches: readonly PolicyPatch[]): Policy {
  const policy = patches.reduce<Policy>(patched, base);
  guardedPolicy(policy);
  return policy;
}

function patched(base: Policy, patch: PolicyPatch): Policy {
  const { value, retry } = patch;
  return {
    ...base,
    ...(patch.name === undefined ? {} : { name: patch.name }),
    filters: merged(base.filters, patch.filters ?? []),
    penalties: merged(base.penalties, patch.penalties ?? []),
    value: value === undefined ? base.value : (workload) => overlaid(base.value(workload), (values) => value(workload, values)),
    retry:
      retry === undefined
        ? base.retry
        : {
            ...base.retry,
            ...retry,
            backoff: { ...base.retry.backoff, ...retry.backoff },
            byCode: { ...base.retry.byCode, ...retry.byCode },
          },
    ...(patch.selection === undefined ? {} : { selection: patch.selection }),
    ...(patch.verification === undefined ? {} : { verification: patch.verification }),
    ...(patch.hedge === undefined ? {} : { hedge: patch.hedge }),
    ...(patch.maxBilledRatio === undefined ? {} : { maxBilledRatio: patch.maxBilledRatio }),
  };
}

const overlaid = (values: TimeValue, change: (values: TimeValue) => Partial<TimeValue>): TimeValue => ({ ...values, ...change(values) });

function merged<T extends { readonly name: string }>(base: readonly T[], added: readonly T[]): readonly T[] {
  const replaced = new Set(added.map(({ name }) => name));
  return [...base.filter(({ name }) => !replaced.has(name)), ...added];
}
