import type { ResultManifest } from "../model/artifact.js";
import type { Finding, Lease, LeaseRef, LeaseReport } from "../model/lease.js";
import type { Demand, Offer } from "../model/offer.js";
import type { CallContext } from "./call-context.js";
import type { Capabilities } from "./capabilities.js";
import type { Intent, Launch, LogChunk, OutputPlan, Placement } from "./launch.js";

/** Version of the backend contract in this package. */
export const BACKEND_SPEC_VERSION = 1;

/**
 * The contract between spillway and one place where work can run. Version 1.
 *
 * Rules for every verb:
 * - The runtime wraps each call with a deadline, an abort signal, a circuit breaker, a check of the answer and error
 *   mapping. **A backend never repeats a verb by itself**; it may retry safe wire calls inside one.
 * - Calls for different leases run at the same time; calls for one lease never overlap, except that `release` may
 *   arrive while `inspect` or `logs` of the same lease is under way.
 * - Errors thrown carry a code, and through it `retry` and `effect`. Say `effect: "unknown"` whenever a request may
 *   have arrived: the runtime then asks `find` instead of guessing. Anything else thrown counts as
 *   `BACKEND_UNAVAILABLE` with unknown effect.
 * - On abort, reject promptly with the signal's reason. What already happened at the other side stays to be found.
 * - Use nothing but `call.host` for time, randomness and environment, and no module-level state.
 * - Secrets never appear in errors, logs, references or names.
 */
export interface Backend {
  readonly specVersion: typeof BACKEND_SPEC_VERSION;
  /** Unique within a scheduler; the default is the kind. */
  readonly id: string;
  /** What sort of backend it is, kebab-case; also the key of `backendOptions`. */
  readonly kind: string;
  readonly capabilities: Capabilities;

  /**
   * Says what could run the demand, and at what price. Creates nothing, costs nothing, reveals nothing but the demand.
   * Called often; answers are cached by the runtime until they expire, and one call serves all waiting runs.
   * An empty list means that nothing fits now. Indicative offers are welcome where a market has no firm ones.
   *
   * @throws BACKEND_AUTH_FAILED, BACKEND_UNAVAILABLE, BACKEND_TIMEOUT, BACKEND_RATE_LIMITED: the backend sits this decision out.
   */
  listOffers(demand: Demand, call: CallContext): Promise<readonly Offer[]>;

  /**
   * Takes the placement's offer and starts its launch: from here on money may flow. Called once per key by the process
   * that holds the run's claim; called again with the same key only after a crash or never, and must then find the
   * first lease instead of making a second (**idempotent on `placement.key`**).
   *
   * With several effects in a row (an order, then a lease), call `call.progress` with a partial reference before each
   * effect that makes the next one necessary to undo. A market gathers bids for its window and takes `rank`'s first.
   *
   * Resolves as soon as the commitment exists; the machine need not be ready. Never waits for the command.
   *
   * @throws OFFER_EXPIRED, NO_BIDS, NO_CAPACITY, QUOTA_EXCEEDED, INSUFFICIENT_FUNDS, BACKEND_REJECTED: no lease exists (`effect: "none"`).
   * @throws BACKEND_TIMEOUT, BACKEND_UNAVAILABLE with `effect: "unknown"`: a lease may exist; `find` decides.
   */
  bind(placement: Placement, call: CallContext): Promise<Lease>;

  /**
   * Says for each intent whether a lease exists. One finding per intent, in any order. `absent` only when it is certain
   * that nothing exists *now*; the runtime itself adds `visibilityMs` before it believes an absence. When in doubt:
   * `unknown`. Changes nothing.
   */
  find(intents: readonly Intent[], call: CallContext): Promise<readonly Finding[]>;

  /**
   * Reports on leases: exactly one report per asked ref. `gone` when the backend knows nothing of it. Called in batches
   * as `capabilities.inspect` allows, between `pollMs.least` and `pollMs.most` apart. After a release it is called again
   * until the charge is final. A lease whose command ended keeps reporting `exited` with the same exit code.
   *
   * A failure that concerns single leases is an `unknown` report; throw only when the whole call failed.
   */
  inspect(leases: readonly LeaseRef[], call: CallContext): Promise<readonly LeaseReport[]>;

  /**
   * Ends a lease and stops its cost. The command gets SIGTERM and `graceMs` before it is killed, where the platform can.
   * Idempotent: an unknown or ended lease answers `released`. Answers `pending` when the other side needs time; the
   * runtime then calls again. Never throws because the workload failed. A partial reference must be accepted too.
   *
   * After `released` nothing more may be charged; the conformance suite holds backends to it.
   */
  release(lease: LeaseRef, how: { readonly graceMs: number }, call: CallContext): Promise<"released" | "pending">;

  /**
   * Every lease of `call.namespace` that is open or being opened, and nothing that is not ours. The reconciler compares
   * it with the store and releases what nobody knows.
   */
  listLeases(call: CallContext): Promise<readonly LeaseRef[]>;

  /**
   * `reuse` only: runs another launch on an open lease whose command has ended. Idempotent on `launch.key`; replaces environment and secrets.
   * Resolves as soon as it is accepted; from then on reports carry the launch's key as `attempt`. The runtime calls it for launches that are alike in
   * image and `backendOptions`. Whatever it throws, and whether or not it had an effect, the lease is released and the attempt placed anew.
   *
   * @throws LEASE_LOST: the lease is over. BACKEND_REJECTED: it still runs a command, or cannot run this one.
   */
  start?(lease: LeaseRef, launch: Launch, call: CallContext): Promise<void>;

  /**
   * `native` staging only: stores the outputs of an exited lease through `outputs.put` and answers the manifest. Called
   * before the release, also after a non-zero exit (whatever exists is then stored). Idempotent.
   *
   * @throws OUTPUT_MISSING when a required output does not exist after exit 0.
   */
  collect?(lease: LeaseRef, outputs: OutputPlan, call: CallContext): Promise<ResultManifest>;

  /**
   * `logs` only: what the command printed, from the beginning, until it ends or the signal aborts. May be called several times. On a reused lease that
   * is the launch started last, where the platform keeps them apart.
   */
  logs?(lease: LeaseRef, call: CallContext): AsyncIterable<LogChunk>;

  /** Frees local resources (sockets, timers, child processes that are not leases). Leases stay. Idempotent. */
  close?(): Promise<void>;
}
