import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease, LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { hoursFor } from "./capabilities.js";
import type { IoNetClient } from "./client.js";
import { type MachineChoice, toDeployBody } from "./deploy-body.js";
import type { ResolvedOptions } from "./options.js";
import { refTo } from "./reference.js";

/** Prices are sums of rounded parts, so the hour of one duration differs from that of another in the last digits. */
const ROUNDING = 1e-6;

/** What {@link bindLease} needs beside the placement. */
export interface BindTools {
  readonly backend: string;
  readonly client: IoNetClient;
  readonly options: ResolvedOptions;
  readonly name: string;
  readonly trafficPort: number;
  readonly findByName: () => Promise<LeaseRef | undefined>;
}

/**
 * Deploys, unless the name shows that it was done before. The service takes no limit of price, so the price is asked for once more right before.
 *
 * @throws OFFER_EXPIRED, NO_CAPACITY, INSUFFICIENT_FUNDS, UNSUPPORTED_WORKLOAD with effect `none`, and what the client throws.
 */
export async function bindLease(placement: Placement, tools: BindTools, call: CallContext): Promise<Lease> {
  if (call.signal.aborted) throw call.signal.reason;
  const { backend, client, options, name } = tools;
  const { key, launch, offer } = placement;
  const earlier = await tools.findByName();
  if (earlier !== undefined) return { ref: earlier };
  const { image } = launch;
  if (image === undefined) {
    throw new SchedulerError("UNSUPPORTED_WORKLOAD", `${backend}: io.net runs images only, and the workload names none.`, {
      effect: "none",
      details: { field: "image", backend },
    });
  }
  const machine = machineOf(offer.data);
  if (machine === undefined || offer.expiresAtMs <= call.host.now()) throw expired(placement, backend, "has expired");
  const hours = hoursFor(launch.maxLifetimeMs, options);
  const usdPerHour = (await client.price(call, { ...machine, hours })) / hours;
  if (usdPerHour > placement.priceCapUsdPerHour * (1 + ROUNDING)) {
    throw expired(placement, backend, "costs more by now than the placement may");
  }
  const body = toDeployBody({ name, image, launch, hours, machine, trafficPort: tools.trafficPort, options });
  const made = await client.deploy(call, body);
  const ref = made === "name-taken" ? await tools.findByName() : refTo(backend, key, made.id);
  if (ref === undefined) {
    throw new SchedulerError(
      "BACKEND_REJECTED",
      `${backend}: io.net says that the name of this attempt is taken, but shows no deployment of it.`,
      {
        effect: "unknown",
        details: { backend },
      },
    );
  }
  return { ref, price: { ...offer.price, usdPerHour: Math.min(usdPerHour, placement.priceCapUsdPerHour) } };
}

const isId = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number";

function machineOf(data: unknown): MachineChoice | undefined {
  if (typeof data !== "object" || data === null || !("hardwareId" in data) || !("locationId" in data) || !("gpus" in data))
    return undefined;
  const { hardwareId, locationId, gpus } = data;
  return isId(hardwareId) && isId(locationId) && typeof gpus === "number" ? { hardwareId, locationId, gpus } : undefined;
}

function expired({ offer }: Placement, backend: string, why: string): SchedulerError {
  return new SchedulerError("OFFER_EXPIRED", `${backend}: the offer "${offer.id}" ${why}.`, { effect: "none", details: { backend } });
}
