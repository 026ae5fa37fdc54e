import type { Backend } from "../../spec/backend.js";

/**
 * What can go wrong between a backend and its other side.
 *
 * - `request-lost`: the request never arrives, and no answer comes.
 * - `answer-lost`: the other side does everything, and no answer comes.
 * - `server-error`: the answer is a server error, and nothing was done.
 * - `server-error-after-effect`: the answer is a server error, though everything was done.
 * - `rate-limited`: refused for calling too often, with a time to wait.
 * - `malformed`: everything is done, and the answer does not have the shape it should.
 * - `unauthorized`: the credentials are refused.
 * - `slow`: the answer takes a minute, during which the request has arrived.
 */
export const FAULTS = [
  "request-lost",
  "answer-lost",
  "server-error",
  "server-error-after-effect",
  "rate-limited",
  "malformed",
  "unauthorized",
  "slow",
] as const;
/** A member of {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/** A verb that a fault can strike. */
export type FaultyVerb = Extract<
  keyof Backend,
  "listOffers" | "bind" | "find" | "inspect" | "release" | "listLeases" | "start" | "collect" | "logs"
>;

/**
 * Faults to order. They strike the requests that a verb makes to the other side; where a verb makes several, the one that
 * has the effect (or the first, for verbs that change nothing). `slow` takes longer than any limit of the setup but `startMs`.
 */
export interface FaultControl {
  /** What it can bring about; the same as the setup declares. */
  readonly supported: readonly Fault[];
  /** From now on, for so many requests (default 1) of the verb (default: any). Replaces what was injected before. */
  readonly inject: (fault: Fault, verb?: FaultyVerb, times?: number) => void;
  /** Everything works again. */
  readonly clear: () => void;
}
