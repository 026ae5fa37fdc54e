import * as z from "zod";
import { GPU_MEMORY_TOLERANCE, normaliseGpu } from "../gpu/normalise.js";
import { bad, good, type Reading } from "../reading.js";
import { readMiB } from "../units.js";
import type { GpuRequest } from "../workload.js";
import { numberIn, oneOf, reading, strict, textList, wholeIn } from "./schema.js";

const MIB_PER_GIB = 1024;
/** No device has less; a smaller number was meant in GiB. */
const LEAST_GPU_MIB = 512;

const gpuMemory = reading((value): Reading<number> => {
  const mib = readMiB(value);
  if (!mib.ok) return mib;
  return mib.value < LEAST_GPU_MIB ? bad(`is only ${mib.value} MiB; write for instance "24GiB"`) : good(mib.value / MIB_PER_GIB);
});

const gpu = z.preprocess(
  (value) => (typeof value === "string" || Array.isArray(value) ? { model: value } : value),
  strict({
    model: textList({ max: 100 }, { max: 50 }).exactOptional(),
    count: wholeIn(1, 1_024).exactOptional(),
    memory: gpuMemory.exactOptional(),
    vendor: oneOf(["nvidia", "amd", "intel"]).exactOptional(),
  })
    .transform(
      ({ model, count, memory, vendor }): GpuRequest => ({
        models: model ?? [],
        count: count ?? 1,
        ...(memory === undefined ? {} : { memoryGiB: memory }),
        ...(vendor ? { vendor } : {}),
      }),
    )
    .superRefine((request, context) => {
      const problem = contradiction(request);
      if (problem) context.addIssue({ code: "custom", message: problem });
    }),
);

/** A request that no device can ever satisfy is a mistake, not a wish. Unknown models get the benefit of the doubt. */
function contradiction({ models, memoryGiB, vendor }: GpuRequest): string | undefined {
  if (models.length === 0) return undefined;
  const rows = models.map((model) => normaliseGpu(model));
  if (rows.some((meanings) => meanings.length === 0)) return undefined;
  const least = (memoryGiB ?? 0) * (1 - GPU_MEMORY_TOLERANCE);
  if (!rows.flat().some((row) => vendor === undefined || row.vendor === vendor)) return `names only models that are not from ${vendor}`;
  if (!rows.flat().some((row) => row.memoryGiB >= least)) return `asks for ${memoryGiB} GiB, which none of the named models has`;
  return undefined;
}

const arch = oneOf(["x86_64", "arm64"], { amd64: "x86_64", x64: "x86_64", aarch64: "arm64" });

const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["cpus", "cpu"],
  ["vcpu", "cpu"],
  ["cores", "cpu"],
  ["ram", "memory"],
  ["mem", "memory"],
  ["storage", "disk"],
  ["gpus", "gpu"],
]);

export const resources = strict(
  {
    cpu: numberIn(0.01, 10_000).exactOptional(),
    memory: reading(readMiB).exactOptional(),
    disk: reading(readMiB).exactOptional(),
    gpu: gpu.exactOptional(),
    arch: arch.exactOptional(),
  },
  (key) => {
    if (key === "nodes") return "is not a known field here; it stands at the top of the workload";
    const meant = ELSEWHERE.get(key.toLowerCase());
    return meant && `is not a known field; did you mean \`${meant}\`?`;
  },
);
