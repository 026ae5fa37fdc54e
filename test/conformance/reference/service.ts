import type { ErrorCode } from "../../../src/model/errors/codes.js";
import type { Charge } from "../../../src/model/lease.js";
import { meterCharge } from "../../../src/model/metering.js";
import type { NanoUsd } from "../../../src/model/money.js";
import type { Billing } from "../../../src/model/offer.js";
import type { Host } from "../../../src/spec/host.js";
import { interpret, type Program } from "./commands.js";

/** What a client sends to have a command run. */
export interface JobSpec {
  readonly key: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: readonly { readonly path: string; readonly url: string; readonly sha256?: string }[];
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  readonly nonce: string;
}

export interface Product {
  readonly name: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly usdPerHour: number;
}

export interface Job {
  readonly spec: JobSpec;
  readonly startMs: number;
  readonly program: Program;
  /** Set when the command was never started. */
  readonly failure?: ErrorCode;
}

export interface ServiceLease {
  readonly key: string;
  readonly namespace: string;
  readonly product: Product;
  readonly openedAtMs: number;
  readonly lifetimeMs: number;
  readonly jobs: Job[];
  /** When it is, or will be, closed because somebody asked. */
  closedAtMs: number;
}

interface Order {
  readonly key: string;
  readonly namespace: string;
  isClosed: boolean;
}

export type JobState =
  | { readonly phase: "pending" | "starting" }
  | { readonly phase: "running"; readonly startedAtMs: number }
  | {
      readonly phase: "exited";
      readonly startedAtMs: number;
      readonly endedAtMs: number;
      readonly exitCode: number;
      readonly reason?: ErrorCode;
    }
  | { readonly phase: "ended"; readonly reason: ErrorCode };

export const BILLING: Billing = { granularityMs: 1_000, minimumMs: 60_000, prepaid: false, refund: "none" };

const MACHINE_MS = 1_500;
const START_MS = 4_000;
const CLOSING_MS = 3_000;
const INVOICE_MS = 5_000;
/** Fresh leases do not show at once. */
export const HIDDEN_MS = 500;

/**
 * The other side of the reference backend: a small market in memory. One orders, then takes a lease, then it costs money
 * until it is closed. Everything is a function of the host's time; nothing happens by timers.
 */
export class ReferenceService {
  readonly products: readonly Product[] = [
    { name: "small", cpu: 2, memoryMiB: 4_096, diskMiB: 20_480, usdPerHour: 0.36 },
    { name: "large", cpu: 16, memoryMiB: 65_536, diskMiB: 204_800, usdPerHour: 2.5 },
  ];
  readonly leases = new Map<string, ServiceLease>();
  readonly orders = new Map<string, Order>();
  readonly published = new Map<string, Uint8Array>();
  /** Jobs in the order in which they were started. */
  readonly started: JobSpec[] = [];
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  publish(content: Uint8Array): string {
    const url = `reference://files/${this.published.size}`;
    this.published.set(url, content);
    return url;
  }

  order(key: string, namespace: string): void {
    if (!this.orders.has(key)) this.orders.set(key, { key, namespace, isClosed: false });
  }

  /** Takes the lease of an order. Idempotent on the key. */
  lease(key: string, productName: string, lifetimeMs: number, spec: JobSpec): ServiceLease | undefined {
    const order = this.orders.get(key);
    const existing = this.leases.get(key);
    const product = this.products.find(({ name }) => name === productName);
    if (existing || !order || order.isClosed || !product) return existing;
    const openedAtMs = this.#host.now();
    const lease = { key, namespace: order.namespace, product, openedAtMs, lifetimeMs, jobs: [], closedAtMs: Number.POSITIVE_INFINITY };
    this.leases.set(key, lease);
    this.start(lease, spec, openedAtMs + START_MS);
    return lease;
  }

  /** Runs a job on a lease. Idempotent on its key. */
  start(lease: ServiceLease, spec: JobSpec, startMs = this.#host.now() + 500): void {
    if (lease.jobs.some((job) => job.spec.key === spec.key)) return;
    const failure = this.#stagingFailure(spec);
    const urlOf = (path: string): string => spec.inputs.find((input) => input.path === path)?.url ?? "";
    const machine = { digestOf: (path: string) => this.#digestOf(urlOf(path)), bytesOf: (path: string) => this.published.get(urlOf(path)) };
    if (!failure) this.started.push(spec);
    lease.jobs.push({ spec, startMs, program: interpret(spec.argv, machine), ...(failure ? { failure } : {}) });
  }

  /** Begins to close whatever there is of the key. */
  close(key: string): "closed" | "closing" {
    const order = this.orders.get(key);
    if (order) order.isClosed = true;
    const lease = this.leases.get(key);
    if (!lease) return "closed";
    const nowMs = this.#host.now();
    if (this.isOpen(lease)) lease.closedAtMs = Math.min(lease.closedAtMs, nowMs + CLOSING_MS);
    return this.isOpen(lease) ? "closing" : "closed";
  }

  /** It costs money. */
  isOpen(lease: ServiceLease): boolean {
    return this.#host.now() < this.endOf(lease);
  }

  isVisible(lease: ServiceLease): boolean {
    return this.#host.now() >= lease.openedAtMs + HIDDEN_MS;
  }

  endOf({ closedAtMs, openedAtMs, lifetimeMs }: ServiceLease): number {
    return Math.min(closedAtMs, openedAtMs + lifetimeMs);
  }

  stateOf(lease: ServiceLease): JobState {
    const nowMs = this.#host.now();
    const job = lease.jobs.at(-1);
    if (!job || (lease.jobs.length === 1 && nowMs < lease.openedAtMs + MACHINE_MS)) return { phase: "pending" };
    if (nowMs < job.startMs) return { phase: "starting" };
    if (job.failure) return { phase: "ended", reason: job.failure };
    const { durationMs, exitCode } = job.program;
    const isTimedOut = durationMs > job.spec.timeoutMs;
    const endedAtMs = job.startMs + Math.min(durationMs, job.spec.timeoutMs);
    const startedAtMs = job.startMs;
    if (endedAtMs <= Math.min(nowMs, this.endOf(lease))) {
      return { phase: "exited", startedAtMs, endedAtMs, ...(isTimedOut ? { exitCode: 143, reason: "WORKLOAD_TIMED_OUT" } : { exitCode }) };
    }
    return this.isOpen(lease) ? { phase: "running", startedAtMs } : { phase: "ended", reason: "LEASE_LOST" };
  }

  chargeOf(lease: ServiceLease): Charge {
    const nowMs = this.#host.now();
    const endMs = this.endOf(lease);
    const openMs = Math.min(nowMs, endMs) - lease.openedAtMs;
    const amount = meterCharge({ openMs, bookedMs: lease.lifetimeMs }, { usdPerHour: lease.product.usdPerHour }, BILLING);
    return { amount, final: nowMs >= endMs + INVOICE_MS };
  }

  /** What everybody pays. */
  ledger(): ReadonlyMap<string, NanoUsd> {
    return new Map([...this.leases.values()].map((lease) => [lease.key, this.chargeOf(lease).amount]));
  }

  /** Placements that have something open: an order or a lease. */
  openCount(): number {
    const open = [...this.orders.values()].filter(({ key, isClosed }) => {
      const lease = this.leases.get(key);
      return lease ? this.isOpen(lease) : !isClosed;
    });
    return open.length;
  }

  #stagingFailure({ inputs }: JobSpec): ErrorCode | undefined {
    // Inputs that were not published here are elsewhere, and none of the commands reads them.
    const ours = inputs.filter(({ url }) => url.startsWith("reference:"));
    if (ours.some(({ url }) => !this.published.has(url))) return "STAGING_FAILED";
    return ours.some(({ url, sha256 }) => sha256 !== undefined && this.#digestOf(url) !== sha256) ? "INPUT_DIGEST_MISMATCH" : undefined;
  }

  #digestOf(url: string): string | undefined {
    const content = this.published.get(url);
    return content && this.#host.sha256(content);
  }
}
