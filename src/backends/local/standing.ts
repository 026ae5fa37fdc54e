import { z } from "zod";
import { type ExitRecord, isRunning, readJsonFile, readProcessState } from "../../kit/process/index.js";
import { isErrorCode } from "../../model/errors/codes.js";
import { SchedulerError, type SerializedError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { LeasePlace } from "./layout.js";
import type { LeaseRecord } from "./lease-record.js";
import type { CommandRuntime } from "./runtime.js";

/** Where an open lease stands. `failed`: there is no exit code and never will be. */
export type Standing =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly startedAtMs?: number }
  | { readonly kind: "exited"; readonly exit: ExitRecord }
  | { readonly kind: "failed"; readonly error: SerializedError };

const failure = z.object({ code: z.string(), message: z.string() });

/** Reads from the lease's directory, and from the engine where there is one, where the lease stands. The same in every process. */
export async function standingOf(lease: LeaseRecord, place: LeasePlace, runtime: CommandRuntime, call: CallContext): Promise<Standing> {
  const state = await readProcessState(place.directory);
  switch (state.kind) {
    case "absent":
      return unstarted(lease, place, runtime, call);
    case "starting":
      return { kind: "starting" };
    case "running":
      return { kind: "running", startedAtMs: state.command.startedAtMs };
    case "exited":
    case "lost": {
      // A supervisor that never got its orders leaves the same trace as one that was killed, but somebody wrote down why.
      const failed = state.kind === "lost" ? await readFailure(place) : undefined;
      return failed ?? runtime.judge(lease.key, state, call);
    }
  }
}

async function unstarted(lease: LeaseRecord, place: LeasePlace, runtime: CommandRuntime, call: CallContext): Promise<Standing> {
  const failed = await readFailure(place);
  if (failed !== undefined) return failed;
  if (await isRunning(lease.owner)) return { kind: "starting" };
  // It may have started the command and ended in peace between the two looks.
  if ((await readProcessState(place.directory)).kind !== "absent") return standingOf(lease, place, runtime, call);
  const lost = new SchedulerError("LEASE_LOST", "The scheduler's process ended before it had started the command.");
  return { kind: "failed", error: lost.toJSON() };
}

async function readFailure(place: LeasePlace): Promise<Standing | undefined> {
  const stored = await readJsonFile(place.failure, failure);
  if (stored === undefined) return undefined;
  const error = new SchedulerError(isErrorCode(stored.code) ? stored.code : "PROVISIONING_FAILED", stored.message);
  return { kind: "failed", error: error.toJSON() };
}
