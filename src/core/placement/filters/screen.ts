import type { Offer } from "../../../model/offer.js";
import type { Need } from "../need.js";
import { rightArch } from "./arch.js";
import { complianceDenial } from "./compliance.js";
import type { Denial } from "./denial.js";
import { gpuFilter } from "./gpu.js";
import { notReclaimed } from "./interruptible.js";
import { enoughResources } from "./resources.js";

/**
 * All filters whose answer depends on the offer and the need alone. Compliance comes first, so that of several obstacles
 * the one that matters most is told.
 */
export function offerScreen(need: Need): (offer: Offer) => Denial | undefined {
  const rightGpu = gpuFilter(need.gpu);
  return (offer) =>
    complianceDenial(offer, need.compliance) ??
    notReclaimed(offer, need) ??
    rightGpu(offer.resources.gpu) ??
    enoughResources(offer, need) ??
    rightArch(offer, need);
}
