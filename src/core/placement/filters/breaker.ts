import type { NodeIdentity, Offer } from "../../../model/offer.js";
import { childSeed, seededRandom } from "../../random.js";
import type { TrustReader } from "../../trust/estimate.js";
import { type Denial, denial } from "./denial.js";

/** When a half-open breaker has turned a run away, the lot is drawn anew after this time. */
export const BREAKER_LOT_MS = 1_000;

/**
 * Breakers of backends and nodes. An open one lets nothing through; a half-open one a share, decided by a lot that depends
 * on the decision's seed, the breaker and the time, so that a run that was turned away is not turned away for ever.
 */
export class BreakerFilter {
  readonly #trust: TrustReader;
  readonly #nowMs: number;
  readonly #seed: string;

  constructor(trust: TrustReader, seed: string, nowMs: number) {
    this.#trust = trust;
    this.#nowMs = nowMs;
    this.#seed = seed;
  }

  backendDenial(backend: string): Denial | undefined {
    return this.#denial({ backend }, `backend ${backend}`);
  }

  /** The breaker of the narrowest known scope. An offer that names neither node, operator nor provider has only its backend's. */
  offerDenial(offer: Offer): Denial | undefined {
    if (offer.node === undefined && offer.operator === undefined && offer.provider === undefined) return undefined;
    return this.#denial(offer, offer.node === undefined ? `operator ${offer.operator ?? offer.provider}` : `node ${offer.node}`);
  }

  /** When the breaker that answers for this offer may let something through. */
  untilMs(who: NodeIdentity): number | undefined {
    const view = this.#trust.breaker(who, this.#nowMs);
    if (view.state === "closed") return undefined;
    return view.state === "open" ? view.untilMs : this.#nowMs + BREAKER_LOT_MS;
  }

  #denial(who: NodeIdentity, name: string): Denial | undefined {
    const view = this.#trust.breaker(who, this.#nowMs);
    if (view.state === "closed") return undefined;
    if (view.state === "open") {
      const wait = view.untilMs === undefined ? "" : ` for another ${Math.max(0, Math.round((view.untilMs - this.#nowMs) / 1000))} s`;
      return denial("breaker-open", `${name} failed too often and is left alone${wait}`);
    }
    const lot = Math.floor(this.#nowMs / BREAKER_LOT_MS);
    const draw = seededRandom(childSeed(this.#seed, `breaker/${lot}/${name}`)).next();
    if (draw < view.share) return undefined;
    return denial("breaker-open", `${name} is on probation; only ${Math.round(view.share * 100)} % of attempts may try it`);
  }
}
