import type { NodeIdentity } from "../../model/offer.js";
import { type BreakerState, CLOSED_BREAKER } from "./breaker.js";
import { Evidence, type HalfLives } from "./evidence.js";

type Level = "gpu" | "provider" | "operator" | "node";

/** One scope of the path along which evidence is shared, with what is known of it and the scopes below it. */
export class Scope {
  readonly evidence: Evidence;
  breaker: BreakerState = CLOSED_BREAKER;
  /** When the last failed attempt was heard of. */
  runFailedAtMs = Number.NEGATIVE_INFINITY;
  readonly #below: Partial<Record<Level, Map<string, Scope>>> = {};
  readonly #lives: HalfLives;
  /** Takes this scope out of its parent's map; absent for a backend. */
  readonly detach: (() => void) | undefined;

  constructor(lives: HalfLives, detach?: () => void) {
    this.#lives = lives;
    this.evidence = new Evidence(lives);
    this.detach = detach;
  }

  find(level: Level, name: string): Scope | undefined {
    return this.#below[level]?.get(name);
  }

  findOrAdd(level: Level, name: string): Scope {
    let below = this.#below[level];
    if (below === undefined) {
      below = new Map();
      this.#below[level] = below;
    }
    const found = below.get(name);
    if (found !== undefined) return found;
    const map = below;
    const added = new Scope(this.#lives, () => map.delete(name));
    map.set(name, added);
    return added;
  }
}

/** The scopes of one identity that are known, widest first, and which is which. */
export interface ScopePath {
  readonly backend: Scope;
  readonly gpu: Scope | undefined;
  readonly provider: Scope | undefined;
  readonly operator: Scope | undefined;
  readonly node: Scope | undefined;
}

/**
 * Follows an identity downwards. `step` finds or makes the scope below; where it answers nothing, the levels below it hang on
 * nothing and are unknown too.
 */
export function followPath(
  backend: Scope,
  who: NodeIdentity,
  gpu: string | undefined,
  step: (from: Scope, level: Level, name: string) => Scope | undefined,
): ScopePath {
  const gpuScope = gpu === undefined ? undefined : step(backend, "gpu", gpu);
  const provider = who.provider === undefined ? undefined : step(backend, "provider", who.provider);
  let from = who.provider === undefined ? backend : provider;
  const operator = who.operator === undefined || from === undefined ? undefined : step(from, "operator", who.operator);
  from = who.operator === undefined ? from : operator;
  const node = who.node === undefined || from === undefined ? undefined : step(from, "node", who.node);
  return { backend, gpu: gpuScope, provider, operator, node };
}
