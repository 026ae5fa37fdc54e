import { SchedulerError } from "../model/errors/scheduler-error.js";
import { type NanoUsd, parseUsd } from "../model/money.js";
import type { Workload } from "../model/workload.js";
import { parseWorkload, type WorkloadInput } from "../model/workload-input.js";
import type { Acceptance } from "./accept.js";
import { withFileUris } from "./file-uris.js";
import type { GroupOptions } from "./schedule-options.js";

/** Workloads to be accepted together; `fanOut` is set when they make a group. */
export interface ToAccept {
  readonly workloads: readonly Workload[];
  readonly fanOut?: { readonly name?: string; readonly maxCost?: NanoUsd };
}

/** What a caller wrote, parsed. @throws INVALID_WORKLOAD, UNSUPPORTED_WORKLOAD */
export function toAccept(input: unknown): ToAccept {
  const parsed = parseWorkload(input);
  if (parsed.kind === "single") return { workloads: [withFileUris(parsed.workload)] };
  return { workloads: parsed.workloads.map(withFileUris), fanOut: parsed };
}

/** Several workloads as one group: those that fan out bring all their members. @throws INVALID_WORKLOAD, UNSUPPORTED_WORKLOAD */
export function allToAccept(inputs: readonly WorkloadInput[]): ToAccept {
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw new SchedulerError("INVALID_WORKLOAD", "scheduleAll needs a list of at least one workload.", { details: { field: "workloads" } });
  }
  const workloads: Workload[] = [];
  for (const [index, input] of inputs.entries()) {
    try {
      const { workloads: members, fanOut } = toAccept(input);
      if (fanOut?.maxCost !== undefined) {
        throw new SchedulerError(
          "INVALID_WORKLOAD",
          "A fan-out within scheduleAll has no cap of its own: give `maxCost` to scheduleAll, for all members together.",
          { details: { field: "maxCost" } },
        );
      }
      workloads.push(...members);
    } catch (thrown) {
      throw inMember(thrown, index);
    }
  }
  return { workloads, fanOut: {} };
}

/** What is accepted, with all that the caller asked for. @throws INVALID_WORKLOAD */
export function acceptanceOf({ workloads, fanOut }: ToAccept, options: GroupOptions): Acceptance {
  return {
    workloads,
    ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
    ...(options.tx === undefined ? {} : { tx: options.tx }),
    ...(fanOut === undefined ? {} : { group: groupOf(fanOut, options) }),
  };
}

function groupOf(fanOut: NonNullable<ToAccept["fanOut"]>, options: GroupOptions): NonNullable<Acceptance["group"]> {
  const name = options.name ?? fanOut.name;
  const maxCost = options.maxCost === undefined ? fanOut.maxCost : parseUsd(options.maxCost, "maxCost");
  const { parallelism } = options;
  if (parallelism !== undefined && (!Number.isInteger(parallelism) || parallelism < 1)) {
    throw new SchedulerError("INVALID_WORKLOAD", `\`parallelism\` must be a whole number >= 1, got ${String(parallelism)}.`, {
      details: { field: "parallelism" },
    });
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(parallelism === undefined ? {} : { parallelism }),
    onFailure: options.onFailure ?? "continue",
    ...(maxCost === undefined ? {} : { maxCost }),
  };
}

function inMember(thrown: unknown, index: number): unknown {
  if (!SchedulerError.isInstance(thrown)) return thrown;
  const field = thrown.details.field;
  return new SchedulerError(thrown.code, `Workload ${index}: ${thrown.message}`, {
    cause: thrown,
    details: { ...thrown.details, field: `workloads.${index}${field === undefined ? "" : `.${field}`}` },
  });
}
