import type { Observation } from "../../model/observation.js";
import type { NodeIdentity } from "../../model/offer.js";
import {
  BACKEND_BREAKER,
  type BreakerEvent,
  type BreakerOptions,
  CLOSED_BREAKER,
  NODE_BREAKER,
  stepBreaker,
  viewBreaker,
} from "./breaker.js";
import type { BreakerView, EstimatePrior, NodeEstimate, TrustReader } from "./estimate.js";
import type { Evidence } from "./evidence.js";
import { posterior } from "./posterior.js";
import { DEFAULT_PRIORS, type TrustPriors } from "./priors.js";
import { followPath, Scope, type ScopePath } from "./scope.js";
import { pathWrongProbability } from "./wrong-result.js";

export interface TrustBookOptions {
  /** Most scopes below backends that are kept (nodes, operators, providers). The least recently observed goes first. Default 20,000, about 10 MB. */
  readonly maxScopes?: number;
  readonly backendBreaker?: Partial<BreakerOptions>;
  readonly nodeBreaker?: Partial<BreakerOptions>;
}

/**
 * Ageing is looked up at whole minutes: against a half-life of days nothing is lost, and an estimate then depends on what was
 * observed and the minute alone.
 */
const AGEING_STEP_MS = 60_000;

const MS_PER_HOUR = 3_600_000;

/** Slower or faster than e^5 = 148 times the plan says that the plan is wrong, not the node. */
const LARGEST_LOG_RATIO = 5;

/**
 * What has been learnt of nodes, operators, providers and backends. Feed it every observation of the store, in any order, from
 * any process; ask it for estimates and breakers. Holds no clock: time comes with every call.
 *
 * Every observation counts at each scope of its path (node, operator, provider, GPU model of the backend, backend), so that
 * forgetting a node leaves its evidence in the wider ones.
 */
export class TrustBook implements TrustReader {
  readonly #priors: TrustPriors;
  readonly #maxScopes: number;
  readonly #backendBreaker: BreakerOptions;
  readonly #nodeBreaker: BreakerOptions;
  readonly #backends = new Map<string, Scope>();
  /** Everything below the backends, least recently observed first. A parent is always at least as recent as what is below it. */
  readonly #recent = new Set<Scope>();
  #revision = 0;
  readonly #revisions = new Map<string, number>();
  #forgotten = 0;

  /** `priors` replaces defaults field by field (`classes` as a whole). */
  constructor(priors: Partial<TrustPriors> = {}, options: TrustBookOptions = {}) {
    this.#priors = { ...DEFAULT_PRIORS, ...priors };
    this.#maxScopes = options.maxScopes ?? 20_000;
    this.#backendBreaker = { ...BACKEND_BREAKER, ...options.backendBreaker };
    this.#nodeBreaker = { ...NODE_BREAKER, ...options.nodeBreaker };
  }

  get revision(): number {
    return this.#revision;
  }

  revisionOf(backend: string): number {
    // Forgetting may touch any backend: whatever was narrow about it is then told by wider scopes.
    return (this.#revisions.get(backend) ?? 0) + this.#forgotten;
  }

  /** Learns one fact. Nonsense (negative or non-finite hours, a ratio that is no number) is left out: it comes from foreign clocks. */
  record(observation: Observation): void {
    const usable = cleaned(observation);
    if (usable === undefined) return;
    this.#revision++;
    const { who } = usable;
    this.#revisions.set(who.backend, (this.#revisions.get(who.backend) ?? 0) + 1);
    let backend = this.#backends.get(who.backend);
    if (backend === undefined) {
      backend = new Scope(this.#priors);
      this.#backends.set(who.backend, backend);
    }
    const path = followPath(backend, who, usable.gpu, (from, level, name) => from.findOrAdd(level, name));
    backend.evidence.add(usable, true);
    // Narrowest first, so that wider scopes end up more recent.
    for (const scope of [path.node, path.operator, path.provider, path.gpu]) {
      if (scope === undefined) continue;
      scope.evidence.add(usable, scope !== path.node);
      this.#recent.delete(scope);
      this.#recent.add(scope);
    }
    this.#trip(path, usable);
    this.#forget();
  }

  estimate(who: NodeIdentity, prior: EstimatePrior, nowMs: number): NodeEstimate {
    const atMs = Math.floor(nowMs / AGEING_STEP_MS) * AGEING_STEP_MS;
    const path = this.#find(who, prior.gpu);
    const scopes: Evidence[] = [];
    if (path !== undefined) {
      scopes.push(path.backend.evidence);
      if (path.gpu !== undefined) scopes.push(path.gpu.evidence);
      if (path.provider !== undefined) scopes.push(path.provider.evidence);
      if (path.operator !== undefined) scopes.push(path.operator.evidence);
      if (path.node !== undefined) scopes.push(path.node.evidence);
    }
    const share = this.#priors.classes[prior.operator].saboteurShare;
    const wrong = path === undefined ? share : pathWrongProbability(path, who, prior.operator, share, atMs);
    return posterior(scopes, prior, this.#priors, wrong, atMs);
  }

  /** The breaker of the narrowest scope that `who` names: node, operator, provider or backend. Unknown ones are closed. */
  breaker(who: NodeIdentity, nowMs: number): BreakerView {
    const path = this.#find(who, undefined);
    const scope = path === undefined ? undefined : narrowestNamed(path, who);
    const options = scope === path?.backend ? this.#backendBreaker : this.#nodeBreaker;
    return viewBreaker(scope?.breaker ?? CLOSED_BREAKER, nowMs, options);
  }

  #find(who: NodeIdentity, gpu: string | undefined): ScopePath | undefined {
    const backend = this.#backends.get(who.backend);
    return backend === undefined ? undefined : followPath(backend, who, gpu, (from, level, name) => from.find(level, name));
  }

  #trip(path: ScopePath, observation: Observation): void {
    const event = breakerEvent(observation);
    if (event === undefined) return;
    // Reclaims are part of a spot market's life, but a single node that keeps vanishing is to rest.
    if (observation.kind !== "uptime") path.backend.breaker = stepBreaker(path.backend.breaker, event, this.#backendBreaker);
    for (const scope of [path.node, path.operator, path.provider]) {
      if (scope === undefined) continue;
      // The loss of a lease may have been told as a failed attempt already.
      const told = observation.kind === "uptime" && scope.runFailedAtMs >= observation.atMs - observation.hours * MS_PER_HOUR;
      if (told) continue;
      scope.breaker = stepBreaker(scope.breaker, event, this.#nodeBreaker);
      if (observation.kind === "success" && !observation.ok) scope.runFailedAtMs = event.atMs;
    }
  }

  #forget(): void {
    for (const scope of this.#recent) {
      if (this.#recent.size <= this.#maxScopes) return;
      this.#recent.delete(scope);
      this.#forgotten++;
      scope.detach?.();
    }
  }
}

function narrowestNamed(path: ScopePath, who: NodeIdentity): Scope | undefined {
  if (who.node !== undefined) return path.node;
  if (who.operator !== undefined) return path.operator;
  return who.provider !== undefined ? path.provider : path.backend;
}

function breakerEvent(observation: Observation): BreakerEvent | undefined {
  const { kind, atMs } = observation;
  if (kind === "launch") return { of: "launch", ok: observation.ok, atMs };
  if (kind === "success") return { of: "run", ok: observation.ok, atMs };
  return kind === "uptime" && observation.interrupted ? { of: "run", ok: false, atMs } : undefined;
}

function cleaned(observation: Observation): Observation | undefined {
  if (!Number.isFinite(observation.atMs)) return undefined;
  switch (observation.kind) {
    case "launch":
    case "uptime":
      return observation.hours >= 0 && observation.hours < Number.POSITIVE_INFINITY ? observation : undefined;
    case "speed": {
      if (Number.isNaN(observation.logRatio)) return undefined;
      const logRatio = Math.max(-LARGEST_LOG_RATIO, Math.min(LARGEST_LOG_RATIO, observation.logRatio));
      return { ...observation, logRatio };
    }
    case "success":
    case "check":
      return observation;
  }
}
