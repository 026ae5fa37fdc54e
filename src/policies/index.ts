/** Ready-made policies and the helpers to write one's own. */
import { cheapest } from "./cheapest.js";
import { compliant } from "./compliant.js";
import { compose } from "./compose.js";
import { decentralized } from "./decentralized.js";
import { fastest } from "./fastest.js";
import { hybrid } from "./hybrid.js";
import { filter, penalty } from "./rules.js";
import { spotReplacement } from "./spot-replacement.js";

export { type CheapestOptions, cheapest } from "./cheapest.js";
export { type CompliantOptions, compliant } from "./compliant.js";
export { compose, type PolicyPatch } from "./compose.js";
export { type DecentralizedOptions, decentralized } from "./decentralized.js";
export { type FastestOptions, fastest } from "./fastest.js";
export { hedgeWhenLate } from "./hedge-when-late.js";
export { type HybridOptions, hybrid, needsTrust } from "./hybrid.js";
export { DEFAULT_RETRY } from "./retry.js";
export { filter, penalty } from "./rules.js";
export { type SpotReplacementOptions, spotReplacement } from "./spot-replacement.js";
export type { TimeValueOptions } from "./time-value.js";
export type { VerifyOptions } from "./verify-permissionless.js";

/** The same functions under one name: `policies.hybrid()`. */
export const policies = {
  /** The default; see {@link hybrid}. */
  hybrid,
  /** See {@link cheapest}. */
  cheapest,
  /** See {@link fastest}. */
  fastest,
  /** See {@link compliant}. */
  compliant,
  /** See {@link spotReplacement}. */
  spotReplacement,
  /** See {@link decentralized}. */
  decentralized,
  /** See {@link compose}. */
  compose,
  /** See {@link filter}. */
  filter,
  /** See {@link penalty}. */
  penalty,
} as const;
