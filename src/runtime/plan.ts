import { explain } from "../core/placement/explain.js";
import { maxLifetimeMs } from "../core/placement/lifetime.js";
import type { CandidateRecord, DecisionRecord } from "../model/decision.js";
import type { NanoUsd } from "../model/money.js";
import { NO_EXCLUSIONS, type RunState } from "../model/run.js";
import type { Workload } from "../model/workload.js";
import { accountsOf, roomUnder } from "./budget-accounts.js";
import { offersFor, placementQuestion, placeWithinBudget } from "./placement-question.js";
import type { SchedulerCore } from "./scheduler-core.js";

/** What would happen to a workload now. */
export interface Plan {
  /** Where its first attempt would go; absent when nothing fits, see {@link Plan.explain}. */
  readonly chosen?: CandidateRecord;
  /**
   * Expected spend on a result, failures and fallbacks included, USD (of all members of a fan-out). What the policy adds for time, risk
   * and preference is only in `chosen.totalUsd`.
   */
  readonly expectedUsd: number;
  /** Most that the first attempts may take: what would be reserved. */
  readonly worstCaseUsd: number;
  /** Most that one lease could cost if every scheduler process vanished after bind. */
  readonly ifWeVanishUsd: number;
  /** Why that figure is what it is, for people. */
  readonly ifWeVanish: string;
  readonly record: DecisionRecord;
  readonly members: number;
  /** Why it would go there, for people. */
  explain(): string;
}

/** Plans by the production decision itself, without writing, binding or reserving anything. */
export async function planWorkload(core: SchedulerCore, workloads: readonly Workload[], groupCap: NanoUsd | undefined): Promise<Plan> {
  const { context } = core;
  const workload = workloads[0] as Workload;
  const nowMs = core.now();
  const state: RunState = {
    run: {
      id: "plan",
      version: 0,
      status: "queued",
      workload,
      acceptedAtMs: nowMs,
      attempts: 0,
      failures: 0,
      launches: 0,
      eventCount: 0,
      exclusions: NO_EXCLUSIONS,
      cancelRequested: false,
      promotionTries: 0,
      settled: false,
    },
    attempts: [],
    leases: [],
  };
  const offers = await offersFor(context, state.run);
  const question = placementQuestion(context, state, offers, workload.verification, nowMs);
  const group = groupCap === undefined ? undefined : { id: "plan", maxCost: groupCap };
  const room = await roomUnder(accountsOf(state.run, group, context.options.budget, nowMs), context.options.store);
  const result = placeWithinBudget(context.placer, question({ purpose: "primary", distinct: "none" }), room);
  const chosen = result.record.chosen;
  const worst = chosen?.worstCaseUsd ?? 0;
  return {
    ...(chosen === undefined ? {} : { chosen }),
    expectedUsd: (result.record.chain?.expectedUsd ?? 0) * workloads.length,
    worstCaseUsd: worst * workloads.length,
    ...vanishing(core, result.chosen?.backend, worst, maxLifetimeMs(state.run.workload)),
    record: result.record,
    members: workloads.length,
    explain: () => explain(result.record),
  };
}

/** The bill of one lease that nobody ends: bounded by the backend itself, or only by what was prepaid. */
function vanishing(
  core: SchedulerCore,
  backend: string | undefined,
  worstCaseUsd: number,
  lifetimeMs: number,
): Pick<Plan, "ifWeVanishUsd" | "ifWeVanish"> {
  const capabilities = backend === undefined ? undefined : core.context.rules.capabilities(backend);
  if (backend === undefined || capabilities === undefined) return { ifWeVanishUsd: 0, ifWeVanish: "Nothing would be started." };
  if (capabilities.enforcesLifetime)
    return {
      ifWeVanishUsd: worstCaseUsd,
      ifWeVanish: `${backend} ends the lease by itself after ${Math.ceil(lifetimeMs / 60_000)} minutes.`,
    };
  if (capabilities.lifetimeLimitMs !== undefined) {
    return {
      ifWeVanishUsd: (worstCaseUsd * Math.max(capabilities.lifetimeLimitMs, lifetimeMs)) / lifetimeMs,
      ifWeVanish: `${backend} ends every lease after ${Math.ceil(capabilities.lifetimeLimitMs / 60_000)} minutes.`,
    };
  }
  return {
    ifWeVanishUsd: Number.POSITIVE_INFINITY,
    ifWeVanish: `${backend} never ends a lease by itself: only the balance that you keep there bounds the bill.`,
  };
}
