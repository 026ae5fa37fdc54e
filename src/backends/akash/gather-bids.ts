import { poll } from "../../kit/poll.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement, RankedBid } from "../../spec/launch.js";
import { toBid } from "./bids.js";
import type { Market } from "./market.js";
import type { ResolvedOptions } from "./options.js";
import type { ProviderBook } from "./provider-book.js";
import type { WireBid } from "./wire.js";

/** How often bids are looked at, ms. They come in over half a minute. */
const LOOK_MS = 2_500;

/** A bid that may be taken. */
export interface TakeableBid {
  readonly bid: WireBid;
  readonly ranked: RankedBid;
}

/** What bids are gathered with. */
export interface Gathering {
  readonly backend: string;
  readonly market: Market;
  readonly options: ResolvedOptions;
  readonly book: ProviderBook;
  readonly placement: Placement;
  readonly dseq: string;
  /** Ends of the window and of the whole wait, by the host's monotonic clock, ms. */
  readonly windowEndsMs: number;
  readonly waitEndsMs: number;
  /** Providers whose bid could not be taken. */
  readonly refused: ReadonlySet<string>;
}

/** The bids that may be taken once the window is over, best first; none when the wait is over too. */
export async function gatherBids(gathering: Gathering, call: CallContext): Promise<readonly TakeableBid[]> {
  const { backend, windowEndsMs, waitEndsMs } = gathering;
  const look = async (): Promise<readonly TakeableBid[] | undefined> => {
    if (call.host.monotonic() < windowEndsMs) return undefined;
    const found = await takeable(gathering, call);
    return found.length === 0 ? undefined : found;
  };
  // Neither jitter nor growth: the window is the one wait that was asked for.
  const waits = { backend, what: "bids", everyMs: LOOK_MS, factor: 1, jitter: 0 };
  const restMs = Math.max(0, windowEndsMs - call.host.monotonic());
  await poll(call, async () => undefined, { ...waits, everyMs: restMs, maxEveryMs: restMs, forMs: restMs });
  return (await poll(call, look, { ...waits, forMs: Math.max(0, waitEndsMs - call.host.monotonic()) })) ?? [];
}

async function takeable(gathering: Gathering, call: CallContext): Promise<readonly TakeableBid[]> {
  const { market, book, dseq, refused, placement } = gathering;
  const open = (await market.bids(call, dseq)).filter(({ state, id }) => state === "open" && !refused.has(id.provider));
  const offers = await Promise.all(
    open.map(async (bid) => ({ bid, offer: toBid(bid, await book(call, bid.id.provider), gathering, call) })),
  );
  const known = offers.flatMap(({ bid, offer }) => (offer === undefined ? [] : [{ bid, offer }]));
  return placement
    .rank(known.map(({ offer }) => offer))
    .flatMap((ranked) => known.filter(({ offer }) => offer.id === ranked.offerId).map(({ bid }) => ({ bid, ranked })));
}
