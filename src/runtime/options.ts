import { DEFAULT_TIMING, type LifecycleTiming } from "../core/lifecycle/rules.js";
import { guardedPolicy } from "../core/placement/guarded-policy.js";
import type { Budget } from "../model/budget.js";
import { parseBudget } from "../model/budget.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { parseDurationMs } from "../model/units.js";
import { hybrid } from "../policies/index.js";
import type { ArtifactStore } from "../spec/artifact-store.js";
import type { Backend } from "../spec/backend.js";
import type { Namespace } from "../spec/call-context.js";
import type { Host, Logger } from "../spec/host.js";
import type { Policy } from "../spec/policy.js";
import type { Store } from "../spec/store.js";
import type { Verifier } from "../spec/verifier.js";
import { defaultArtifacts, defaultStore, withLocalFiles } from "./defaults.js";
import { systemHost } from "./system-host.js";

/** What a scheduler is made of. Only `backends` is required. */
export interface SchedulerOptions {
  /** Where work can run. At least one; ids must differ. */
  readonly backends: readonly Backend[];
  /** How to choose. Default `policies.hybrid()`. */
  readonly policy?: Policy;
  /** Where state is kept. Default: memory, which forgets at exit; paid backends are then refused. */
  readonly store?: Store;
  /**
   * Where files are read from and kept. The first writable one keeps attempt outputs, the first whose URLs work elsewhere those of attempts on
   * machines that move their files by themselves. Files of this machine can always be read. Default: files below `.spillway/artifacts`.
   */
  readonly artifacts?: readonly ArtifactStore[];
  /** Cap over everything this scheduler spends: `"$50/day"`, `"$1000/month"`, `"$200"` in all. Default none. */
  readonly budget?: string | { readonly amount: string | number; readonly per?: "hour" | "day" | "week" | "month" };
  /** Most runs that may be active at once. Default 1,000. */
  readonly concurrency?: number;
  /** Most open leases per backend id. Default: what the backend declares. */
  readonly backendConcurrency?: Readonly<Record<string, number>>;
  /** Most runs that may wait for a place, and what `schedule` does beyond it. Default 100,000, refuse with QUEUE_FULL. */
  readonly queue?: { readonly limit: number; readonly whenFull?: "refuse" | "wait" };
  /** Allow backends that cost real money together with a store that forgets. Default false. */
  readonly allowVolatile?: boolean;
  /** Resolves secret references at bind. Default: `env:NAME` reads an environment variable. */
  readonly secrets?: (reference: string) => string | Promise<string>;
  /** Verifiers that workloads can name with `verification: { kind: "custom", name }`. */
  readonly verifiers?: readonly Verifier[];
  /** Grace between SIGTERM and SIGKILL when a lease is released. Default 5 s. */
  readonly grace?: string | number;
  /**
   * How long a lease stays open without work whose time is paid for anyway, waiting for more of the same image, tenant and data class; it is
   * released before that time is over. Only on backends that can run a second launch on a lease. Default 15 min; 0: released at once.
   */
  readonly keepWarm?: string | number;
  /** Time between two comparisons of each backend with the store. Default 60 s; 0 switches the reconciler off. */
  readonly reconcileEvery?: string | number;
  readonly logger?: Logger;
  /** The outside world. Default: the real one. */
  readonly host?: Host;
  /** Fixes the namespace instead of letting the store make one. */
  readonly namespace?: Namespace;
  /** Fine timing of retries and patience; see `LifecycleTiming`. */
  readonly timing?: Partial<LifecycleTiming>;
}

/** Options with every default filled. */
export interface ResolvedOptions {
  readonly backends: readonly Backend[];
  readonly policy: Policy;
  readonly store: Store;
  readonly artifacts: readonly ArtifactStore[];
  readonly budget?: Budget;
  readonly concurrency: number;
  readonly backendConcurrency: Readonly<Record<string, number>>;
  readonly queue: { readonly limit: number; readonly whenFull: "refuse" | "wait" };
  readonly secrets: (reference: string) => string | Promise<string>;
  readonly verifiers: ReadonlyMap<string, Verifier>;
  readonly graceMs: number;
  readonly keepWarmMs: number;
  readonly reconcileMs: number;
  readonly logger: Logger;
  readonly host: Host;
  readonly namespace?: Namespace;
  readonly timing: LifecycleTiming;
}

const invalid = (field: string, message: string): SchedulerError => new SchedulerError("INVALID_CONFIG", message, { details: { field } });

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Checks the options and fills the defaults. @throws INVALID_CONFIG, VOLATILE_STORE */
export function resolveOptions(options: SchedulerOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null)
    throw invalid("options", "A Scheduler needs options: new Scheduler({ backends: [...] }).");
  const host = options.host ?? systemHost();
  const store = options.store ?? defaultStore();
  checkBackends(options.backends, store, options.allowVolatile === true);
  const budget = options.budget === undefined ? undefined : parseBudget(options.budget, "budget");
  return {
    backends: options.backends,
    policy: guardedPolicy(options.policy ?? hybrid()),
    store,
    artifacts: options.artifacts === undefined ? defaultArtifacts() : withLocalFiles(options.artifacts),
    ...(budget === undefined ? {} : { budget }),
    concurrency: positiveInteger(options.concurrency ?? 1_000, "concurrency"),
    backendConcurrency: options.backendConcurrency ?? {},
    queue: { limit: positiveInteger(options.queue?.limit ?? 100_000, "queue.limit"), whenFull: options.queue?.whenFull ?? "refuse" },
    secrets: options.secrets ?? ((reference) => environmentSecret(reference, host)),
    verifiers: new Map((options.verifiers ?? []).map((verifier) => [verifier.name, verifier])),
    graceMs: duration(options.grace ?? 5_000, "grace"),
    keepWarmMs: duration(options.keepWarm ?? 900_000, "keepWarm"),
    reconcileMs: duration(options.reconcileEvery ?? 60_000, "reconcileEvery"),
    logger: options.logger ?? SILENT,
    host,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    timing: { ...DEFAULT_TIMING, ...options.timing },
  };
}

function checkBackends(backends: readonly Backend[], store: Store, allowVolatile: boolean): void {
  if (!Array.isArray(backends) || backends.length === 0)
    throw invalid("backends", "A Scheduler needs at least one backend: new Scheduler({ backends: [local({ usdPerHour: 0.05 })] }).");
  const seen = new Set<string>();
  for (const backend of backends) {
    if (typeof backend?.id !== "string" || typeof backend.bind !== "function")
      throw invalid("backends", "Every backend must be made by a backend factory such as `local()`.");
    if (backend.specVersion !== 1)
      throw invalid("backends", `Backend "${backend.id}" speaks contract version ${String(backend.specVersion)}; this spillway speaks 1.`);
    if (seen.has(backend.id)) throw invalid("backends", `Two backends are called "${backend.id}": give one of them another \`id\`.`);
    seen.add(backend.id);
    if (backend.capabilities.paid && !store.durable && !allowVolatile) {
      throw new SchedulerError(
        "VOLATILE_STORE",
        `Backend "${backend.id}" costs real money, but the ${store.kind} store forgets its leases when the process ends. Use a durable store, or set \`allowVolatile: true\`.`,
        { details: { backend: backend.id, field: "store" } },
      );
    }
  }
}

function environmentSecret(reference: string, host: Host): string {
  const name = reference.startsWith("env:") ? reference.slice(4) : undefined;
  if (name === undefined) {
    throw new SchedulerError(
      "SECRET_UNAVAILABLE",
      `"${reference}" is not understood: use "env:NAME", or give the scheduler a \`secrets\` function.`,
    );
  }
  const value = host.env(name);
  if (value === undefined)
    throw new SchedulerError("SECRET_UNAVAILABLE", `The environment variable ${name} is not set.`, { details: { variable: name } });
  return value;
}

function positiveInteger(value: number, field: string): number {
  if (!Number.isInteger(value) || value < 1) throw invalid(field, `\`${field}\` must be a whole number >= 1, got ${String(value)}.`);
  return value;
}

function duration(value: string | number, field: string): number {
  return value === 0 ? 0 : parseDurationMs(value, field, "INVALID_CONFIG");
}
