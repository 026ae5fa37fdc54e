/** How long a claim lasts without renewal, ms. A crashed process's runs wait that long. */
export const CLAIM_MS = 30_000;
/** How often claims are renewed, ms. */
export const RENEW_MS = 10_000;
