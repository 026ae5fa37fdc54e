import type { VerificationRequest, Workload } from "../../model/workload.js";
import type { Policy, SelectionMode } from "../../spec/policy.js";
import type { TrustReader } from "../trust/estimate.js";
import type { CostTerms } from "./cost-terms.js";
import { EstimateMemo } from "./estimate-memo.js";
import { guardedPolicy } from "./guarded-policy.js";
import { type Need, needOf } from "./need.js";
import { type BoundTerms, Ranking } from "./ranking.js";
import { ReplicaMemo } from "./replica-memo.js";
import type { BackendOffers } from "./types.js";

/** Work that differs by less than 5 % shares its bounds, which are computed for the shorter one. */
const WORK_STEP = Math.log(1.05);

/** Most shapes whose rankings are kept, and most offers in all of them together (about 50 MB); the least recently used go first. */
const MOST_SHAPES = 64;
const MOST_RANKED_OFFERS = 200_000;

/** Rankings of one shape: need, selection and what enters the bounds. */
export interface Shape {
  readonly need: Need;
  readonly bounds: BoundTerms;
  readonly rankings: Map<string, Ranking>;
}

/**
 * What a placer keeps between decisions. All of it can be computed again from an input, so that losing any of it changes the
 * time a decision takes and nothing else.
 */
export class PlacementMemo {
  readonly replicas = new ReplicaMemo();
  readonly #needs = new WeakMap<Workload, Need>();
  readonly #policies = new WeakMap<Policy, Policy>();
  readonly #shapes = new Map<string, Shape>();
  readonly #estimates = new Map<string, EstimateMemo>();

  needOf(workload: Workload): Need {
    let need = this.#needs.get(workload);
    if (need === undefined) {
      need = needOf(workload);
      this.#needs.set(workload, need);
    }
    return need;
  }

  /** @throws INVALID_POLICY */
  guarded(policy: Policy): Policy {
    let guarded = this.#policies.get(policy);
    if (guarded === undefined) {
      guarded = guardedPolicy(policy);
      this.#policies.set(policy, guarded);
    }
    return guarded;
  }

  /** Estimates of a backend's offers. The same object for as long as none of them has changed. */
  estimatesOf(backend: string, trust: TrustReader, nowMs: number): EstimateMemo {
    let estimates = this.#estimates.get(backend);
    if (estimates === undefined || !estimates.isCurrent(trust, backend, nowMs)) {
      estimates = new EstimateMemo(trust, backend, nowMs);
      this.#estimates.set(backend, estimates);
    }
    return estimates;
  }

  shapeOf(need: Need, terms: CostTerms, verification: VerificationRequest, selection: SelectionMode): Shape {
    const { waitingUsdPerHour, startUsdPerHour } = terms.value;
    const step = Math.floor(Math.log(terms.workHours) / WORK_STEP);
    const mode = selection.kind === "draw" ? "" : selection.quantile;
    const checks = verification.kind === "quorum" ? `${verification.maxErrorProbability}/${verification.maxReplicas}` : "";
    const key = `${step}|${waitingUsdPerHour}|${startUsdPerHour}|${mode}|${checks}|${need.key}`;
    let shape = this.#shapes.get(key);
    if (shape === undefined) {
      shape = { need, bounds: { cost: baseTerms(terms, step), verification, selection }, rankings: new Map() };
      this.#makeRoom();
    } else {
      this.#shapes.delete(key);
    }
    this.#shapes.set(key, shape);
    return shape;
  }

  #makeRoom(): void {
    let offers = 0;
    for (const { rankings } of this.#shapes.values()) for (const { size } of rankings.values()) offers += size;
    for (const [key, { rankings }] of this.#shapes) {
      if (this.#shapes.size < MOST_SHAPES && offers <= MOST_RANKED_OFFERS) return;
      for (const { size } of rankings.values()) offers -= size;
      this.#shapes.delete(key);
    }
  }

  /** The ranking of a backend's present listing. */
  rankingOf(shape: Shape, backend: BackendOffers): Ranking {
    let ranking = shape.rankings.get(backend.backend);
    if (ranking === undefined) {
      ranking = new Ranking(shape.need, backend.backend, backend.capabilities);
      shape.rankings.set(backend.backend, ranking);
    }
    ranking.follow(backend.offers, backend.capabilities);
    return ranking;
  }
}

/** The terms with everything left out or lowered that differs between workloads of one shape, so that a bound holds for all of them. */
function baseTerms(terms: CostTerms, step: number): CostTerms {
  return {
    ...terms,
    // A hair less than the step's edge: the logarithm's rounding must not lift the bound above the work.
    workHours: Math.exp(step * WORK_STEP) * (1 - 1e-9),
    value: { ...terms.value, latenessUsdPerHour: 0, missUsd: 0 },
    timeLeftMs: undefined,
    inputGB: 0,
    outputGB: 0,
    inputEgressUsdPerGB: 0,
    inputEgressByBackend: undefined,
    checkpoint: undefined,
    valueAtRiskUsd: 0,
    availableUsd: undefined,
  };
}
