import type { Workload } from "./workload.js";

/** What of a backend's capabilities decides. */
export interface MovesFilesFacts {
  readonly staging: "native" | "sidecar" | "wrapper" | "none";
  readonly exitCode: boolean;
}

/**
 * Whether an attempt's machine moves its files by itself, through URLs, and leaves a result manifest. So on backends with `wrapper` or
 * `sidecar` staging, but for a workload that has no files and whose exit code the platform tells: its command runs as it is.
 */
export function movesFiles(workload: Pick<Workload, "inputs" | "outputs" | "checkpoint">, { staging, exitCode }: MovesFilesFacts): boolean {
  if (staging !== "wrapper" && staging !== "sidecar") return false;
  return !exitCode || hasFiles(workload) || workload.checkpoint !== undefined;
}

/** Whether a workload has inputs or outputs. */
export function hasFiles({ inputs, outputs }: Pick<Workload, "inputs" | "outputs">): boolean {
  for (const _ in inputs) return true;
  for (const _ in outputs) return true;
  return false;
}
