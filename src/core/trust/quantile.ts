/**
 * Closed approximations of quantiles. Placement asks for them for every offer of a decision, so none iterates.
 */

/**
 * Quantile of the standard normal distribution for `p` in (0, 1): P. J. Acklam's rational approximation (2003), relative
 * error below 1.2e-9. `p` outside (0, 1) is clamped to 1e-12 from the end.
 */
export function normalQuantile(p: number): number {
  const clamped = Math.min(1 - 1e-12, Math.max(1e-12, p));
  if (clamped < 0.02425) return normalTail(Math.sqrt(-2 * Math.log(clamped)));
  if (clamped > 0.97575) return -normalTail(Math.sqrt(-2 * Math.log(1 - clamped)));
  const q = clamped - 0.5;
  const r = q * q;
  const numerator =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r +
    2.506628277459239;
  const denominator =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1;
  return (numerator * q) / denominator;
}

function normalTail(q: number): number {
  const numerator =
    ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q +
    2.938163982698783;
  const denominator = (((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1;
  return numerator / denominator;
}

/**
 * Wilson score bound of a Beta posterior, `z` standard deviations above (or, negative, below) its mean. In [0, 1];
 * `z` = 0 is the mean. E. B. Wilson, JASA 22 (1927), with `alpha + beta` as the number of trials.
 */
export function wilsonBound(posterior: { readonly alpha: number; readonly beta: number }, z: number): number {
  const n = posterior.alpha + posterior.beta;
  const mean = posterior.alpha / n;
  const z2 = z * z;
  const centre = mean + z2 / (2 * n);
  const half = z * Math.sqrt((mean * (1 - mean)) / n + z2 / (4 * n * n));
  return Math.min(1, Math.max(0, (centre + half) / (1 + z2 / n)));
}

/**
 * Quantile of a Gamma posterior `z` standard normal deviations from its median. E. B. Wilson and M. M. Hilferty, PNAS 17
 * (1931): the cube root is nearly normal. Within 3 % of the truth above the median for shapes from 1; far below the median
 * of a small shape it is 0, which is a valid bound.
 */
export function gammaQuantile(posterior: { readonly a: number; readonly b: number }, z: number): number {
  const ninth = 1 / (9 * posterior.a);
  const root = 1 - ninth + z * Math.sqrt(ninth);
  return root <= 0 ? 0 : (posterior.a / posterior.b) * root * root * root;
}

/** Means below this are 0: far below any scale of ours, and their squares would vanish. */
const LEAST_MEAN = 1e-9;

/** Parameters of the log-normal distribution with this mean and variance: it becomes `exp(mu + sigma * z)`. Mean 0 stays 0. */
export function logNormal(mean: number, variance: number): { readonly mu: number; readonly sigma: number } {
  if (mean < LEAST_MEAN) return { mu: Number.NEGATIVE_INFINITY, sigma: 0 };
  const sigma2 = Math.log1p(variance / (mean * mean));
  return { mu: Math.log(mean) - sigma2 / 2, sigma: Math.sqrt(sigma2) };
}
