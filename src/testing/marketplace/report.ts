import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { LeasePhase, LeaseReport } from "../../model/lease.js";
import type { NodeIdentity } from "../../model/offer.js";
import { identityRandom } from "../seeded-random.js";
import type { ExecutionState } from "./execution.js";
import type { MarketLease } from "./market-lease.js";
import type { MarketNode } from "./node.js";
import type { World } from "./world.js";

/** What reports depend on besides the lease. */
export interface ReportContext {
  readonly backend: string;
  readonly seed: string;
  readonly world: World;
  readonly unknownShare: number;
  /** Port of this machine at which running launches can be asked. */
  readonly statusPort?: number;
}

/** The identity of a node as the market tells it. */
export function identityOf(backend: string, node: MarketNode): NodeIdentity {
  return { backend, provider: node.provider, ...(node.operator === undefined ? {} : { operator: node.operator }), node: node.id };
}

/** What the market says about a lease now, with all its lags and lies. Counts the question. */
export function reportOn(lease: MarketLease, context: ReportContext): LeaseReport {
  const { key } = lease;
  const nowMs = context.world.now();
  const random = identityRandom(context.seed, "report", key, lease.asked++);
  const unclear = random.chance(context.unknownShare);
  const { fate, begunAtMs } = lease.stint;
  const lost = fate.disconnected;
  const disconnected = lost !== undefined && nowMs >= begunAtMs + lost.afterMs && nowMs < begunAtMs + lost.afterMs + lost.forMs;
  if (nowMs < lease.boundAtMs + (lease.stints[0]?.fate.hiddenMs ?? 0)) return { kind: "gone", key };
  if (nowMs >= lease.goneAtMs()) return { kind: "gone", key, charge: lease.chargeAt(nowMs) };
  const ending = lease.ending();
  const silent = ending.silentMs > 0 && nowMs >= ending.atMs + ending.silentMs;
  const released = nowMs >= lease.releasedAtMs;
  if (unclear || disconnected || (silent && !released)) return unknown(key);
  return status(lease, context, random.chance(fate.lyingStatusShare));
}

function status(lease: MarketLease, { backend, world, statusPort }: ReportContext, lies: boolean): LeaseReport {
  const nowMs = world.now();
  const { fate, launch } = lease.stint;
  const released = nowMs >= lease.releasedAtMs;
  // Reports lag, but never behind a finished release: what was said once must not be taken back.
  const seenMs = released ? nowMs : nowMs - fate.reportLagMs;
  const ending = lease.ending();
  const state = lease.stateAt(seenMs);
  const base = {
    kind: "status" as const,
    key: lease.key,
    ...(launch.key === lease.key ? {} : { attempt: launch.key }),
    charge: lease.chargeAt(nowMs),
    ...(lease.node.spec.showsNode === false && state.phase === "waiting" ? {} : { node: identityOf(backend, lease.node) }),
    ...(state.phase === "waiting" ? {} : { startedAtMs: Math.round(world.toWallMs(state.startedAtMs)) }),
  };
  if (state.phase === "exited") {
    return {
      ...base,
      phase: "exited",
      exitCode: state.exitCode,
      ...(state.reason === undefined
        ? {}
        : { reason: state.reason, message: "The simulated command was ended because its time was over." }),
      endedAtMs: Math.round(world.toWallMs(state.endedAtMs)),
    };
  }
  if (released && ending.atMs >= lease.releaseAskedAtMs) {
    return {
      ...base,
      phase: "ended",
      reason: "CANCELLED",
      message: "The simulated lease was released.",
      endedAtMs: Math.round(world.toWallMs(lease.releaseAskedAtMs)),
    };
  }
  if (seenMs >= ending.atMs && (ending.silentMs === 0 || released)) {
    return { ...base, phase: "ended", reason: ending.reason, message: ending.message, endedAtMs: Math.round(world.toWallMs(ending.atMs)) };
  }
  const endpoint = statusPort === undefined || state.phase !== "running" ? {} : { endpoint: `http://127.0.0.1:${statusPort}` };
  return { ...base, ...endpoint, phase: lies ? stepBack(phaseOf(lease, state, seenMs)) : phaseOf(lease, state, seenMs) };
}

function phaseOf(lease: MarketLease, state: ExecutionState, seenMs: number): LeasePhase {
  if (state.phase === "running") return "running";
  // The first half of the way to the command is waiting for a machine, the second is preparing it.
  return seenMs - lease.stint.begunAtMs < lease.stint.fate.startMs / 2 ? "pending" : "starting";
}

function stepBack(phase: LeasePhase): LeasePhase {
  return phase === "running" ? "pending" : phase === "starting" ? "pending" : phase;
}

function unknown(key: string): LeaseReport {
  return {
    kind: "unknown",
    key,
    error: new SchedulerError("BACKEND_UNAVAILABLE", "The simulated market cannot say how this lease is doing.").toJSON(),
  };
}
