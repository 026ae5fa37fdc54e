import type { OfferedGpu } from "../offer.js";
import type { GpuRequest } from "../workload.js";
import { readGpuLabel } from "./label.js";
import { GPU_MEMORY_TOLERANCE, type GpuHint, normaliseGpu, worstRow } from "./normalise.js";
import type { GpuRow } from "./table.js";

/** Whether an offered GPU satisfies a request; `worst` is the row to plan with, absent for devices the table does not know. */
export type GpuMatch = { readonly ok: true; readonly worst?: GpuRow } | { readonly ok: false; readonly message: string };

type Normalise = (label: string, hint?: GpuHint) => readonly GpuRow[];

/** What the seller's dialect is, and which table to use instead of the shipped one. */
export interface GpuMatchOptions {
  readonly dialect?: NonNullable<GpuHint["dialect"]>;
  readonly normalise?: Normalise;
}

/**
 * Prepares a request for comparison with many offers. An ambiguous offer matches only if everything it may mean would
 * do. A device the table does not know matches only a request that does not constrain the GPU, or one that names the
 * very same unknown model and asks for no more memory than the seller states.
 */
export function gpuMatcher(request: GpuRequest, options: GpuMatchOptions = {}): (offered: OfferedGpu) => GpuMatch {
  const normalise = options.normalise ?? normaliseGpu;
  const wanted = request.models.map((model) => ({ rows: normalise(model), base: readGpuLabel(model).base }));
  const accepted = new Set(wanted.flatMap(({ rows }) => rows.map((row) => row.id)));
  const unknownModels = new Set(wanted.filter(({ rows }) => rows.length === 0).map(({ base }) => base));
  const leastGiB = (request.memoryGiB ?? 0) * (1 - GPU_MEMORY_TOLERANCE);
  const needs = `needs ${describeRequest(request)}`;

  return (offered) => {
    const no = (found: string): GpuMatch => ({ ok: false, message: `${needs}, found ${found}` });
    if (offered.count < request.count) return no(`${offered.count} x ${offered.label}`);
    const rows = normalise(offered.label, {
      ...(options.dialect ? { dialect: options.dialect } : {}),
      ...(offered.memoryGiB === undefined ? {} : { memoryGiB: offered.memoryGiB }),
    });
    const worst = worstRow(rows);
    if (!worst) {
      const constrained = request.models.length > 0 || request.memoryGiB !== undefined || request.vendor !== undefined;
      if (!constrained) return { ok: true };
      const sameName = unknownModels.has(readGpuLabel(offered.label).base) && request.vendor === undefined;
      return sameName && (offered.memoryGiB ?? 0) >= leastGiB ? { ok: true } : no(`an unknown GPU (${offered.label})`);
    }
    if (request.models.length > 0) {
      const other = rows.find((row) => !accepted.has(row.id));
      if (other) return no(rows.length > 1 ? `${offered.label}, which may be ${other.model} (${other.memoryGiB} GiB)` : other.model);
    }
    if (request.vendor !== undefined && rows.some((row) => row.vendor !== request.vendor)) return no(worst.model);
    if (worst.memoryGiB < leastGiB) return no(`${worst.memoryGiB} GiB (${worst.model})`);
    return { ok: true, worst };
  };
}

/** Compares one offered GPU with a request; see {@link gpuMatcher}, which is faster for many offers. */
export function gpuMatches(request: GpuRequest, offered: OfferedGpu, options?: GpuMatchOptions): GpuMatch {
  return gpuMatcher(request, options)(offered);
}

function describeRequest(request: GpuRequest): string {
  const model = request.models.length > 0 ? request.models.join(" or ") : `any ${request.vendor ?? ""} GPU`.replace("  ", " ");
  return `${request.count} x ${model}${request.memoryGiB === undefined ? "" : ` with ${request.memoryGiB} GiB`}`;
}
