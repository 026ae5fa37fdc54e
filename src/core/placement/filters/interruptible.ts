import { denial, type OfferFilter } from "./denial.js";

/** Work that must not be reclaimed stays off machines that the seller may take back. */
export const notReclaimed: OfferFilter = (offer, need) =>
  offer.interruptible && !need.interruptible
    ? denial("not-interruptible", "the workload must not be interrupted; the seller may take this machine back")
    : undefined;
