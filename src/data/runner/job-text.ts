import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { Launch } from "../../spec/launch.js";
import { requirePlainPath, requireUrl } from "./requirements.js";

/** Where one checkpoint goes. The record is written once the checkpoint itself is stored. */
export interface CheckpointSlot {
  /** Presigned PUT for the archive. */
  readonly put: string;
  /** Presigned PUT for its record. */
  readonly recordPut: string;
}

/** Attempt-scoped addresses for a runner. All `http:` or `https:`, valid for the lease's whole life. */
export interface RunnerUrls {
  /** Presigned PUT for the result manifest. */
  readonly manifestPut: string;
  /** Presigned GET for it: lets a runner in a fresh container see that the attempt has finished already. */
  readonly manifestGet?: string;
  /** Presigned PUT for each declared output, by its path. A directory arrives as one tar archive. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Two slots or more, used in turn, so that a checkpoint cut short never replaces the last good one. Needed when the launch has `checkpoint`. */
  readonly checkpoint?: readonly CheckpointSlot[];
  /** Port on which the runner answers, and the token it wants to see. Only where the image has something that can. */
  readonly status?: { readonly port: number; readonly token: Secret };
}

/** How the runner behaves. */
export interface RunnerOptions {
  /**
   * After the end keep the container up, until released or until `maxLifetimeMs`: for platforms that start again whatever exits.
   * Switch it off where an exit code is wanted. @defaultValue true
   */
  readonly hold?: boolean;
  /** Time between SIGTERM and SIGKILL for the command. @unit ms @defaultValue 5_000 @minimum 0 */
  readonly graceMs?: number;
}

/** Kubernetes gives 30 s between SIGTERM and SIGKILL, Docker 10 s, Nomad 5 s: what is left after this goes into the manifest and a last checkpoint. */
const DEFAULT_GRACE_MS = 5_000;

/** The runner counts whole seconds. */
const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000));

/**
 * Everything one attempt's runner needs to know, as lines of five words (`docs/runner.md`, "Job text"). Holds presigned URLs: treat it
 * as a secret.
 *
 * @throws UNSUPPORTED_WORKLOAD for a path or URL that a shell script cannot be trusted with, naming it.
 * @throws INVARIANT_BROKEN when an output has no URL, or checkpoints have fewer than two slots.
 */
export function jobText(launch: Launch, urls: RunnerUrls, options: RunnerOptions = {}): string {
  const lines: string[] = ["version 1 - - -", `attempt ${launch.key} ${launch.nonce} - -`];
  const times = [launch.timeoutMs, options.graceMs ?? DEFAULT_GRACE_MS, launch.maxLifetimeMs].map(seconds);
  lines.push(`times ${times.join(" ")} ${options.hold === false ? "exit" : "hold"}`);
  const { manifestPut, manifestGet, status, checkpoint: slots = [] } = urls;
  lines.push(
    `manifest ${requireUrl(manifestPut, "the result manifest")} ${manifestGet === undefined ? "-" : requireUrl(manifestGet, "the result manifest")} - -`,
  );
  if (status !== undefined) lines.push(`status ${status.port} ${status.token.reveal()} - -`);
  for (const { path, url, sha256, size } of launch.inputs) {
    lines.push(`in ${sha256?.toLowerCase() ?? "-"} ${size ?? "-"} ${requireUrl(url, `input ${path}`)} ${requirePlainPath(path, "inputs")}`);
  }
  for (const { path, optional } of launch.outputs) {
    const url = Object.hasOwn(urls.outputs, path) ? urls.outputs[path] : undefined;
    if (url === undefined) throw broken(`The output ${path} has no URL to be written to.`);
    lines.push(`out ${optional ? "optional" : "required"} - ${requireUrl(url, `output ${path}`)} ${requirePlainPath(path, "outputs")}`);
  }
  lines.push(...checkpointLines(launch, slots), "end - - - -");
  return `${lines.join("\n")}\n`;
}

function checkpointLines({ checkpoint }: Launch, slots: readonly CheckpointSlot[]): readonly string[] {
  if (checkpoint === undefined) return [];
  if (slots.length < 2) throw broken("Checkpoints need two slots or more.");
  const { restore } = checkpoint;
  return [
    `checkpoint ${Math.max(1, seconds(checkpoint.everyMs))} - - ${requirePlainPath(checkpoint.path, "checkpoint.path")}`,
    ...slots.map(({ put, recordPut }) => `slot ${requireUrl(put, "a checkpoint")} ${requireUrl(recordPut, "a checkpoint's record")} - -`),
    ...(restore === undefined
      ? []
      : [
          `restore ${restore.sha256?.toLowerCase() ?? "-"} ${restore.size ?? "-"} ${requireUrl(restore.url, "the checkpoint to restore")} -`,
        ]),
  ];
}

const broken = (message: string): SchedulerError => new SchedulerError("INVARIANT_BROKEN", message, { effect: "none" });
