import type { LifecycleRules } from "../core/lifecycle/rules.js";
import type { Placer } from "../core/placement/place.js";
import type { TrustBook } from "../core/trust/trust-book.js";
import type { Namespace } from "../spec/call-context.js";
import type { ArtifactRegistry } from "./artifact-registry.js";
import type { GuardedBackend } from "./guard.js";
import type { InputCopies } from "./input-copies.js";
import type { Market } from "./market.js";
import type { ResolvedOptions } from "./options.js";
import type { WarmPool } from "./warm-pool.js";

/** What every part of the engine works with, put together once when the scheduler opens. */
export interface EngineContext {
  readonly options: ResolvedOptions;
  readonly namespace: Namespace;
  readonly backends: ReadonlyMap<string, GuardedBackend>;
  readonly market: Market;
  readonly warm: WarmPool;
  readonly placer: Placer;
  readonly trust: TrustBook;
  readonly artifacts: ArtifactRegistry;
  readonly copies: InputCopies;
  readonly rules: LifecycleRules;
  /** Who we are in claims. */
  readonly owner: string;
}
