import type { CommonInput } from "../input/common-input.js";
import type { SeedsInput, SweepInput } from "../input/fan-schema.js";
import { count, GIB_IN_MIB, type KindSpec, label, MINUTE_MS, type Precision, precision } from "./kind-spec.js";

/**
 * Training or fine-tuning on one machine. Defaults: 4 hours, 8 CPUs, 32 GiB memory, 100 GiB disk; interruptible only
 * with a `checkpoint`, since a reclaim would lose everything.
 */
export interface TrainingInput extends CommonInput {
  readonly kind: "training";
  /** The model's name, for people and labels. */
  readonly model?: string;
  readonly dataset?: string;
  readonly framework?: string;
  readonly precision?: Precision;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batchSize?: number;
  /** Makes so many independent runs (folds of a cross-validation): `{shard}` from 0, `{shards}`. */
  readonly shards?: number;
  /** One run per seed, `{seed}`. */
  readonly seeds?: SeedsInput;
  /** One run per combination of parameters; each is replaced by its name in braces. */
  readonly sweep?: SweepInput;
}

export const training: KindSpec = {
  kind: "training",
  task: {
    model: label(),
    dataset: label(),
    framework: label(),
    precision: precision(),
    epochs: count(),
    steps: count(),
    batchSize: count(),
  },
  fan: ["shards", "seeds", "sweep"],
  defaults: {
    expectedDurationMs: 240 * MINUTE_MS,
    cpu: 8,
    memoryMiB: 32 * GIB_IN_MIB,
    diskMiB: 100 * GIB_IN_MIB,
    interruptible: "with-checkpoint",
  },
};
