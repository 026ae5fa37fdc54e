import { gpuMatcher } from "../../../model/gpu/match.js";
import type { OfferedGpu } from "../../../model/offer.js";
import type { GpuRequest } from "../../../model/workload.js";
import { type Denial, denial } from "./denial.js";

/**
 * The GPUs asked for. Reading a label takes longer than everything else about an offer, and a market repeats few labels, so
 * the answers are kept by label, count and memory.
 */
export function gpuFilter(request: GpuRequest | undefined): (offered: OfferedGpu | undefined) => Denial | undefined {
  if (request === undefined) return () => undefined;
  const matches = gpuMatcher(request);
  const known = new Map<string, Denial | undefined>();
  return (offered) => {
    if (offered === undefined)
      return denial("wrong-gpu", `needs ${request.count} GPU${request.count === 1 ? "" : "s"}; the offer has none`);
    const key = `${offered.count}|${offered.memoryGiB ?? ""}|${offered.label}`;
    if (known.has(key)) return known.get(key);
    const match = matches(offered);
    const answer = match.ok ? undefined : denial("wrong-gpu", match.message);
    known.set(key, answer);
    return answer;
  };
}
