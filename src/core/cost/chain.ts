/** Interruptions: a known rate, or a Gamma belief about it (`a` interruptions in `b` hours), which makes long-lived nodes safer. */
export type Hazard = { readonly perHour: number } | { readonly a: number; readonly b: number };

/** Probability of no interruption in `hours`: `e^{-lam t}`, or predictive `(b/(b+t))^a`. */
export function survivalProbability(hazard: Hazard, hours: number): number {
  if ("perHour" in hazard) return Math.exp(-hazard.perHour * hours);
  return (hazard.b / (hazard.b + hours)) ** hazard.a;
}

/**
 * Expected run time until interruption or `hours`, whichever is first: `(1 - e^{-lam L})/lam`, or predictive
 * `b/(a-1) (1 - (b/(b+L))^(a-1))`, which is `b ln(1 + L/b)` at a = 1.
 */
export function expectedRunHours(hazard: Hazard, hours: number): number {
  if ("perHour" in hazard) {
    const exponent = hazard.perHour * hours;
    return exponent < 1e-12 ? hours : -Math.expm1(-exponent) / hazard.perHour;
  }
  const { a, b } = hazard;
  const logGrowth = Math.log1p(hours / b);
  // expm1 keeps the limit a -> 1 exact.
  const exponent = (a - 1) * logGrowth;
  return Math.abs(exponent) < 1e-9 ? b * logGrowth : (-b * Math.expm1(-exponent)) / (a - 1);
}

/** One attempt on one backend without carried progress. Hours, USD. */
export interface AttemptInput {
  /** Probability that the launch comes to nothing (`phi0`), and what that costs (`k0`). */
  readonly launchFailureProbability: number;
  readonly launchFailureUsd: number;
  /** Fixed cost of a launch that works (`k`), data included. */
  readonly usdPerLaunch: number;
  readonly usdPerHour: number;
  /** Billed length of an undisturbed attempt: set-up, work, upload (`L`). */
  readonly hours: number;
  readonly hazard: Hazard;
  /** Probability that the result passes verification (`v`). */
  readonly passProbability: number;
}

/** Success probability `s` and expected cost `c` of an attempt. */
export interface AttemptStep {
  readonly successProbability: number;
  readonly usd: number;
}

/** `s = (1-phi0) S(L) v`, `c = phi0 k0 + (1-phi0)(k + p E[min(X, L)])`. Finite for any hazard, unlike the cost until success. */
export function attemptStep(input: AttemptInput): AttemptStep {
  const works = 1 - input.launchFailureProbability;
  return {
    successProbability: works * survivalProbability(input.hazard, input.hours) * input.passProbability,
    usd:
      input.launchFailureProbability * input.launchFailureUsd +
      works * (input.usdPerLaunch + input.usdPerHour * expectedRunHours(input.hazard, input.hours)),
  };
}

/** A step of a fallback chain: up to `attempts` attempts in one place, then the next step. */
export interface ChainStep extends AttemptStep {
  /** Names the place in orders. */
  readonly id: string;
  /** Most attempts here, at least 1 (`K`). */
  readonly attempts: number;
  /** Longest time one attempt takes, failures noticed late included (`L + d`). Hours. */
  readonly hours: number;
}

export interface ChainCost {
  readonly expectedUsd: number;
  /** Probability that some attempt succeeds. */
  readonly successProbability: number;
  /** Time within which the chain is certainly over. */
  readonly mostHours: number;
}

/**
 * Expected cost and success of working through the steps in the order given:
 * `E[C] = sum_i prod_{j<i} (1-s_j)^{K_j} c_i (1-(1-s_i)^{K_i})/s_i`, `P = 1 - prod_i (1-s_i)^{K_i}`.
 */
export function chainCost(steps: readonly ChainStep[]): ChainCost {
  let reached = 1;
  let expectedUsd = 0;
  let mostHours = 0;
  for (const { successProbability: s, usd, attempts, hours } of steps) {
    const allFail = (1 - s) ** attempts;
    // (1 - (1-s)^K) / s: expected attempts here; K when none can succeed.
    expectedUsd += reached * usd * (s < 1e-12 ? attempts : (1 - allFail) / s);
    reached *= allFail;
    mostHours += attempts * hours;
  }
  return { expectedUsd, successProbability: 1 - reached, mostHours };
}

/**
 * The cheapest order without a binding deadline: by cost per success `c/s`, ascending (exchange of neighbours: i before j if
 * and only if `c_i/s_i < c_j/s_j`). Equal ones keep their order; those that cannot succeed go last.
 */
export function orderChain<S extends AttemptStep>(steps: readonly S[]): readonly S[] {
  return [...steps].sort((a, b) => compareRatios(a, b));
}

// Cross-multiplied: no division by a success probability of 0.
function compareRatios(a: AttemptStep, b: AttemptStep): number {
  if (a.successProbability === 0 || b.successProbability === 0) return b.successProbability - a.successProbability;
  return a.usd * b.successProbability - b.usd * a.successProbability;
}

/**
 * The order under a deadline by the guard rule: always take the cheapest `c/s` whose failure at the last moment still leaves
 * time for the safe step, and finish with the safe one. Keeps the success probability of the safe step while cheap places get
 * their chance; the default where a miss has no price. Attempts that no longer fit are left out.
 *
 * `safe` is the step that is most likely to succeed (the quicker, then the cheaper one of equals). When not even that fits into
 * `hoursLeft`, the deadline is lost by this measure and the answer is the safe step alone.
 */
export function guardedOrder(steps: readonly ChainStep[], hoursLeft: number): readonly ChainStep[] {
  const [first, ...rest] = steps;
  if (first === undefined) return [];
  const safe = rest.reduce((best, step) => (isSafer(step, best) ? step : best), first);
  let left = hoursLeft - safe.hours;
  const order: ChainStep[] = [];
  for (const step of orderChain(steps)) {
    if (step === safe) break;
    const attempts = step.hours > 0 ? Math.min(step.attempts, Math.floor(left / step.hours + 1e-9)) : step.attempts;
    if (left < 0 || attempts < 1) continue;
    order.push({ ...step, attempts });
    left -= attempts * step.hours;
  }
  const safeAttempts = safe.hours > 0 ? Math.min(safe.attempts, 1 + Math.floor(Math.max(0, left) / safe.hours + 1e-9)) : safe.attempts;
  order.push({ ...safe, attempts: Math.max(1, safeAttempts) });
  return order;
}

function isSafer(a: ChainStep, b: ChainStep): boolean {
  if (a.successProbability !== b.successProbability) return a.successProbability > b.successProbability;
  if (a.hours !== b.hours) return a.hours < b.hours;
  return a.usd < b.usd;
}
