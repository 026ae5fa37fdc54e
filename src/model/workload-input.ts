/**
 * What a caller may write, and {@link parseWorkload}, the one border where it becomes a {@link Workload}: every unit
 * resolved, every default filled, everything checked. Behind this border types are trusted.
 */

import { SchedulerError } from "./errors/scheduler-error.js";
import { buildWorkload } from "./input/build-workload.js";
import { axesOf, expand } from "./input/fan-out.js";
import { copyPlain } from "./input/plain-data.js";
import { refuse } from "./input/problem.js";
import { problemsOf, strict } from "./input/schema.js";
import { readKind, topLevelSchema } from "./input/top-level.js";
import { type BatchInput, batch } from "./kinds/batch.js";
import { type InferenceInput, inference } from "./kinds/inference.js";
import type { KindSpec } from "./kinds/kind-spec.js";
import { type ProvingInput, proving } from "./kinds/proving.js";
import { type RenderingInput, rendering } from "./kinds/rendering.js";
import { type SimulationInput, simulation } from "./kinds/simulation.js";
import { type TrainingInput, training } from "./kinds/training.js";
import type { NanoUsd } from "./money.js";
import { WORKLOAD_KINDS, type Workload, type WorkloadKind } from "./workload.js";

/** A workload as a caller writes it. `kind` chooses the fields beyond the common ones; absent, it is `batch`. */
export type WorkloadInput = BatchInput | InferenceInput | TrainingInput | RenderingInput | ProvingInput | SimulationInput;

type Requiring<W, K extends keyof W> = W & { readonly [Key in K]-?: NonNullable<W[Key]> };

/** A workload that becomes several runs, accepted together as a group. */
export type FanOutInput =
  | Requiring<BatchInput, "shards">
  | Requiring<InferenceInput, "shards">
  | Requiring<ProvingInput, "shards">
  | Requiring<TrainingInput, "shards">
  | Requiring<TrainingInput, "seeds">
  | Requiring<TrainingInput, "sweep">
  | Requiring<RenderingInput, "frames">
  | Requiring<SimulationInput, "seeds">
  | Requiring<SimulationInput, "sweep">;

type NoFan = { readonly shards?: never; readonly frames?: never; readonly seeds?: never; readonly sweep?: never };

/** A workload that becomes exactly one run. */
export type SingleWorkloadInput = WorkloadInput & NoFan;

/** `true` if W certainly becomes a group, `false` if it certainly becomes one run, `boolean` if its type leaves that open. */
export type IsFanOut<W extends WorkloadInput> = W extends FanOutInput
  ? true
  : Extract<keyof W, keyof NoFan> extends never
    ? false
    : W extends NoFan
      ? false
      : boolean;

/** What parsing answers. */
export type ParsedWorkload =
  | { readonly kind: "single"; readonly workload: Workload }
  | {
      readonly kind: "fan-out";
      /** In order of `fan.index`; at least one. */
      readonly workloads: readonly Workload[];
      /** The caller's name for the whole. */
      readonly name?: string;
      /** The caller's `maxCost`: for all members together, so no member carries one of its own. */
      readonly maxCost?: NanoUsd;
    };

const SPECS: Readonly<Record<WorkloadKind, KindSpec>> = { batch, inference, training, rendering, proving, simulation };
const SCHEMAS = WORKLOAD_KINDS.map((kind) => ({
  kind,
  common: topLevelSchema(SPECS[kind], Object.values(SPECS)),
  task: strict(SPECS[kind].task),
}));

/**
 * Parses whatever a caller handed over. Never throws anything but a {@link SchedulerError}, whatever the input does
 * when it is looked at, and keeps no reference to it.
 *
 * @throws INVALID_WORKLOAD with the first problem in the message and its path in `details.field`, all of them in
 *   `details.issues`; UNSUPPORTED_WORKLOAD for several machines working on one run
 */
export function parseWorkload(input: unknown): ParsedWorkload {
  const copy = copyPlain(input);
  refuse(copy.problems);
  const { kind, members } = readKind(copy.value);
  const spec = SPECS[kind];
  const schema = SCHEMAS.find((each) => each.kind === kind);
  if (!schema) throw new SchedulerError("INVARIANT_BROKEN", `No schema for the kind ${kind}.`);
  const ofKind = Object.entries(members).filter(([key]) => Object.hasOwn(spec.task, key));
  const ofAll = Object.entries(members).filter(([key]) => !Object.hasOwn(spec.task, key));
  const common = schema.common.safeParse(Object.fromEntries(ofAll));
  const task = schema.task.safeParse(Object.fromEntries(ofKind));
  if (!common.success || !task.success) {
    refuse([...(common.error ? problemsOf(common.error, members) : []), ...(task.error ? problemsOf(task.error, members) : [])]);
    throw new SchedulerError("INVARIANT_BROKEN", "A workload was refused without a reason.");
  }
  if ((common.data.nodes ?? 1) > 1) {
    throw new SchedulerError(
      "UNSUPPORTED_WORKLOAD",
      `\`nodes\` asks for ${common.data.nodes} machines that work together; this version places each run on one machine. ` +
        "Split the work with `shards`, or ask for more CPUs or GPUs on one machine in `resources`.",
      { details: { field: "nodes" } },
    );
  }
  const built = buildWorkload(common.data, task.data, spec);
  refuse(built.problems);
  const axes = axesOf(common.data);
  if (axes.length === 0) return { kind: "single", workload: built.workload };
  const { maxCost, ...template } = built.workload;
  const { members: workloads, problems } = expand(template, axes);
  refuse(problems);
  const { name } = built.workload;
  return { kind: "fan-out", workloads, ...(name === undefined ? {} : { name }), ...(maxCost === undefined ? {} : { maxCost }) };
}
