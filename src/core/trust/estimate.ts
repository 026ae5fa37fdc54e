import type { NodeIdentity, OperatorClass } from "../../model/offer.js";

/**
 * What is believed about one node (or the narrowest known scope above it), as conjugate posteriors. All evidence is
 * aged (half-life 14 days) and shrunk along node -> operator -> provider -> backend -> prior.
 */
export interface NodeEstimate {
  /** Beta posterior of an attempt ending without a fault of node or backend. */
  readonly success: { readonly alpha: number; readonly beta: number };
  /** Beta posterior of a bind leading to a running command. */
  readonly launch: { readonly alpha: number; readonly beta: number };
  /** Gamma posterior of interruptions per hour: shape `a`, rate `b` in hours. */
  readonly hazard: { readonly a: number; readonly b: number };
  /**
   * Log-normal slowness against the reference machine: ln(actual / `expectedDurationMs`), so it includes the speed that the
   * offer claims (`prior.speed`). `mean` and `variance` of the estimate, `n` effective samples.
   */
  readonly slowness: { readonly mean: number; readonly variance: number; readonly n: number };
  /** Time from bind to the command running, hours: mean and variance of the estimate. */
  readonly start: { readonly mean: number; readonly variance: number };
  /** Probability that the next result is wrong (phi). */
  readonly wrong: number;
}

/** One concrete guess drawn from (or a quantile of) a {@link NodeEstimate}; what the cost function takes. */
export interface NodeParameters {
  readonly successProbability: number;
  readonly launchProbability: number;
  readonly hazardPerHour: number;
  /**
   * Speed factor against the reference machine: 1 = `expectedDurationMs`, 2 = half of it. The offer's own claim is already in
   * it (through {@link EstimatePrior.speed}); do not multiply by it again.
   */
  readonly speed: number;
  readonly startHours: number;
}

/** Reads estimates; the runtime's book implements it, tests pass their own. */
export interface TrustReader {
  /** `prior` carries what the offer itself says (operator class, hazard, set-up time, speed). */
  estimate(who: NodeIdentity, prior: EstimatePrior, nowMs: number): NodeEstimate;
  /** Breaker of the narrowest scope that `who` names, and of that alone (ask for `{ backend }` too): `closed` lets everything through, `open` nothing until `untilMs`, `half-open` a graded share. */
  breaker(who: NodeIdentity, nowMs: number): BreakerView;
  /** Raised by every change that could alter an answer; lets placement keep what it computed. */
  readonly revision: number;
  /**
   * The same for one backend, where the reader can tell: raised by every change that could alter an answer about it. Without it one
   * observation makes placement ask for the estimates of all backends again.
   */
  revisionOf?(backend: string): number;
}

export interface EstimatePrior {
  readonly operator: OperatorClass;
  readonly hazardPerHour?: number;
  readonly setupHours?: number;
  readonly speed?: number;
  readonly interruptible: boolean;
  /** GPU label of the offer, the same string as in `Observation.gpu`: machines of one backend with the same GPU share evidence. */
  readonly gpu?: string;
}

export interface BreakerView {
  readonly state: "closed" | "open" | "half-open";
  readonly untilMs?: number;
  /** Share of attempts that a half-open breaker lets through, in (0, 1]. 1 when closed. */
  readonly share: number;
}
