import type { Offer } from "../../model/offer.js";
import type { SelectionMode } from "../../spec/policy.js";
import { optimisticParameters, quantileParameters } from "../trust/draw.js";
import type { EstimatePrior, NodeEstimate, NodeParameters, TrustReader } from "../trust/estimate.js";

/**
 * Estimates are asked for at whole quarters of an hour, whatever the time of the decision: against a half-life of days nothing
 * is lost, and what was computed from them stays valid in between.
 */
const ESTIMATE_STEP_MS = 15 * 60_000;

/** The moment at which estimates are asked for in a decision at `nowMs`. */
const estimateTimeMs = (nowMs: number): number => Math.floor(nowMs / ESTIMATE_STEP_MS) * ESTIMATE_STEP_MS;

/** What is believed of whoever runs an offer, as a decision at `nowMs` sees it. */
export function estimateOf(offer: Offer, trust: TrustReader, nowMs: number): NodeEstimate {
  return trust.estimate(offer, priorOf(offer), estimateTimeMs(nowMs));
}

/** The best parameters that a selection mode can choose for an estimate. */
export function bestParameters(estimate: NodeEstimate, mode: SelectionMode): NodeParameters {
  return mode.kind === "quantile" ? quantileParameters(estimate, mode.quantile) : optimisticParameters(estimate);
}

/** Estimates of one backend's offers, kept until trust changes or a quarter of an hour is over. */
export class EstimateMemo {
  readonly #trust: TrustReader;
  readonly #revision: number;
  readonly #atMs: number;
  readonly #known = new WeakMap<Offer, NodeEstimate>();

  constructor(trust: TrustReader, backend: string, nowMs: number) {
    this.#trust = trust;
    this.#revision = revisionOf(trust, backend);
    this.#atMs = estimateTimeMs(nowMs);
  }

  /** Whether its answers are still those of a new one. */
  isCurrent(trust: TrustReader, backend: string, nowMs: number): boolean {
    return this.#trust === trust && this.#revision === revisionOf(trust, backend) && this.#atMs === estimateTimeMs(nowMs);
  }

  of(offer: Offer): NodeEstimate {
    let estimate = this.#known.get(offer);
    if (estimate === undefined) {
      estimate = this.#trust.estimate(offer, priorOf(offer), this.#atMs);
      this.#known.set(offer, estimate);
    }
    return estimate;
  }
}

const revisionOf = (trust: TrustReader, backend: string): number => trust.revisionOf?.(backend) ?? trust.revision;

// Filled in place rather than spread together: it is made for every offer of a decision.
function priorOf(offer: Offer): EstimatePrior {
  const prior: { -readonly [Field in keyof EstimatePrior]: EstimatePrior[Field] } = {
    operator: offer.trust.operator,
    interruptible: offer.interruptible,
  };
  if (offer.hazardPerHour !== undefined) prior.hazardPerHour = offer.hazardPerHour;
  if (offer.setupMs !== undefined) prior.setupHours = offer.setupMs / 3_600_000;
  if (offer.speed !== undefined) prior.speed = offer.speed;
  if (offer.resources.gpu !== undefined) prior.gpu = offer.resources.gpu.label;
  return prior;
}
