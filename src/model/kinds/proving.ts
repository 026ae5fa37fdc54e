import type { CommonInput } from "../input/common-input.js";
import { amount, GIB_IN_MIB, type KindSpec, label, MINUTE_MS } from "./kind-spec.js";

/** Making a zero-knowledge proof. Defaults: 15 minutes, 8 CPUs, 32 GiB memory, 20 GiB disk. */
export interface ProvingInput extends CommonInput {
  readonly kind: "proving";
  /** Such as `groth16`, `plonk`, `risc0`, `sp1`. */
  readonly system?: string;
  readonly circuit?: string;
  /** Constraints or cycles, for people and estimates. */
  readonly size?: number;
  /** Makes so many runs, one per segment: `{shard}` from 0, `{shards}`. */
  readonly shards?: number;
}

export const proving: KindSpec = {
  kind: "proving",
  task: { system: label(), circuit: label(), size: amount() },
  fan: ["shards"],
  defaults: { expectedDurationMs: 15 * MINUTE_MS, cpu: 8, memoryMiB: 32 * GIB_IN_MIB, diskMiB: 20 * GIB_IN_MIB, interruptible: "always" },
};
