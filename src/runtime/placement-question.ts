import type { WantedPlacement } from "../core/lifecycle/decide.js";
import { maxLifetimeMs } from "../core/placement/lifetime.js";
import type { Placer } from "../core/placement/place.js";
import type { BackendOffers, PlacementInput, PlacementResult } from "../core/placement/types.js";
import { dataCost } from "../data/staging/index.js";
import { type NanoUsd, nanoUsd } from "../model/money.js";
import type { RunRow, RunState } from "../model/run.js";
import type { VerificationRequest } from "../model/workload.js";
import type { Room } from "./budget-accounts.js";
import type { EngineContext } from "./engine-context.js";

/** Offers of the backends that may hear of the workload at all. */
export function offersFor(
  context: EngineContext,
  run: Pick<RunRow, "workload">,
): readonly BackendOffers[] | Promise<readonly BackendOffers[]> {
  const { admitted } = context.market.admission(run.workload);
  return context.market.offers(run.workload, admitted, maxLifetimeMs(run.workload));
}

/** Puts together what one placement decision depends on. `workDoneMs`: what the checkpoint holds that the next attempt would start from. */
export function placementQuestion(
  context: EngineContext,
  state: RunState,
  backends: readonly BackendOffers[],
  verification: VerificationRequest,
  nowMs: number,
  workDoneMs = 0,
): (wanted: WantedPlacement) => PlacementInput {
  const { run } = state;
  const data = dataOf(context, state, backends);
  const warm = context.warm.offersFor(run.workload);
  return (wanted) => {
    const number = run.attempts + 1;
    const siblings = state.attempts.filter(
      (attempt) => attempt.verdict !== "wrong" && (attempt.state !== "done" || attempt.outcome === "succeeded"),
    );
    return {
      runId: run.id,
      attempt: number,
      purpose: wanted.purpose,
      workload: run.workload,
      acceptedAtMs: run.acceptedAtMs,
      ...(run.deadlineAtMs === undefined ? {} : { deadlineAtMs: run.deadlineAtMs }),
      nowMs,
      policy: context.options.policy,
      backends,
      ...(warm.length === 0 ? {} : { warm }),
      notAsked: context.market.admission(run.workload).rejections,
      trust: context.trust,
      exclusions: run.exclusions,
      siblings: { distinct: wanted.distinct, nodes: siblings.map(({ node }) => node) },
      verification,
      data,
      ...(wanted.after === undefined || workDoneMs === 0 ? {} : { workDoneMs }),
      failures: run.failures,
      seed: `${run.id}/${number}`,
    };
  };
}

/** What artifact stores bill when one attempt at a backend reads the inputs. */
export const inputReading = ({ inputBytes, inputEgressByBackend, inputEgressUsdPerGB }: PlacementInput["data"], backend: string): NanoUsd =>
  nanoUsd((inputBytes / BYTES_PER_GB) * (inputEgressByBackend?.[backend] ?? inputEgressUsdPerGB), "up");

const BYTES_PER_GB = 1e9;

/** Outputs are as large as those that earlier attempts have left; before the first one nobody knows. */
function dataOf(context: EngineContext, { run, attempts }: RunState, backends: readonly BackendOffers[]): PlacementInput["data"] {
  const sizes = attempts.map(({ manifest }) => manifest?.outputs.reduce((sum, { size }) => sum + size, 0) ?? 0);
  return dataCost(run.workload, backends, context.artifacts.stores, Math.max(0, ...sizes));
}

/**
 * Places under the caps. When only the money on hold stands in the way, the run waits for refunds; when it would not
 * fit even with all of them, it fails, unless the budget starts afresh later.
 */
export function placeWithinBudget(placer: Placer, input: PlacementInput, room: Room | undefined): PlacementResult {
  if (room === undefined) return placer.place(input);
  const result = placer.place({ ...input, available: room.now });
  if (result.chosen !== undefined || !result.record.rejections.some(({ code }) => code === "over-budget")) return result;
  const fitsLater = room.afterRefunds > room.now && placer.place({ ...input, available: room.afterRefunds }).chosen !== undefined;
  const message = fitsLater
    ? "Waiting for money on hold for other attempts to be refunded."
    : (result.record.failure?.message ?? "The next attempt does not fit under the cap.");
  const failure = { code: "BUDGET_EXHAUSTED" as const, message };
  const hopeless = !fitsLater && room.renewsAtMs === undefined;
  const { retryAtMs: _, ...rest } = result;
  return {
    ...rest,
    hopeless,
    record: { ...result.record, failure },
    ...(!fitsLater && room.renewsAtMs !== undefined ? { retryAtMs: room.renewsAtMs } : {}),
  };
}
