/** The nouns. */
export * from "./artifact.js";
export * from "./attempt.js";
export {
  BUDGET_WINDOWS,
  type Budget,
  type BudgetAccount,
  type BudgetInput,
  type BudgetWindow,
  budgetWindow,
  parseBudget,
} from "./budget.js";
export * from "./decision.js";
export { defineWorkload, type WorkloadDefinition, type WorkloadDefinitionOptions } from "./define-workload.js";
export { toDemand } from "./demand.js";
export * from "./errors/codes.js";
export * from "./errors/scheduler-error.js";
export * from "./event.js";
export { GPU_ALIASES, type GpuDialect } from "./gpu/aliases.js";
export { type GpuMatch, type GpuMatchOptions, gpuMatcher, gpuMatches } from "./gpu/match.js";
export { createGpuIndex, GPU_MEMORY_TOLERANCE, type GpuHint, type GpuIndex, normaliseGpu, worstRow } from "./gpu/normalise.js";
export { GPU_ROWS, type GpuRow } from "./gpu/table.js";
export type * from "./input/common-input.js";
export { type FrameRange, MAX_MEMBERS, type SeedsInput, type SweepInput } from "./input/fan-schema.js";
export type { BatchInput } from "./kinds/batch.js";
export type { InferenceInput } from "./kinds/inference.js";
export type { Precision } from "./kinds/kind-spec.js";
export type { ProvingInput } from "./kinds/proving.js";
export type { RenderingInput } from "./kinds/rendering.js";
export type { SimulationInput } from "./kinds/simulation.js";
export type { TrainingInput } from "./kinds/training.js";
export * from "./lease.js";
export { formatUsd, maxNano, minNano, NANO_PER_USD, type NanoUsd, nanoUsd, parseUsd, toUsd } from "./money.js";
export * from "./observation.js";
export * from "./offer.js";
export * from "./receipt.js";
export * from "./run.js";
export * from "./secret.js";
export type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.js";
export { formatDuration, parseBytes, parseDurationMs, parseMiB } from "./units.js";
export * from "./workload.js";
export {
  type FanOutInput,
  type IsFanOut,
  type ParsedWorkload,
  parseWorkload,
  type SingleWorkloadInput,
  type WorkloadInput,
} from "./workload-input.js";
