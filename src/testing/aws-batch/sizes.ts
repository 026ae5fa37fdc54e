import { clientFailure } from "./failure.js";

interface Requirement {
  readonly type: "VCPU" | "MEMORY" | "GPU";
  readonly value: string;
}

/** Fargate's sizes as the service lists them: least and most MiB of memory, and the step between them. */
const FARGATE: Readonly<Record<string, readonly number[] | { readonly least: number; readonly most: number; readonly step: number }>> = {
  "0.25": [512, 1024, 2048],
  "0.5": { least: 1024, most: 4096, step: 1024 },
  "1": { least: 2048, most: 8192, step: 1024 },
  "2": { least: 4096, most: 16384, step: 1024 },
  "4": { least: 8192, most: 30720, step: 1024 },
  "8": { least: 16384, most: 61440, step: 4096 },
  "16": { least: 32768, most: 122880, step: 8192 },
  "32": [61440, 122880, 249856],
};

/** True when Fargate sells the size. */
export function isFargateSize(vcpus: string, memoryMiB: number): boolean {
  const memories = FARGATE[vcpus];
  if (memories === undefined) return false;
  if (Array.isArray(memories)) return memories.includes(memoryMiB);
  const { least, most, step } = memories as { readonly least: number; readonly most: number; readonly step: number };
  return memoryMiB >= least && memoryMiB <= most && (memoryMiB - least) % step === 0;
}

/** What a job gets, from its definition and what the submission overrides. @throws a ClientException for sizes that the platform refuses. */
export function sizeOf(
  platform: "ec2" | "fargate",
  definition: readonly Requirement[],
  overrides: readonly Requirement[],
): { readonly vcpus: number; readonly memoryMiB: number; readonly gpus: number } {
  const values = new Map([...definition, ...overrides].map(({ type, value }) => [type, value]));
  const vcpuText = values.get("VCPU");
  const memoryMiB = Number(values.get("MEMORY"));
  if (vcpuText === undefined || !Number.isInteger(memoryMiB)) throw clientFailure("Container properties must have VCPU and MEMORY.");
  const vcpus = Number(vcpuText);
  const gpus = Number(values.get("GPU") ?? 0);
  if (platform === "fargate") {
    if (gpus > 0) throw clientFailure("GPU is not supported on Fargate.");
    if (!isFargateSize(vcpuText, memoryMiB))
      throw clientFailure(`Fargate resource requirements (${vcpuText} vCPU, ${memoryMiB} MiB) not valid.`);
  } else if (!Number.isInteger(vcpus) || vcpus < 1 || memoryMiB < 4) {
    throw clientFailure("VCPU must be a whole number of at least 1, and MEMORY at least 4.");
  }
  return { vcpus, memoryMiB, gpus };
}
