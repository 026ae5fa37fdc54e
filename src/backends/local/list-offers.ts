import { hostname } from "node:os";
import type { Demand, Offer } from "../../model/offer.js";
import type { Host } from "../../spec/host.js";
import { BILLING, localCapabilities } from "./capabilities.js";
import { type Capacity, freeCapacity, timesFitting } from "./capacity.js";
import type { Layout } from "./layout.js";
import { freeDiskMiB, machineArch } from "./machine.js";
import type { ResolvedOptions } from "./options.js";
import { OPERATOR } from "./report.js";

/** Time from bind to a running command, as measured: starting the supervisor, or the container. Inputs and images come on top. */
const SETUP_MS = { process: 100, docker: 1_000 } as const;

/** What {@link listOffers} needs beside the demand. */
export interface OfferSetting {
  readonly id: string;
  readonly options: ResolvedOptions;
  readonly layout: Layout;
  readonly total: Capacity;
}

/** One offer with what is free on this machine, or none when the demand does not fit. */
export async function listOffers(demand: Demand, setting: OfferSetting, host: Host): Promise<readonly Offer[]> {
  const { options, layout, id } = setting;
  const { images, trust, offersTtlMs } = localCapabilities(options);
  if (demand.gpu !== undefined && demand.gpu.count > 0) return [];
  if (demand.image ? images === "none" : images === "required") return [];
  const arch = machineArch();
  if (demand.arch !== undefined && demand.arch !== arch) return [];
  const [free, diskMiB] = await Promise.all([freeCapacity(setting.total, layout, host), freeDiskMiB(layout.base)]);
  const capacity = timesFitting(free, demand);
  if (capacity < 1 || diskMiB < demand.diskMiB) return [];
  const { country, region } = options.place;
  return [
    {
      id: "this-machine",
      backend: id,
      operator: OPERATOR,
      node: hostname(),
      binding: "firm",
      resources: { cpu: free.cpu, memoryMiB: free.memoryMiB, diskMiB, ...(arch === undefined ? {} : { arch }) },
      price: { usdPerHour: options.usdPerHour, source: "configured" },
      billing: BILLING,
      interruptible: false,
      trust: { operator: "self", certifications: trust.certifications, agreements: trust.agreements, tee: [] },
      place: {
        ...(country === undefined ? {} : { country }),
        ...(region === undefined ? {} : { region }),
        // Nobody knows better where a machine stands than who owns it.
        proof: country === undefined ? "claimed" : "contract",
      },
      setupMs: SETUP_MS[options.runtime],
      ...(Number.isFinite(capacity) ? { capacity } : {}),
      expiresAtMs: host.now() + offersTtlMs,
    },
  ];
}
