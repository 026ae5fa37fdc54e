import type * as z from "zod";
import type { FanKey } from "../input/fan-schema.js";
import { numberIn, oneOf, strict, text, wholeIn } from "../input/schema.js";
import type { WorkloadKind } from "../workload.js";

/** What one kind adds to the common part of a workload, and what it assumes where the caller says nothing. */
export interface KindSpec {
  readonly kind: WorkloadKind;
  /** Fields of this kind alone; they end up in `workload.task`. */
  readonly task: Readonly<Record<string, z.ZodType>>;
  /** Ways in which this kind becomes several runs. */
  readonly fan: readonly FanKey[];
  readonly defaults: KindDefaults;
}

export interface KindDefaults {
  readonly expectedDurationMs: number;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  /** Whether work that is not interactive may be reclaimed: always, or only if it can resume from a checkpoint. */
  readonly interruptible: "always" | "with-checkpoint";
}

export const MINUTE_MS = 60_000;
export const GIB_IN_MIB = 1_024;

export const PRECISIONS = ["fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "fp4", "int8", "int4"] as const;
/** Arithmetic in which a model runs. */
export type Precision = (typeof PRECISIONS)[number];

/** Fields that several kinds share. */
export const label = () => text({ max: 256 }).exactOptional();
export const precision = () => oneOf(PRECISIONS).exactOptional();
export const count = () => wholeIn(1, 1e12).exactOptional();
export const amount = () => numberIn(0, 1e12).exactOptional();
export const resolution = () => strict({ width: wholeIn(1, 1_000_000), height: wholeIn(1, 1_000_000) }).exactOptional();
