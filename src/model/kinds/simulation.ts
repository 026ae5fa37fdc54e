import type { CommonInput } from "../input/common-input.js";
import type { SeedsInput, SweepInput } from "../input/fan-schema.js";
import { count, GIB_IN_MIB, type KindSpec, label, MINUTE_MS } from "./kind-spec.js";

/** A simulation, or many over seeds and parameters. Defaults: 10 minutes, 2 CPUs, 4 GiB memory, 10 GiB disk. */
export interface SimulationInput extends CommonInput {
  readonly kind: "simulation";
  /** Such as `openfoam 12`, for people and labels. */
  readonly engine?: string;
  readonly model?: string;
  readonly steps?: number;
  /** One run per seed, `{seed}`: a list, or a number n for the seeds 0 to n - 1. */
  readonly seeds?: SeedsInput;
  /** One run per combination of parameters; each is replaced by its name in braces. */
  readonly sweep?: SweepInput;
}

export const simulation: KindSpec = {
  kind: "simulation",
  task: { engine: label(), model: label(), steps: count() },
  fan: ["seeds", "sweep"],
  defaults: { expectedDurationMs: 10 * MINUTE_MS, cpu: 2, memoryMiB: 4 * GIB_IN_MIB, diskMiB: 10 * GIB_IN_MIB, interruptible: "always" },
};
