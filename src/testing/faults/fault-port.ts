import type { Effect, ErrorCode } from "../../model/errors/codes.js";
import type { Backend } from "../../spec/backend.js";

/** The verbs of a backend at which faults can strike. */
export const FAULT_VERBS = [
  "listOffers",
  "bind",
  "find",
  "inspect",
  "release",
  "listLeases",
  "start",
  "collect",
  "logs",
] as const satisfies readonly (keyof Backend)[];
/** One of {@link FAULT_VERBS}. */
export type FaultVerb = (typeof FAULT_VERBS)[number];

/** A failure of a call. Decided `before`, the other side did nothing; decided `after`, it did everything and only the answer was lost. */
export interface FailDecision {
  readonly kind: "fail";
  readonly code: ErrorCode;
  /** What the caller is told about the effect. Default: the code's own, and never `none` for a lost answer. */
  readonly effect?: Effect;
  readonly message?: string;
  /** Put into the error's details, for rate limits. */
  readonly retryAfterMs?: number;
  /** Time the caller waits for the failure, as with a timeout. Default 0. */
  readonly delayMs?: number;
}

/**
 * What happens to one call.
 *
 * - `pass`: nothing.
 * - `fail`: the caller gets an error.
 * - `delay`: the request (`before`) or the answer (`after`) is on its way for so long. A caller that gives up meanwhile
 *   gets the abort reason at once, but a delayed *request* still arrives, as long as the call's deadline has not passed.
 * - `duplicate`: the request arrives twice. Only `before`; `after` it counts as `pass`.
 * - `hang`: no answer before the call is aborted or its deadline passes (then `BACKEND_TIMEOUT`). Decided `before`, the request is lost.
 */
export type FaultDecision =
  | { readonly kind: "pass" }
  | FailDecision
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "duplicate" }
  | { readonly kind: "hang" };

/**
 * Decides the fate of calls. Asked exactly once `before` each call of a backend, and once `after` it if the request
 * arrived (whatever came of it). `key` is the placement key, for batches `<first key>+<number of others>`, and empty for listings.
 */
export interface FaultPort {
  /** A request is about to be sent. */
  before(verb: FaultVerb, key: string): FaultDecision;
  /** The other side has done what it was asked, or refused. */
  after(verb: FaultVerb, key: string): FaultDecision;
}

/** The decision for undisturbed calls. */
export const PASS: FaultDecision = Object.freeze({ kind: "pass" });

/** A port that disturbs nothing. */
export const noFaults: FaultPort = Object.freeze({ before: () => PASS, after: () => PASS });

/** Asks several ports; the first that does not pass decides. All are asked, so that each keeps counting. */
export function combineFaults(...ports: readonly FaultPort[]): FaultPort {
  const first = (decisions: readonly FaultDecision[]): FaultDecision => decisions.find((decision) => decision.kind !== "pass") ?? PASS;
  return {
    before: (verb, key) => first(ports.map((port) => port.before(verb, key))),
    after: (verb, key) => first(ports.map((port) => port.after(verb, key))),
  };
}

/** The key under which a batch of refs or intents is presented to a {@link FaultPort}. */
export function batchKey(items: readonly { readonly key: string }[]): string {
  const first = items[0];
  if (first === undefined) return "";
  return items.length === 1 ? first.key : `${first.key}+${items.length - 1}`;
}
