import type { LifecycleRules } from "../core/lifecycle/rules.js";
import { createPlacer } from "../core/placement/place.js";
import { TrustBook } from "../core/trust/trust-book.js";
import { ArtifactRegistry } from "./artifact-registry.js";
import { ClaimKeeper } from "./claim-keeper.js";
import { Engine } from "./engine.js";
import type { EngineContext } from "./engine-context.js";
import type { EventHub } from "./event-hub.js";
import { GuardedBackend } from "./guard.js";
import { InputCopies } from "./input-copies.js";
import { Market } from "./market.js";
import type { ResolvedOptions } from "./options.js";
import { QueueRoom } from "./queue-room.js";
import { Reconciler } from "./reconciler.js";
import { SchedulerCore } from "./scheduler-core.js";
import { WarmPool } from "./warm-pool.js";

/** A scheduler at work. */
export interface OpenScheduler {
  readonly core: SchedulerCore;
  readonly claims: ClaimKeeper;
  readonly reconciler: Reconciler;
  readonly room: QueueRoom;
}

/** Opens the store, puts the parts together, takes over what a crashed process left. @throws STORE_UNAVAILABLE, STATE_VERSION_UNSUPPORTED */
export async function openScheduler(options: ResolvedOptions, hub: EventHub): Promise<OpenScheduler> {
  const { host, store, logger } = options;
  await store.open(host);
  const namespace = await store.namespace(options.namespace ?? { id: `s${host.randomHex(5)}`, secret: host.randomHex(32) });
  const backends = new Map(options.backends.map((backend) => [backend.id, new GuardedBackend(backend, { host, logger, namespace })]));
  const warm = new WarmPool(host, options.policy, options.keepWarmMs);
  const rules: LifecycleRules = {
    retry: options.policy.retry,
    capabilities: (backend) => backends.get(backend)?.backend.capabilities,
    timing: options.timing,
    get warm() {
      return warm.rules;
    },
  };
  const artifacts = new ArtifactRegistry(options.artifacts);
  const context: EngineContext = {
    options,
    namespace,
    backends,
    market: new Market(host, backends, options.backendConcurrency, artifacts.stores),
    warm,
    placer: createPlacer(),
    trust: new TrustBook(),
    artifacts,
    copies: new InputCopies(artifacts),
    rules,
    owner: host.newId(),
  };
  const engine: Engine = new Engine(context, hub, () => room.look());
  const room = new QueueRoom(options.queue, () => {
    const { waiting, active } = engine.dispatcher;
    return { waiting, free: options.concurrency - active };
  });
  const core = new SchedulerCore(context, engine, hub);
  const claims = new ClaimKeeper(context, engine);
  const reconciler = new Reconciler(context, engine);
  await engine.observer.learn();
  await claims.start();
  reconciler.start();
  return { core, claims, reconciler, room };
}
