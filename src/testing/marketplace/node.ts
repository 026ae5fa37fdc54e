import type { OfferedResources, PlaceFacts, TrustFacts } from "../../model/offer.js";
import type { ResourceRequest } from "../../model/workload.js";
import { within } from "../range.js";
import { identityRandom } from "../seeded-random.js";
import type { ProviderSpec } from "./options.js";

/** One machine of the simulated market, with the truth about it. */
export interface MarketNode {
  readonly id: string;
  readonly provider: string;
  /** Absent when offers do not say. */
  readonly operator?: string;
  readonly resources: OfferedResources;
  readonly trust: TrustFacts;
  readonly place: PlaceFacts;
  readonly capacity: number;
  readonly baseUsdPerHour: number;
  readonly speed: number;
  readonly claimedSpeed: number;
  readonly hazardPerHour: number;
  readonly claimedHazardPerHour?: number;
  readonly wrongShare: number;
  readonly spec: ProviderSpec;
}

const DEFAULT_RESOURCES: OfferedResources = { cpu: 4, memoryMiB: 16 * 1024, diskMiB: 100 * 1024, arch: "x86_64" };
const DEFAULT_PLACE: PlaceFacts = { country: "US", proof: "claimed" };

/** Systems report a little less GPU memory than the data sheet says; the same tolerance as in placement. */
const GPU_MEMORY_TOLERANCE = 0.93;

/** The nodes of a market: the same for the same seed and providers, whatever is added behind. */
export function makeNodes(seed: string, providers: readonly ProviderSpec[]): readonly MarketNode[] {
  return providers.flatMap((spec) => Array.from({ length: spec.nodes ?? 1 }, (_, index) => makeNode(seed, spec, index)));
}

function makeNode(seed: string, spec: ProviderSpec, index: number): MarketNode {
  const id = `sim-${spec.name}-${index + 1}`;
  const random = identityRandom(seed, "node", id);
  const speed = within(spec.speed ?? 1, random);
  const claimedSpeed = within(spec.claimedSpeed ?? 1, random);
  const hazardPerHour = within(spec.hazardPerHour ?? 0, random);
  const claimedHazardPerHour = within(spec.claimedHazardPerHour ?? 0, random);
  const places = spec.place === undefined ? [DEFAULT_PLACE] : "proof" in spec.place ? [spec.place] : spec.place;
  const operators = spec.operators ?? spec.nodes ?? 1;
  return {
    id,
    provider: spec.name,
    ...(operators === "unknown" ? {} : { operator: `sim-${spec.name}-operator-${(index % operators) + 1}` }),
    resources: { ...DEFAULT_RESOURCES, ...spec.resources },
    trust: { operator: "permissionless", certifications: [], agreements: [], tee: [], ...spec.trust },
    place: places[index % places.length] ?? DEFAULT_PLACE,
    capacity: spec.capacity ?? 1,
    baseUsdPerHour: within(spec.usdPerHour ?? 0.1, random),
    wrongShare: within(spec.wrongShare ?? 0, random),
    speed,
    claimedSpeed: spec.claimedSpeed === undefined ? speed : claimedSpeed,
    hazardPerHour,
    ...(spec.claimedHazardPerHour === undefined ? {} : { claimedHazardPerHour }),
    spec,
  };
}

/** What is asked of a machine: a demand or a launch's resources. */
export type Needs = Pick<ResourceRequest, "cpu" | "memoryMiB" | "diskMiB" | "arch"> & {
  readonly gpu?: { readonly count: number; readonly memoryGiB?: number };
};

/** Whether the node is large enough. GPU models are left to the caller, who knows their many names. */
export function fits(node: MarketNode, needs: Needs): boolean {
  const has = node.resources;
  if (has.cpu < needs.cpu || has.memoryMiB < needs.memoryMiB || has.diskMiB < needs.diskMiB) return false;
  if (needs.arch !== undefined && has.arch !== undefined && needs.arch !== has.arch) return false;
  if (needs.gpu === undefined) return true;
  if (has.gpu === undefined || has.gpu.count < needs.gpu.count) return false;
  return needs.gpu.memoryGiB === undefined || (has.gpu.memoryGiB ?? 0) >= needs.gpu.memoryGiB * GPU_MEMORY_TOLERANCE;
}
