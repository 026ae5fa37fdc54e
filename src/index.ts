/**
 * spillway: hybrid scheduling as a library. Hand a typed workload to a {@link Scheduler}; it goes wherever a finished,
 * correct result costs least under your policy, and is seen through to the end.
 */

export * from "./model/index.js";
export { explain } from "./core/placement/explain.js";
export { policies } from "./policies/index.js";
export type * from "./spec/index.js";
export { Scheduler, type GroupOptions, type Health, type ScheduleOptions } from "./runtime/scheduler.js";
export type { SchedulerOptions } from "./runtime/options.js";
export { Run, type ResultOutput, type RunResult, type WaitOptions } from "./runtime/run.js";
export { RunGroup, type GroupProgress, type MemberResult } from "./runtime/run-group.js";
export { TypedRun, type TypedResult } from "./runtime/typed-run.js";
export type { Plan } from "./runtime/plan.js";
export type { CloseOptions, CloseReport } from "./runtime/shutdown.js";
export type { SchedulerEvents } from "./runtime/event-hub.js";
export type { BackendHealth } from "./runtime/guard.js";
export type { ForeignLease } from "./runtime/reconciler.js";
export { systemHost } from "./runtime/system-host.js";
