import type { CommonInput } from "../input/common-input.js";
import { GIB_IN_MIB, type KindSpec, MINUTE_MS } from "./kind-spec.js";

/** Any finite job: the kind of a workload that names none. Defaults: 10 minutes, 1 CPU, 2 GiB memory, 10 GiB disk. */
export interface BatchInput extends CommonInput {
  readonly kind?: "batch";
  /** Makes so many runs; `{shard}` (from 0) and `{shards}` are replaced in command, env values, paths and URIs. */
  readonly shards?: number;
}

export const batch: KindSpec = {
  kind: "batch",
  task: {},
  fan: ["shards"],
  defaults: { expectedDurationMs: 10 * MINUTE_MS, cpu: 1, memoryMiB: 2 * GIB_IN_MIB, diskMiB: 10 * GIB_IN_MIB, interruptible: "always" },
};
