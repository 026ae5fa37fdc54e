import { Scheduler, type SchedulerOptions } from "spillway";
import { memoryStore } from "spillway/stores/memory";
import { createVirtualHost, type MarketplaceOptions, marketplace, memoryArtifacts } from "spillway/testing";

/** A scheduler over one simulated market on virtual time, with hands on everything around it. */
export function world(
  options: { readonly market?: Partial<MarketplaceOptions>; readonly scheduler?: Partial<SchedulerOptions>; readonly seed?: string } = {},
) {
  const host = createVirtualHost({ seed: options.seed ?? "world" });
  const market = marketplace({ seed: options.seed ?? "world", providers: [{ name: "acme", nodes: 3, startMs: 1_000 }], ...options.market });
  const store = options.scheduler?.store ?? memoryStore();
  const artifacts = memoryArtifacts();
  const scheduler = new Scheduler({ backends: [market], store, host, artifacts: [artifacts], ...options.scheduler });
  const HOUR = 3_600_000;
  return {
    host,
    market,
    store,
    artifacts,
    scheduler,
    /** Lets time pass until the promise settles, at most two virtual days. */
    wait: <T>(promise: Promise<T>): Promise<T> => host.waitFor(promise, { limitMs: 48 * HOUR }),
  };
}

/** A small public job that takes `minutes` of virtual time. */
export const job = (name: string, minutes = 5, more: object = {}) =>
  ({
    name,
    command: ["work", name],
    env: { VIRTUAL_DURATION_MS: String(minutes * 60_000) },
    outputs: { "/out/result": `mem://results/${name}` },
    data: { sensitivity: "public" as const },
    expectedDuration: `${minutes}m`,
    ...more,
  }) as const;
