import type { Backend } from "spillway";

/** How a {@link trivialBackend} behaves. */
export interface TrivialOptions {
  readonly id: string;
  /** `ended`: every command has always just ended. `running`: none ever does. */
  readonly commands: "ended" | "running";
  readonly pollMs: { readonly least: number; readonly most: number };
  /** How many placements its offer takes. Default: unknown. */
  readonly capacity?: number;
  readonly onBind?: () => void;
}

const OFFER_MS = 600_000;

/** A backend that does nothing at no cost, so that what is measured is the rest. */
export function trivialBackend({ id, commands, pollMs, capacity, onBind }: TrivialOptions): Backend {
  return {
    specVersion: 1,
    id,
    kind: id,
    capabilities: {
      paid: false,
      images: "optional",
      exitCode: true,
      staging: "none",
      logs: false,
      reuse: false,
      affinity: "any",
      inspect: { mode: "sweep" },
      pollMs,
      visibilityMs: 0,
      bindMs: 10_000,
      provisionMs: 10_000,
      billing: { granularityMs: 1, minimumMs: 0, prepaid: false, refund: "unused" },
      enforcesLifetime: true,
      trust: { operators: ["self"], certifications: [], agreements: [], tee: [] },
      countries: "any",
      limits: { concurrency: 1_000, callsPerSecond: 1_000_000 },
      offersTtlMs: OFFER_MS,
    },
    listOffers: async (_demand, { host }) => [
      {
        id,
        backend: id,
        operator: "self",
        node: "here",
        binding: "firm",
        resources: { cpu: 1e6, memoryMiB: 1e9, diskMiB: 1e9 },
        price: { usdPerHour: 0 },
        interruptible: false,
        trust: { operator: "self", certifications: [], agreements: [], tee: [] },
        place: { proof: "contract" },
        expiresAtMs: host.now() + OFFER_MS,
        ...(capacity === undefined ? {} : { capacity }),
      },
    ],
    bind: async ({ key }) => {
      onBind?.();
      const ref = { backend: id, key, data: {} };
      if (commands === "running") return { ref, report: { kind: "status", key, phase: "running" } };
      return { ref, report: { kind: "status", key, phase: "exited", exitCode: 0 } };
    },
    find: async (intents) => intents.map(({ key }) => ({ kind: "absent", key })),
    inspect: async (leases) =>
      leases.map(({ key }) => (commands === "running" ? { kind: "status", key, phase: "running" } : { kind: "gone", key })),
    release: async () => "released",
    listLeases: async () => [],
  };
}
