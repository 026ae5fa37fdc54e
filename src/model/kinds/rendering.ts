import type { CommonInput } from "../input/common-input.js";
import type { FrameRange } from "../input/fan-schema.js";
import { count, GIB_IN_MIB, type KindSpec, label, MINUTE_MS, resolution } from "./kind-spec.js";

/** Rendering a still, or the frames of an animation. Defaults: 10 minutes a frame, 4 CPUs, 8 GiB memory, 20 GiB disk. */
export interface RenderingInput extends CommonInput {
  readonly kind: "rendering";
  /** Such as `blender 4.2`, for people and labels. */
  readonly engine?: string;
  readonly scene?: string;
  readonly resolution?: { readonly width: number; readonly height: number };
  /** Per pixel. */
  readonly samples?: number;
  /** One run per frame, both ends included; `{frame}` is replaced, `{frame:4}` with leading zeros. */
  readonly frames?: FrameRange;
}

export const rendering: KindSpec = {
  kind: "rendering",
  task: { engine: label(), scene: label(), resolution: resolution(), samples: count() },
  fan: ["frames"],
  defaults: { expectedDurationMs: 10 * MINUTE_MS, cpu: 4, memoryMiB: 8 * GIB_IN_MIB, diskMiB: 20 * GIB_IN_MIB, interruptible: "always" },
};
