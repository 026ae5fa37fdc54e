import type { Policy, PolicyView } from "../../../spec/policy.js";
import { type Denial, denial } from "./denial.js";

/** The policy's own hard rules. The policy is guarded: what its functions answer is what they are meant to answer. */
export function policyDenial(policy: Policy, view: PolicyView): Denial | undefined {
  for (const filter of policy.filters) {
    const why = filter.test(view);
    if (why !== undefined) return denial("policy", `${filter.name}: ${why}`);
  }
  return undefined;
}
