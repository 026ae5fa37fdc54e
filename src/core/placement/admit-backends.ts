import type { RejectionExample } from "../../model/decision.js";
import type { PlaceFacts } from "../../model/offer.js";
import type { Workload } from "../../model/workload.js";
import type { Capabilities } from "../../spec/capabilities.js";
import { COMPLIANCE_FILTERS, type ComplianceFacts } from "./filters/compliance.js";
import { type Denial, denial } from "./filters/denial.js";
import { livesLongEnough } from "./filters/lifetime.js";
import { type ComplianceNeed, type Need, needOf } from "./need.js";
import type { BackendAdmission } from "./types.js";

/**
 * Says which backends may hear of a workload at all, from their capabilities alone: a workload's existence may itself be
 * sensitive, and asking costs time. A backend that cannot possibly satisfy class, place, certifications, agreements, tee,
 * secrets, image, staging or lifetime is left out; what it does not declare it does not have.
 *
 * `backendOptions` for a backend that is not there are ignored: they are for whoever knows them.
 */
export function admitBackends(
  workload: Workload,
  backends: readonly { readonly id: string; readonly kind: string; readonly capabilities: Capabilities }[],
): BackendAdmission {
  const need = needOf(workload);
  const admitted: string[] = [];
  const rejections: RejectionExample[] = [];
  for (const { id, capabilities } of backends) {
    const found = backendDenial(need, capabilities) ?? livesLongEnough(workload, capabilities);
    if (found === undefined) admitted.push(id);
    else rejections.push({ code: found.code, count: 1, example: { backend: id, message: found.message } });
  }
  return { admitted, rejections };
}

/** What keeps a backend out whatever it might offer. Depends on need and capabilities alone. */
export function backendDenial(need: Need, capabilities: Capabilities): Denial | undefined {
  if (need.image && capabilities.images === "none")
    return denial("no-images", "the workload is a container image; this backend runs plain processes only");
  if (!need.image && capabilities.images === "required")
    return denial("image-required", "the workload names no image; this backend runs images only");
  if (need.files && capabilities.staging === "none")
    return denial("staging", "the workload has inputs or outputs; this backend cannot move files");
  if (!capabilities.exitCode && capabilities.staging === "none") {
    return denial("unsupported", "this backend reports neither exit codes nor files, so that success could not be told from failure");
  }
  return possibleCompliance(need.compliance, capabilities);
}

/**
 * Compliance of the best offer that the capabilities allow, tried for every operator class and country they name. The same
 * filters as for real offers; of all the obstacles the one that was met last is told, because it is the nearest to a fit.
 */
function possibleCompliance(need: ComplianceNeed, capabilities: Capabilities): Denial | undefined {
  const { trust } = capabilities;
  let nearest: Denial | undefined;
  let reached = -1;
  for (const operator of trust.operators) {
    for (const place of possiblePlaces(need, capabilities)) {
      const facts: ComplianceFacts = { trust: { ...trust, operator }, place };
      const index = COMPLIANCE_FILTERS.findIndex((filter) => filter(facts, need) !== undefined);
      if (index < 0) return undefined;
      if (index <= reached) continue;
      reached = index;
      nearest = COMPLIANCE_FILTERS[index]?.(facts, need);
    }
  }
  return nearest ?? denial("untrusted-operator", "this backend does not say who runs its machines");
}

/**
 * `any` leaves open where offers are; each will have to prove its place. Work whose existence is sensitive is not shown to
 * such a backend, so for it the place counts as unknown.
 */
function possiblePlaces(need: ComplianceNeed, capabilities: Capabilities): readonly PlaceFacts[] {
  const unknown: PlaceFacts = { proof: "claimed" };
  if (capabilities.countries !== "any") {
    return capabilities.countries.length === 0 ? [unknown] : capabilities.countries.map((country) => ({ country, proof: "contract" }));
  }
  const listed = need.residency?.countries;
  if (need.rule.guarded || listed === undefined) return [unknown];
  return [...listed].map((country) => ({ country, proof: "contract" }));
}
