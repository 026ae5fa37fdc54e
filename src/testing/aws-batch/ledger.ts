import { type NanoUsd, nanoUsd } from "../../model/money.js";
import type { Job } from "./job.js";

/** What a job was charged for. */
export interface JobCharge {
  readonly jobId: string;
  readonly jobName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly vcpuHours: number;
  readonly gibHours: number;
  readonly amount: NanoUsd;
}

const HOUR_MS = 3_600_000;
/** Billed by the second, a minute at least. */
const LEAST_MS = 60_000;

/** The bill of one job up to now. Only running time is billed. */
export function chargeOf(job: Job, nowMs: number): JobCharge {
  const { parts } = job;
  const ranMs = job.startedAtMs === undefined ? 0 : (job.stoppedAtMs ?? nowMs) - job.startedAtMs;
  const billedMs = job.startedAtMs === undefined ? 0 : Math.ceil(Math.max(ranMs, LEAST_MS) / 1000) * 1000;
  const gib = parts.memoryMiB / 1024;
  const usdPerHour = Math.round((parts.vcpus * (parts.queue.usdPerVcpuHour ?? 0) + gib * (parts.queue.usdPerGiBHour ?? 0)) * 1e9) / 1e9;
  return {
    jobId: parts.id,
    jobName: parts.submission.jobName,
    tags: Object.fromEntries(job.tags),
    vcpuHours: (parts.vcpus * billedMs) / HOUR_MS,
    gibHours: (gib * billedMs) / HOUR_MS,
    amount: nanoUsd((usdPerHour * billedMs) / HOUR_MS, "up"),
  };
}
