import { planStaging, type StagingMode } from "../data/staging/index.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { Workload } from "../model/workload.js";
import type { EngineContext } from "./engine-context.js";

/**
 * How the files of a workload move at a backend. The same answer whenever it is asked.
 *
 * @throws UNSUPPORTED_WORKLOAD when they cannot; such a backend is normally not admitted in the first place.
 */
export function stagingOf(context: EngineContext, workload: Workload, backend: string): StagingMode {
  const capabilities = context.rules.capabilities(backend);
  if (capabilities === undefined) return "none";
  const plan = planStaging(workload, capabilities, context.artifacts.stores);
  if (plan.kind === "possible") return plan.mode;
  throw new SchedulerError("UNSUPPORTED_WORKLOAD", `Backend "${backend}" cannot take the workload's files: ${plan.message}.`, {
    retry: "elsewhere",
    details: { field: plan.field, backend },
  });
}

/** True where the machine stores results by itself, through URLs. */
export const isFar = (mode: StagingMode): boolean => mode === "wrapper" || mode === "sidecar";
