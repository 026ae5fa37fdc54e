/**
 * The outside world, by parameter. `runtime/system-host.ts` is the one real implementation; tests and simulations
 * pass a virtual one, and then a week of scheduling takes milliseconds and every history can be replayed.
 */
export interface Host {
  /** Wall-clock time, ms since 1970. May jump. */
  now(): number;
  /** Time that never goes back, ms, arbitrary origin. For durations. */
  monotonic(): number;
  /** Calls `fire` once, not before `delayMs` have passed. The handle cancels; cancelling twice is fine. Never keeps a process alive by itself unless `keepAlive`. */
  setTimer(delayMs: number, fire: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle;
  /** Uniform in [0, 1). Not for secrets. */
  random(): number;
  /** A new, unguessable id, 26 lower-case letters and digits, sortable by time of creation. */
  newId(): string;
  /** `bytes` of entropy in lower-case hex, for secrets. */
  randomHex(bytes: number): string;
  /** SHA-256, lower-case hex. */
  sha256(data: string | Uint8Array): string;
  /** SHA-256 of a stream: feed it piece by piece, so that a file of any size is digested in constant memory. */
  createSha256(): Sha256Stream;
  /** HMAC-SHA-256, lower-case hex. */
  hmacSha256(secret: string, data: string): string;
  /** An environment variable. */
  env(name: string): string | undefined;
}

/** A digest under way. */
export interface Sha256Stream {
  /** Feeds the next piece. */
  update(bytes: Uint8Array): void;
  /** Lower-case hex of everything fed so far. Ends the digest: call it once. */
  hex(): string;
}

/** A timer that was set. */
export interface TimerHandle {
  /** Keeps it from firing; harmless when it has fired. */
  cancel(): void;
}

/** Structured logging; a pino logger fits as it is. spillway never logs secrets or workload data. */
export interface Logger {
  /** For whoever looks for a cause. */
  debug(facts: object, message: string): void;
  /** For whoever watches. */
  info(facts: object, message: string): void;
  /** Something went wrong and was dealt with. */
  warn(facts: object, message: string): void;
  /** Something went wrong that needs a person. */
  error(facts: object, message: string): void;
}

/** The part of the platform's AbortSignal that the contracts rely on, so that pure code compiles without the DOM or Node types. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** As on the platform's signal. */
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  /** As on the platform's signal. */
  removeEventListener(type: "abort", listener: () => void): void;
}
