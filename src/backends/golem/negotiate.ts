import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import type { BidBook, Draft } from "./bid-book.js";
import type { ResolvedOptions } from "./options.js";

/** Time kept back from the call's deadline for what follows. */
const RESERVE_MS = 1_500;

/**
 * Gathers bids and signs with the best that says yes: the placement's `rank` decides, is asked again after each refusal, and sees what other
 * attempts have taken by then.
 *
 * @param sign answers nothing when the provider refused
 * @throws NO_BIDS, and what the order itself came to, with effect `none`; what `sign` throws.
 */
export async function signBest<T>(
  placement: Placement,
  book: BidBook,
  options: Pick<ResolvedOptions, "firstBidMs" | "bidWindowMs">,
  call: CallContext,
  sign: (draft: Draft) => Promise<T | undefined>,
): Promise<T> {
  const { host, signal } = call;
  const beganMs = host.monotonic();
  const leftMs = (): number => Math.min(options.firstBidMs - (host.monotonic() - beganMs), call.deadlineMs - host.now() - RESERVE_MS);
  const best = (): Draft | undefined => {
    for (const { offerId } of placement.rank(book.drafts.map(({ bid }) => bid))) {
      const draft = book.byBid(offerId);
      if (draft !== undefined) return draft;
    }
    return undefined;
  };
  for (let gathered = false; ; ) {
    book.requireOrder();
    const draft = best();
    if (draft !== undefined && gathered) {
      const signed = await sign(draft);
      if (signed !== undefined) return signed;
      book.remove(draft);
      continue;
    }
    if (draft !== undefined) {
      await gather(book, Math.min(options.bidWindowMs, Math.max(0, call.deadlineMs - host.now() - RESERVE_MS)), call);
      gathered = true;
      continue;
    }
    if (leftMs() <= 0) throw book.nothing();
    await book.news(leftMs(), signal);
  }
}

/** Lets the window pass while bids come. */
async function gather(book: BidBook, windowMs: number, { host, signal }: CallContext): Promise<void> {
  const endMs = host.monotonic() + windowMs;
  for (let leftMs = windowMs; leftMs > 0; leftMs = endMs - host.monotonic()) {
    await book.news(leftMs, signal);
    book.requireOrder();
  }
}
