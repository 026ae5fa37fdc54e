import type { BackendAdmission } from "../core/placement/types.js";
import { planStaging, type StagingStore } from "../data/staging/index.js";
import type { RejectionExample } from "../model/decision.js";
import type { Workload } from "../model/workload.js";
import type { GuardedBackend } from "./guard.js";

/** Whether nothing but the encryption of outputs keeps a workload from every backend: none of them does it. */
export function isEncryptionUnavailable(
  workload: Workload,
  backends: ReadonlyMap<string, GuardedBackend>,
  stores: readonly StagingStore[],
): boolean {
  return [...backends.values()].every(({ backend }) => {
    const plan = planStaging(workload, backend.capabilities, stores);
    return plan.kind === "impossible" && plan.code === "ENCRYPTION_UNAVAILABLE";
  });
}

/** Of the backends that may hear of a workload those to which its files can get, and for the others what stands in the way. */
export function admitStaging(
  workload: Workload,
  { admitted, rejections }: BackendAdmission,
  backends: ReadonlyMap<string, GuardedBackend>,
  stores: readonly StagingStore[],
): BackendAdmission {
  const able: string[] = [];
  const found: RejectionExample[] = [];
  for (const id of admitted) {
    const guarded = backends.get(id);
    if (guarded === undefined) continue;
    const plan = planStaging(workload, guarded.backend.capabilities, stores);
    if (plan.kind === "possible") able.push(id);
    else found.push({ code: "staging", count: 1, example: { backend: id, message: plan.message } });
  }
  return found.length === 0 ? { admitted, rejections } : { admitted: able, rejections: [...rejections, ...found] };
}
