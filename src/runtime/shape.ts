import { canonicalJson } from "../model/canonical-json.js";
import type { LiveRun } from "./live-run.js";

/** Text that is equal for two runs exactly when the same places suit them: the parts of a workload that placement reads. */
export function shapeOf(live: LiveRun): string {
  live.shape ??= describe(live);
  return live.shape;
}

function describe(live: LiveRun): string {
  const { workload } = live.state.run;
  return canonicalJson({
    resources: workload.resources,
    data: workload.data,
    interruptible: workload.interruptible,
    latency: workload.latency,
    near: workload.near,
    expectedDurationMs: workload.expectedDurationMs,
    timeoutMs: workload.timeoutMs,
    secretsTo: workload.secretsTo,
    verification: workload.verification,
    valueAtRiskUsd: workload.valueAtRiskUsd,
    maxCost: workload.maxCost,
    tenant: workload.tenant,
    kind: workload.kind,
    backendOptions: workload.backendOptions,
    // Which image: a lease that is open with one suits nobody else.
    image: workload.image,
    files: Object.keys(workload.inputs).length > 0 || Object.keys(workload.outputs).length > 0,
    secrets: Object.keys(workload.secrets).length > 0,
    checkpoint: workload.checkpoint !== undefined,
  });
}
