import type { Claim } from "../../spec/store.js";

/** Who may write something, and until when. */
export interface ClaimState {
  /** Absent: nobody, since it was given back or never taken. */
  owner: string | undefined;
  /** Raised by every new owner; a writer with an older one is refused. */
  fence: number;
  untilMs: number;
}

/** Whether anybody may take it at this time. */
export const isFree = (state: ClaimState, nowMs: number): boolean => state.owner === undefined || state.untilMs <= nowMs;

/** Whether `claim` is still the one in force. The stored expiry counts, since the claim may have been renewed meanwhile. */
export const isInForce = (state: ClaimState | undefined, claim: Claim, nowMs: number): boolean =>
  state !== undefined && state.owner === claim.owner && state.fence === claim.fence && nowMs < state.untilMs;

/** Gives it to `owner`, renewing what is theirs already (also after the expiry, as long as nobody else has taken it). */
export function grant(state: ClaimState, owner: string, untilMs: number): void {
  if (state.owner !== owner) {
    state.owner = owner;
    state.fence += 1;
  }
  state.untilMs = untilMs;
}
