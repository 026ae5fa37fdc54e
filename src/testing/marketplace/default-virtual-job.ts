import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Launch } from "../../spec/launch.js";
import type { VirtualJob } from "./options.js";

const DEFAULT_DURATION_MS = 60_000;

/** Environment variables by which a launch tells the simulated market what its virtual job does. */
export const VIRTUAL_JOB_VARIABLES = {
  /** Work, ms. Default 60,000. */
  durationMs: "VIRTUAL_DURATION_MS",
  /** Default 0. */
  exitCode: "VIRTUAL_EXIT_CODE",
} as const;

/**
 * The virtual job of a launch, from its environment ({@link VIRTUAL_JOB_VARIABLES}). Each declared output becomes one
 * small text that depends on what is computed (command, environment, digests of inputs) and not on the attempt, so that
 * honest replicas agree.
 */
export function defaultVirtualJob(launch: Launch): VirtualJob {
  const durationMs = numberOf(launch, VIRTUAL_JOB_VARIABLES.durationMs, DEFAULT_DURATION_MS);
  const exitCode = numberOf(launch, VIRTUAL_JOB_VARIABLES.exitCode, 0);
  const inputs = launch.inputs.map((input) => [input.path, input.sha256 ?? ""]);
  const work = JSON.stringify([launch.image ?? "", launch.argv, Object.entries(launch.env).sort(), inputs.sort()]);
  return {
    durationMs,
    exitCode,
    // A failed command leaves nothing behind.
    outputs: exitCode === 0 ? Object.fromEntries(launch.outputs.map(({ path }) => [path, `simulated ${path} of ${work}\n`])) : {},
    logs: ["simulated command started", "simulated command ends"],
  };
}

function numberOf(launch: Launch, name: string, fallback: number): number {
  const text = launch.env[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new SchedulerError("BACKEND_REJECTED", `The simulated market needs ${name} to be a number >= 0.`, {
      details: { field: `env.${name}` },
    });
  }
  return value;
}
