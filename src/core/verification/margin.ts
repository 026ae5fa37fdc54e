/**
 * The margin rule: buy replicas until the leading answer is `d` ahead of the next. It is Wald's sequential likelihood-ratio
 * test, so no other rule with the same error needs fewer results on average. Liars are assumed to agree with each other.
 * Derivation and simulation: `docs/verification.md`.
 */

/** Margins are tried up to here when they are chosen by cost. */
const LARGEST_MARGIN_BY_COST = 4;

/**
 * Least margin at which the accepted answer is wrong with probability at most `maxErrorProbability`:
 * `ceil( ln((1-eps)/eps) / ln((1-phi)/phi) )`. At least 1; Infinity when `phi` is 0.5 or more, since agreement of such nodes
 * proves nothing.
 */
export function marginFor(phi: number, maxErrorProbability: number): number {
  if (phi <= 0) return 1;
  if (phi >= 0.5) return Number.POSITIVE_INFINITY;
  const evidence = Math.log((1 - phi) / phi);
  const wanted = Math.log((1 - maxErrorProbability) / maxErrorProbability);
  // Exact ratios such as ln(99)/ln(99) must not be rounded up to 2.
  return Math.max(1, Math.ceil(wanted / evidence - 1e-9));
}

/** Probability that the answer accepted at margin `d` is wrong: `phi^d / (phi^d + (1-phi)^d)`. */
export function marginError(phi: number, d: number): number {
  if (phi <= 0) return 0;
  return 1 / (1 + ((1 - phi) / phi) ** d);
}

/** Expected number of results until a margin of `d`: `d/(1-2 phi) ((1-phi)^d - phi^d)/((1-phi)^d + phi^d)`; `d^2` at phi = 0.5. */
export function expectedResults(phi: number, d: number): number {
  const drift = 1 - 2 * phi;
  if (Math.abs(drift) < 1e-9) return d * d;
  const ratio = (phi / (1 - phi)) ** d;
  return ((d / drift) * (1 - ratio)) / (1 + ratio);
}

/** Error of the older rule "first answer that `m` results agree on": `sum_{j<m} C(m-1+j, j) phi^m (1-phi)^j`. For comparison. */
export function firstToError(phi: number, m: number): number {
  let term = phi ** m;
  let sum = 0;
  for (let j = 0; j < m; j++) {
    sum += term;
    term *= ((m + j) / (j + 1)) * (1 - phi);
  }
  return sum;
}

/** Margin in 1..4 that minimises `E[N] usdPerResult + error valueAtRiskUsd`: how much checking a wrong answer is worth. */
export function marginByCost(phi: number, usdPerResult: number, valueAtRiskUsd: number): { readonly d: number; readonly usd: number } {
  let best = { d: 1, usd: Number.POSITIVE_INFINITY };
  for (let d = 1; d <= LARGEST_MARGIN_BY_COST; d++) {
    const usd = expectedResults(phi, d) * usdPerResult + marginError(phi, d) * valueAtRiskUsd;
    if (usd < best.usd) best = { d, usd };
  }
  return best;
}

/** What the margin rule comes to when at most `maxReplicas` results may be bought. Probabilities sum to 1. */
export interface BoundedMargin {
  readonly expected: number;
  readonly right: number;
  readonly wrong: number;
  /** No verdict within the limit. */
  readonly undecided: number;
}

/** The margin rule stopped after `maxReplicas` results, exactly: the walk of the lead, stepped through. */
export function boundedMargin(phi: number, d: number, maxReplicas: number): BoundedMargin {
  if (d === 1) return { expected: 1, right: 1 - phi, wrong: phi, undecided: 0 };
  const least = -Math.min(d - 1, maxReplicas);
  const size = 1 - 2 * least;
  // walk[i]: probability of being undecided with a lead of least + i.
  let walk = new Array<number>(size).fill(0);
  walk[-least] = 1;
  let right = 0;
  let wrong = 0;
  let expected = 0;
  for (let bought = 1; bought <= maxReplicas; bought++) {
    expected += 1 - right - wrong;
    const next = new Array<number>(size).fill(0);
    for (let i = 0; i < size; i++) {
      const here = walk[i] ?? 0;
      if (here === 0) continue;
      if (least + i + 1 >= d) right += here * (1 - phi);
      else if (i + 1 < size) next[i + 1] = (next[i + 1] ?? 0) + here * (1 - phi);
      if (least + i - 1 <= -d) wrong += here * phi;
      else if (i > 0) next[i - 1] = (next[i - 1] ?? 0) + here * phi;
    }
    walk = next;
  }
  return { expected, right, wrong, undecided: Math.max(0, 1 - right - wrong) };
}
