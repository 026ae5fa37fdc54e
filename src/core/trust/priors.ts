import type { OperatorClass } from "../../model/offer.js";

/** What is believed of an operator class before any evidence. */
export interface ClassPriors {
  /** Probability that an attempt ends without a fault of node or backend (interruptions apart). */
  readonly success: number;
  /** Probability that a bind leads to a running command. */
  readonly launch: number;
  /** Interruptions per hour of capacity that the seller does not say he may take back. */
  readonly hazardPerHour: number;
  /** Standard deviation of ln(actual / planned duration) between runs. */
  readonly slownessDeviation: number;
  /** Share of nodes that may return wrong results (`f`). */
  readonly saboteurShare: number;
}

/** Everything that estimates start from. Each value is an assumption until evidence replaces it; override any of them. */
export interface TrustPriors {
  /**
   * `success`, `launch` and `slownessDeviation` are assumptions, ordered by class (the reputation of golem-js refuses nodes
   * below 0.8). Hazards: no public trace of leases on decentralised networks was found, so those start wide at one in 20 h;
   * capacity under contract at one in 500 h. `saboteurShare`: no data; 0.05 and 0.2 are assumptions of
   * `docs/node-scoring.md`.
   */
  readonly classes: Readonly<Record<OperatorClass, ClassPriors>>;
  /** Interruptions per hour of capacity that may be taken back and names no rate. AWS spot traces of 2022-2023 show 0.1-1.4 where there were any, and nothing in most places. */
  readonly interruptibleHazardPerHour: number;
  /** Shape of the hazard's prior (`a0`): it weighs as much as this many interruptions. 1 = very wide. */
  readonly hazardShape: number;
  /** Weight of each wider scope against a narrower one's own evidence, in observations (`m`). */
  readonly pseudoObservations: number;
  /** Time from bind to the command running where the offer does not say: 3 minutes, hours. */
  readonly startHours: number;
  /** Standard deviation of start times relative to their mean. */
  readonly startSpread: number;
  /** Evidence loses half of its weight in this time. */
  readonly halfLifeMs: number;
  /** The same for wrong results, which are remembered for long: a caught node must not be back next month. */
  readonly wrongHalfLifeMs: number;
}

const DAY_MS = 86_400_000;

/** The default priors. Half-life 14 days and m = 4 from `docs/node-scoring.md`. */
export const DEFAULT_PRIORS: TrustPriors = {
  classes: {
    self: { success: 0.99, launch: 0.99, hazardPerHour: 1 / 500, slownessDeviation: 0.2, saboteurShare: 1e-4 },
    single: { success: 0.98, launch: 0.95, hazardPerHour: 1 / 500, slownessDeviation: 0.2, saboteurShare: 1e-4 },
    audited: { success: 0.92, launch: 0.9, hazardPerHour: 1 / 20, slownessDeviation: 0.4, saboteurShare: 0.05 },
    permissionless: { success: 0.85, launch: 0.85, hazardPerHour: 1 / 20, slownessDeviation: 0.6, saboteurShare: 0.2 },
  },
  interruptibleHazardPerHour: 1 / 20,
  hazardShape: 1,
  pseudoObservations: 4,
  startHours: 0.05,
  startSpread: 0.75,
  halfLifeMs: 14 * DAY_MS,
  wrongHalfLifeMs: 180 * DAY_MS,
};
