import { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ResourceRequest } from "../../model/workload.js";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import type { Bid } from "../../spec/launch.js";
import { toSdkError } from "./errors.js";
import { type OfferFacts, readOfferFacts } from "./offer-properties.js";
import { holds, type OfferSetting, toOffer } from "./offers.js";
import type { WorkerEvent, WorkerFailure } from "./worker/messages.js";

const draftShape = z.looseObject({
  proposalId: z.string().min(1),
  providerId: z.string().min(1),
  name: z.string().nullish(),
  wallet: z.string().nullish(),
  properties: z.record(z.string(), z.unknown()),
});

/** A provider's answer to the order, ready to be signed. */
export interface Draft {
  readonly proposalId: string;
  readonly providerId: string;
  readonly wallet: string | undefined;
  readonly facts: OfferFacts;
  readonly bid: Bid;
}

/** What the book is kept for. */
export interface BidBookParts {
  readonly backend: string;
  readonly wanted: ResourceRequest;
  readonly setting: OfferSetting;
  readonly host: Host;
  readonly clean: (text: string) => string;
}

/** The bids of one negotiation as they come, the newest of each provider. */
export class BidBook {
  readonly #parts: BidBookParts;
  readonly #drafts = new Map<string, Draft>();
  #counts: Readonly<Record<string, number>> = {};
  #said: string | undefined;
  #failure: WorkerFailure | undefined;
  #wake: (() => void)[] = [];

  constructor(parts: BidBookParts) {
    this.#parts = parts;
  }

  /** The bids, with what names them. */
  get drafts(): readonly Draft[] {
    return [...this.#drafts.values()];
  }

  byBid(offerId: string): Draft | undefined {
    return this.#drafts.get(offerId);
  }

  /** It was refused, or is being signed. */
  remove(draft: Draft): void {
    this.#drafts.delete(draft.bid.id);
  }

  onEvent(event: WorkerEvent): void {
    if (event.event === "market") {
      this.#counts = event.counts;
      this.#said = event.said ?? this.#said;
      return;
    }
    if (event.event === "negotiation-failed") this.#failure = event.error;
    else if (event.event === "draft") this.#add(event.draft);
    else return;
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** The thread ended. */
  fail(failure: WorkerFailure): void {
    this.onEvent({ event: "negotiation-failed", key: "", error: failure });
  }

  /** What the SDK or the daemon said of the order itself. @throws the coded error, with effect `none`: nothing was signed. */
  requireOrder(): void {
    if (this.#failure === undefined) return;
    const { backend, clean } = this.#parts;
    throw toSdkError(this.#failure, { backend, doing: "put the order on the market", effect: "none", clean });
  }

  /** Waits for something new, at most so long. Rejects with the signal's reason. */
  async news(ms: number, signal: AbortSignalLike): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (finish: () => void) => (): void => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        finish();
      };
      const onAbort = done(() => reject(signal.reason as Error));
      const timer = this.#parts.host.setTimer(Math.max(0, ms), done(resolve), { keepAlive: true });
      this.#wake.push(done(resolve));
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  /** Why there is nothing to sign. Tells an empty market from one whose offers were all refused: the one may change, the other will not. */
  nothing(): SchedulerError {
    const { backend } = this.#parts;
    const { tooDear = 0, unwanted = 0, malformed = 0, refused = 0, pollErrors = 0 } = this.#counts;
    const parts = [
      tooDear > 0 ? `${tooDear} offers were too dear` : "",
      unwanted > 0 ? `${unwanted} were of nodes that are not wanted` : "",
      malformed > 0 ? `${malformed} were malformed` : "",
      refused > 0 ? `${refused} times a provider refused the order (${JSON.stringify((this.#said ?? "").slice(0, 120))})` : "",
    ].filter((part) => part !== "");
    if (parts.length === 0 && pollErrors > 0) {
      return new SchedulerError(
        "BACKEND_UNAVAILABLE",
        `${backend}: the daemon could not be asked for offers: ${(this.#said ?? "").slice(0, 200)}.`,
        {
          effect: "none",
          details: { backend },
        },
      );
    }
    const why =
      parts.length > 0
        ? parts.join(", ")
        : "no offer came at all; if that stays so, check `network`, `subnet` and the runtime, since nothing matches a wrong one";
    return new SchedulerError("NO_BIDS", `${backend}: nobody acceptable answered the order: ${why}.`, {
      effect: "none",
      details: { backend, tooDear, unwanted, malformed, refused },
    });
  }

  #add(given: unknown): void {
    const parsed = draftShape.safeParse(given);
    const facts = parsed.success ? readOfferFacts(parsed.data.properties) : undefined;
    if (!parsed.success || facts === undefined || !holds(facts, this.#parts.wanted)) return;
    const { proposalId, providerId, wallet } = parsed.data;
    const bid = toOffer(facts, { id: providerId, node: providerId, wallet: wallet ?? undefined }, "firm", this.#parts.setting);
    this.#drafts.set(bid.id, { proposalId, providerId, wallet: wallet ?? undefined, facts, bid });
  }
}
