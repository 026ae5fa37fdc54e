import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { WriteGrant } from "../../spec/artifact-store.js";
import type { Launch } from "../../spec/launch.js";
import { requireHeader, requirePlainPath, requireUrl } from "./requirements.js";

/** A presigned PUT: its URL, with the headers that have to be sent along where there are any. */
export type WriteTarget = string | Pick<WriteGrant, "url" | "headers">;

/** Where one checkpoint goes. The record is written once the checkpoint itself is stored. Neither may be limited to one write. */
export interface CheckpointSlot {
  /** For the archive. */
  readonly put: WriteTarget;
  /** For its record. */
  readonly recordPut: WriteTarget;
}

/** Attempt-scoped addresses for a runner. All `http:` or `https:`, valid for the lease's whole life. */
export interface RunnerUrls {
  /** For the result manifest. Limited to one write, the word of the container that ended first stands. */
  readonly manifestPut: WriteTarget;
  /** Presigned GET for it: lets a runner in a fresh container see that the attempt has finished already. */
  readonly manifestGet?: string;
  /** For each declared output, by its path. A directory arrives as one tar archive. */
  readonly outputs: Readonly<Record<string, WriteTarget>>;
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
  const headers = new HeaderSets();
  const put = (target: WriteTarget, what: string): readonly [url: string, set: string] =>
    typeof target === "string" ? [requireUrl(target, what), "-"] : [requireUrl(target.url, what), headers.nameOf(target.headers, what)];
  const lines: string[] = [`attempt ${launch.key} ${launch.nonce} - -`];
  const times = [launch.timeoutMs, options.graceMs ?? DEFAULT_GRACE_MS, launch.maxLifetimeMs].map(seconds);
  lines.push(`times ${times.join(" ")} ${options.hold === false ? "exit" : "hold"}`);
  const { manifestGet, status, checkpoint: slots = [] } = urls;
  const [manifestPut, manifestSet] = put(urls.manifestPut, "the result manifest");
  lines.push(
    `manifest ${manifestPut} ${manifestGet === undefined ? "-" : requireUrl(manifestGet, "the result manifest")} ${manifestSet} -`,
  );
  if (status !== undefined) lines.push(`status ${status.port} ${status.token.reveal()} - -`);
  for (const { path, url, sha256, size } of launch.inputs) {
    lines.push(`in ${sha256?.toLowerCase() ?? "-"} ${size ?? "-"} ${requireUrl(url, `input ${path}`)} ${requirePlainPath(path, "inputs")}`);
  }
  for (const { path, optional, encryptTo } of launch.outputs) {
    const target = Object.hasOwn(urls.outputs, path) ? urls.outputs[path] : undefined;
    if (target === undefined) throw broken(`The output ${path} has no URL to be written to.`);
    const [url, set] = put(target, `output ${path}`);
    const how = encryptTo === undefined ? set : `${set},${encryptTo}`;
    lines.push(`out ${optional ? "optional" : "required"} ${how} ${url} ${requirePlainPath(path, "outputs")}`);
  }
  lines.push(...checkpointLines(launch, slots, put));
  return `${["version 1 - - -", ...headers.lines, ...lines, "end - - - -"].join("\n")}\n`;
}

/** Headers of several requests, each different set of them told once. */
class HeaderSets {
  readonly lines: string[] = [];
  readonly #names = new Map<string, string>();

  /** The set's name in the job text; `-` for no headers. */
  nameOf(headers: WriteGrant["headers"], what: string): string {
    const entries = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
    if (entries.length === 0) return "-";
    const known = this.#names.get(JSON.stringify(entries));
    if (known !== undefined) return known;
    const name = String(this.#names.size);
    this.#names.set(JSON.stringify(entries), name);
    for (const [header, value] of entries) this.lines.push(`header ${name} ${requireHeader(header, value, what)} -`);
    return name;
  }
}

type Put = (target: WriteTarget, what: string) => readonly [url: string, set: string];

function checkpointLines({ checkpoint }: Launch, slots: readonly CheckpointSlot[], put: Put): readonly string[] {
  if (checkpoint === undefined) return [];
  if (slots.length < 2) throw broken("Checkpoints need two slots or more.");
  const { restore } = checkpoint;
  const slotLine = (slot: CheckpointSlot): string => {
    const [archive, archiveSet] = put(slot.put, "a checkpoint");
    const [record, recordSet] = put(slot.recordPut, "a checkpoint's record");
    return `slot ${archive} ${record} ${archiveSet} ${recordSet}`;
  };
  return [
    `checkpoint ${Math.max(1, seconds(checkpoint.everyMs))} - - ${requirePlainPath(checkpoint.path, "checkpoint.path")}`,
    ...slots.map(slotLine),
    ...(restore === undefined
      ? []
      : [
          `restore ${restore.sha256?.toLowerCase() ?? "-"} ${restore.size ?? "-"} ${requireUrl(restore.url, "the checkpoint to restore")} -`,
        ]),
  ];
}

const broken = (message: string): SchedulerError => new SchedulerError("INVARIANT_BROKEN", message, { effect: "none" });
