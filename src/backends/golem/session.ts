import { omitUndefined } from "../../kit/omit-undefined.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import type { Charge, Lease, LeaseRef, LeaseReport } from "../../model/lease.js";
import type { NodeIdentity, Price } from "../../model/offer.js";
import type { Namespace } from "../../spec/call-context.js";
import type { Host, Logger, TimerHandle } from "../../spec/host.js";
import type { Launch } from "../../spec/launch.js";
import { type AttoGlm, glmToNanoUsd } from "./glm.js";
import { OutputLog } from "./output-log.js";

/** Where a lease stands. `binding`: nothing was signed yet. */
export type SessionPhase = "binding" | "pending" | "starting" | "running" | "exited" | "ended";

/** What a session is made from. */
export interface SessionParts {
  readonly backend: string;
  readonly launch: Launch;
  readonly volumes: readonly string[];
  readonly namespace: Namespace;
  readonly host: Host;
  readonly logger: Logger;
  readonly logBytes: number;
  readonly clean: (text: string) => string;
}

/**
 * A lease of this process, from the first order to its release: what is known of it, which is nowhere else. Phases go forward only, and the
 * end is told once.
 */
export class Session {
  readonly key: string;
  readonly namespace: Namespace;
  readonly host: Host;
  readonly logger: Logger;
  readonly launch: Launch;
  readonly volumes: readonly string[];
  readonly log: OutputLog;
  /** Takes the launch's secrets out of a text. */
  readonly clean: (text: string) => string;
  readonly #backend: string;

  /** Aborted once nobody wants the lease any more. */
  readonly over = new AbortController();
  ref: LeaseRef | undefined;
  price: Price | undefined;
  node: NodeIdentity | undefined;
  activityId: string | undefined;
  usdPerGlm = 0;
  /** Most that the bills may come to. */
  ceilingGlm: AttoGlm = 0n;
  /** The largest bill that was accepted. */
  accepted: AttoGlm = 0n;
  /** Set by the first release. */
  releasingAtMs: number | undefined;
  /** The files of an exited command are still within reach. */
  isCollectable = false;
  phase: SessionPhase = "binding";
  #exitCode: number | undefined;
  #reason: ErrorCode | undefined;
  #message: string | undefined;
  #startedAtMs: number | undefined;
  #endedAtMs: number | undefined;
  readonly #timers = new Set<TimerHandle>();

  constructor(parts: SessionParts) {
    this.key = parts.launch.key;
    this.namespace = parts.namespace;
    this.host = parts.host;
    this.logger = parts.logger;
    this.launch = parts.launch;
    this.volumes = parts.volumes;
    this.clean = parts.clean;
    this.log = new OutputLog(parts.logBytes);
    this.#backend = parts.backend;
  }

  get isOver(): boolean {
    return this.phase === "exited" || this.phase === "ended";
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  get times(): { readonly startedAtMs?: number; readonly endedAtMs?: number } {
    return omitUndefined({ startedAtMs: this.#startedAtMs, endedAtMs: this.#endedAtMs });
  }

  /** Moves on, unless it has come further already. */
  advance(phase: "pending" | "starting" | "running"): void {
    if (this.isOver) return;
    this.phase = phase;
    if (phase === "running") this.#startedAtMs = this.host.now();
  }

  exited(exitCode: number): void {
    if (this.isOver) return;
    this.phase = "exited";
    this.#exitCode = exitCode;
    this.isCollectable = true;
    this.#end();
  }

  ended(reason: ErrorCode, message: string): void {
    this.isCollectable = false;
    if (this.isOver) return;
    this.phase = "ended";
    this.#reason = reason;
    this.#message = this.clean(message);
    this.#end();
  }

  /** Something that happens later, unless the lease is over before. */
  after(ms: number, fire: () => void): void {
    const timer = this.host.setTimer(ms, () => {
      this.#timers.delete(timer);
      fire();
    });
    this.#timers.add(timer);
  }

  /** Forgets everything that could still happen. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.log.end();
    if (!this.over.signal.aborted) this.over.abort(new Error("the lease is over"));
  }

  accept(amount: AttoGlm): void {
    if (amount > this.accepted) this.accepted = amount;
  }

  charge(final: boolean): Charge {
    return { amount: glmToNanoUsd(this.accepted, this.usdPerGlm), final };
  }

  get lease(): Lease | undefined {
    return this.ref && omitUndefined({ ref: this.ref, price: this.price, node: this.node });
  }

  report(): Extract<LeaseReport, { readonly kind: "status" }> {
    return omitUndefined({
      kind: "status",
      key: this.key,
      phase: this.phase === "binding" ? "pending" : this.phase,
      exitCode: this.#exitCode,
      reason: this.#reason,
      message: this.#message,
      node: this.node,
      charge: this.charge(false),
      ...this.times,
    });
  }

  /** For the logs and names of files. */
  toString(): string {
    return `${this.#backend}/${this.key}`;
  }

  #end(): void {
    this.#endedAtMs = this.host.now();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.log.end();
  }
}
