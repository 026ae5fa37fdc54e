/**
 * spillway: hybrid scheduling as a library. Hand a typed workload to a {@link Scheduler}; it goes wherever a finished,
 * correct result costs least under your policy, and is seen through to the end.
 */

export type { LifecycleTiming } from "./core/lifecycle/rules.js";
export { explain } from "./core/placement/explain.js";
export * from "./model/index.js";
export { policies } from "./policies/index.js";
export type { Erasure } from "./runtime/clean-up.js";
export type { SchedulerEvents } from "./runtime/event-hub.js";
export type { BackendHealth } from "./runtime/guard.js";
export type { SchedulerOptions } from "./runtime/options.js";
export type { Plan } from "./runtime/plan.js";
export type { ForeignLease } from "./runtime/reconciler.js";
export { type ResultOutput, Run, type RunResult, type WaitOptions } from "./runtime/run.js";
export { type GroupProgress, type MemberResult, RunGroup } from "./runtime/run-group.js";
export type { GroupOptions, ScheduleOptions } from "./runtime/schedule-options.js";
export { type Health, Scheduler } from "./runtime/scheduler.js";
export type { CloseOptions, CloseReport } from "./runtime/shutdown.js";
export { systemHost } from "./runtime/system-host.js";
export { type TypedResult, TypedRun } from "./runtime/typed-run.js";
export type * from "./spec/index.js";
