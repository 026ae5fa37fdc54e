import { startProcess, writeJsonFile } from "../../kit/process/index.js";
import { fetchInput } from "../../kit/transfer/index.js";
import { SchedulerError, toSchedulerError } from "../../model/errors/scheduler-error.js";
import type { AbortSignalLike, Host, Logger } from "../../spec/host.js";
import type { Launch, StagedInput } from "../../spec/launch.js";
import type { LeasePlace } from "./layout.js";
import type { LeaseRecord } from "./lease-record.js";
import type { CommandRuntime } from "./runtime.js";

/** Inputs that are fetched at the same time. */
const PARALLEL_INPUTS = 4;

/** What {@link launchCommand} needs beside the launch. */
export interface LaunchSetting {
  readonly lease: LeaseRecord;
  readonly place: LeasePlace;
  readonly runtime: CommandRuntime;
  readonly timeoutGraceMs: number;
  readonly memoryCounters: readonly string[];
  readonly host: Host;
  readonly logger: Logger;
  readonly abort: AbortController;
}

/**
 * Stages the inputs and hands the command to a supervisor. Runs after `bind` has answered. What goes wrong is written into the
 * lease's directory, where `inspect` finds it; nothing is written once somebody wants the lease to end. Never rejects.
 */
export async function launchCommand(launch: Launch, setting: LaunchSetting): Promise<void> {
  const { lease, place, host, abort } = setting;
  const over = new SchedulerError("LEASE_LOST", "The lease's life was over before its command could be started.");
  const timer = host.setTimer(Math.max(0, lease.lifetimeEndMs - host.now()), () => abort.abort(over));
  try {
    await setting.runtime.prepare(launch, place, host, abort.signal);
    await fetchAll(inputsOf(launch), place.root, host, abort.signal);
    if (abort.signal.aborted) throw abort.signal.reason;
    await startProcess(
      {
        ...setting.runtime.request(launch, place, lease.backend, lease.namespace, host),
        directory: place.directory,
        timeoutMs: launch.timeoutMs,
        lifetimeMs: lease.lifetimeEndMs - host.now(),
        graceMs: setting.timeoutGraceMs,
        memoryCounters: setting.memoryCounters,
      },
      host,
    );
  } catch (error) {
    const failure = toSchedulerError(error, "PROVISIONING_FAILED", "The command could not be started").toJSON();
    await writeJsonFile(place.failure, failure, host).catch(() => {
      // The lease was released meanwhile, or the disk is full; the latter would otherwise go unnoticed.
      setting.logger.warn(
        { key: lease.key, code: failure.code },
        "A lease of local() could not be started, nor could that be written down.",
      );
    });
  } finally {
    timer.cancel();
  }
}

/** A checkpoint to start from is one more file to be put in place. */
export const inputsOf = (launch: Launch): readonly StagedInput[] => [
  ...launch.inputs,
  ...(launch.checkpoint?.restore === undefined ? [] : [launch.checkpoint.restore]),
];

async function fetchAll(inputs: readonly StagedInput[], root: string, host: Host, signal: AbortSignalLike): Promise<void> {
  const queue = inputs.values();
  const lane = async (): Promise<void> => {
    for (const input of queue) await fetchInput(input, { root, host, signal });
  };
  await Promise.all(Array.from({ length: PARALLEL_INPUTS }, lane));
}
