import type { ErrorCode } from "../../model/errors/codes.js";
import type { LaunchFaults } from "../faults/fault-plan.js";
import { type Range, within } from "../range.js";
import { identityRandom } from "../seeded-random.js";
import type { MarketNode } from "./node.js";

/** Everything that will happen to one launch on one node, as far as the node's death does not come first. */
export interface Fate {
  /** From bind until the command runs; infinite: never. */
  readonly startMs: number;
  /** The machine fails to become ready, at the time the command would have started. */
  readonly startError?: ErrorCode;
  readonly runForMs?: number;
  readonly exitCode?: number;
  /** After the command started, or after bind if it never does. */
  readonly dieAfterMs?: number;
  /** Of a scripted death. */
  readonly silentMs: number;
  /** After bind. */
  readonly reclaimAfterMs: number;
  readonly disconnected?: { readonly afterMs: number; readonly forMs: number };
  readonly corrupt: boolean | Uint8Array;
  readonly lyingStatusShare: number;
  readonly reportLagMs: number;
  readonly releasePendingMs: number;
  /** How long answers miss the new lease, or still list the ended one. */
  readonly hiddenMs: number;
}

/** The parts of the market's options that enter a fate. */
export interface FateOptions {
  readonly lyingStatusShare: number;
  readonly reportLagMs: Range;
  readonly releasePendingMs: Range;
  readonly visibilityMs: number;
}

const HOUR_MS = 3_600_000;
const START_MS: Range = [1_000, 5_000];
const SLOW_START_FACTOR = 10;

/** Draws a fate from (seed, key, node) and lets scripted faults overrule it. */
export function drawFate(seed: string, key: string, node: MarketNode, options: FateOptions, scripted: LaunchFaults): Fate {
  const { spec } = node;
  const random = identityRandom(seed, "fate", key, node.id);
  const usualStartMs = within(spec.startMs ?? START_MS, random);
  const slow = random.chance(spec.slowStartShare ?? 0);
  const never = random.chance(spec.neverStartShare ?? 0);
  const failed = random.chance(spec.failedStartShare ?? 0);
  const reclaimMs = random.exponential(1);
  const wrong = random.chance(node.wrongShare);
  const startMs = never ? Number.POSITIVE_INFINITY : usualStartMs * (slow ? SLOW_START_FACTOR : 1);
  const startError = scripted.startError ?? (failed && scripted.blockStartMs === undefined ? "PROVISIONING_FAILED" : undefined);
  const reclaimsPerHour = spec.reclaimsPerHour ?? 0;
  const fate: Fate = {
    startMs:
      scripted.blockStartMs === undefined
        ? startMs
        : scripted.blockStartMs === "forever"
          ? Number.POSITIVE_INFINITY
          : scripted.blockStartMs,
    ...(startError === undefined ? {} : { startError }),
    ...(scripted.runForMs === undefined ? {} : { runForMs: scripted.runForMs }),
    ...(scripted.exitCode === undefined ? {} : { exitCode: scripted.exitCode }),
    ...(scripted.dieAfterMs === undefined ? {} : { dieAfterMs: scripted.dieAfterMs }),
    silentMs: scripted.silentMs ?? 0,
    reclaimAfterMs: scripted.revokeAfterMs ?? (reclaimsPerHour > 0 ? (reclaimMs * HOUR_MS) / reclaimsPerHour : Number.POSITIVE_INFINITY),
    ...(scripted.loseConnection === undefined ? {} : { disconnected: scripted.loseConnection }),
    corrupt: scripted.lieAboutOutput ?? wrong,
    lyingStatusShare: scripted.lieAboutStatus ?? options.lyingStatusShare,
    reportLagMs: scripted.reportLagMs ?? within(options.reportLagMs, random),
    releasePendingMs: scripted.releasePendingMs ?? within(options.releasePendingMs, random),
    hiddenMs: options.visibilityMs * random.next(),
  };
  return fate;
}
