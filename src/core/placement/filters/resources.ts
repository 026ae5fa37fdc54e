import { denial, type OfferFilter } from "./denial.js";

/** CPUs, memory and disk. Nothing is rounded in the offer's favour. */
export const enoughResources: OfferFilter = ({ resources }, need) => {
  if (!(resources.cpu >= need.cpu)) return denial("too-small", `needs ${need.cpu} CPUs; the offer has ${resources.cpu}`);
  if (!(resources.memoryMiB >= need.memoryMiB)) {
    return denial("too-small", `needs ${need.memoryMiB} MiB of memory; the offer has ${resources.memoryMiB} MiB`);
  }
  if (!(resources.diskMiB >= need.diskMiB)) {
    return denial("too-small", `needs ${need.diskMiB} MiB of disk; the offer has ${resources.diskMiB} MiB`);
  }
  return undefined;
};
