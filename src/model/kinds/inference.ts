import type { CommonInput } from "../input/common-input.js";
import { count, GIB_IN_MIB, type KindSpec, label, MINUTE_MS, type Precision, precision } from "./kind-spec.js";

/** A finite job of a trained model, such as embedding a file. Defaults: 10 minutes, 4 CPUs, 16 GiB memory, 50 GiB disk. */
export interface InferenceInput extends CommonInput {
  readonly kind: "inference";
  /** The model's name, for people and labels. */
  readonly model?: string;
  readonly precision?: Precision;
  readonly batchSize?: number;
  /** Makes so many runs; `{shard}` (from 0) and `{shards}` are replaced in command, env values, paths and URIs. */
  readonly shards?: number;
}

export const inference: KindSpec = {
  kind: "inference",
  task: { model: label(), precision: precision(), batchSize: count() },
  fan: ["shards"],
  defaults: { expectedDurationMs: 10 * MINUTE_MS, cpu: 4, memoryMiB: 16 * GIB_IN_MIB, diskMiB: 50 * GIB_IN_MIB, interruptible: "always" },
};
