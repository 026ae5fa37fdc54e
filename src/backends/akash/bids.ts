import { formatUsd } from "../../model/money.js";
import type { Offer, Price } from "../../model/offer.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { gpuOfKey } from "./gpus.js";
import { choiceOf, toOffer } from "./offer.js";
import type { ResolvedOptions } from "./options.js";
import { usdPerHourOf } from "./prices.js";
import { factsOf } from "./provider-facts.js";
import type { SdlGpu } from "./sdl.js";
import type { Provider, WireBid } from "./wire.js";

/** Providers take back a bid that nobody took after so long, ms. */
const BID_LIFE_MS = 300_000;

/** A bid as an offer, to be ranked like one. Nothing for one whose price cannot be told. */
export function toBid(
  bid: WireBid,
  provider: Provider | undefined,
  { backend, options, placement }: { readonly backend: string; readonly options: ResolvedOptions; readonly placement: Placement },
  call: CallContext,
): Offer | undefined {
  const usdPerHour = usdPerHourOf(bid.price, options);
  if (usdPerHour === undefined) {
    call.logger.warn(
      { backend, provider: bid.id.provider, denomination: bid.price.denom },
      "a bid is in a denomination that is not priced",
    );
    return undefined;
  }
  const { cpu, memoryMiB, diskMiB, gpu } = placement.launch.resources;
  return toOffer({
    backend,
    address: bid.id.provider,
    facts: factsOf(provider, options.auditors),
    gpu: offeredKind(bid) ?? choiceOf(placement.offer.data)?.gpu,
    resources: { cpu, memoryMiB, diskMiB, gpus: gpu?.count ?? 0 },
    price: agreedPrice(usdPerHour, options),
    binding: "firm",
    // With a window for taking it back the provider says that it may.
    interruptible: bid.reclamation_window != null,
    startMs: options.startMs,
    expiresAtMs: call.host.now() + BID_LIFE_MS,
  });
}

/** A price with what it locks up beside it. */
export const agreedPrice = (usdPerHour: number, { funding }: ResolvedOptions): Price => ({
  usdPerHour,
  source: `a bid on Akash; up to ${formatUsd(usdPerHour * funding.runwayHours)} are held in escrow beside it, and come back`,
});

/** What the provider says it would give, which may be more exact than what was asked for. */
function offeredKind({ resources_offer: offered }: WireBid): SdlGpu | undefined {
  const keys = offered?.flatMap(({ resources }) => resources.gpu?.attributes?.map(({ key }) => key) ?? []) ?? [];
  return keys.map(gpuOfKey).find((gpu) => gpu !== undefined);
}
