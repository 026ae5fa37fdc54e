import { denial, type OfferFilter } from "./denial.js";

/** CPU architecture. An offer that does not say its own fits only work that runs on any. */
export const rightArch: OfferFilter = ({ resources }, need) =>
  need.arch === undefined || resources.arch === need.arch
    ? undefined
    : denial("wrong-arch", `needs ${need.arch}; the offer has ${resources.arch ?? "an unknown architecture"}`);
