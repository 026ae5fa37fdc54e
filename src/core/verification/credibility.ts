/** Phi is kept within these, so that no node's word is beyond doubt, and a caught node's neither helps nor hurts an answer. */
const LEAST_PHI = 1e-9;
const MOST_PHI = 0.5;

/**
 * Probability that each of several differing answers is the right one, given the phi of every independent voter behind it
 * (after Sarmenta): with `R = prod(1 - phi_i)` and `W = prod(phi_i)` of a group,
 *
 * `P(g right) = R_g prod_{h != g} W_h / ( prod_h W_h + sum_h R_h prod_{j != h} W_j )`,
 *
 * which is `odds_g / (1 + sum_h odds_h)` with `odds = R / W`, computed in logarithms so that large groups neither overflow nor
 * vanish. The rest to 1 is the probability that all are wrong.
 */
export function credibilities(groups: readonly (readonly number[])[]): readonly number[] {
  const logOdds = groups.map(groupLogOdds);
  const top = Math.max(0, ...logOdds);
  let total = Math.exp(-top);
  for (const value of logOdds) total += Math.exp(value - top);
  return logOdds.map((value) => Math.exp(value - top) / total);
}

/**
 * Probability that the `index`-th answer is *wrong*: `1 - credibilities(groups)[index]`, but without the cancellation that
 * turns small errors into 0.
 */
export function errorProbability(groups: readonly (readonly number[])[], index: number): number {
  const logOdds = groups.map(groupLogOdds);
  const own = logOdds[index] ?? 0;
  let against = Math.exp(-own);
  for (const [other, value] of logOdds.entries()) if (other !== index) against += Math.exp(value - own);
  return against / (1 + against);
}

function groupLogOdds(phis: readonly number[]): number {
  let sum = 0;
  for (const phi of phis) {
    const kept = Math.min(MOST_PHI, Math.max(LEAST_PHI, phi));
    sum += Math.log((1 - kept) / kept);
  }
  return sum;
}
