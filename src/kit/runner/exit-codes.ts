import type { ResultManifest } from "../../model/artifact.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import { failureOf, type SerializedError } from "../../model/errors/scheduler-error.js";

/**
 * Exit codes that the runner keeps for itself. They are what a platform shows that has exit codes at all; a command may use
 * the same numbers, so a manifest, which says what failed, wins over them. Described for people in `docs/runner.md`.
 */
export const RUNNER_EXIT_CODES = {
  fetch: 80,
  digest: 81,
  outputMissing: 82,
  upload: 83,
  room: 85,
  encryption: 86,
  job: 87,
  archive: 88,
  tools: 89,
  client: 90,
  manifest: 91,
  timeout: 124,
  terminated: 143,
} as const;

const BY_CODE: Readonly<Record<number, ErrorCode>> = {
  [RUNNER_EXIT_CODES.fetch]: "STAGING_FAILED",
  [RUNNER_EXIT_CODES.digest]: "INPUT_DIGEST_MISMATCH",
  [RUNNER_EXIT_CODES.outputMissing]: "OUTPUT_MISSING",
  [RUNNER_EXIT_CODES.upload]: "STAGING_FAILED",
  [RUNNER_EXIT_CODES.room]: "STAGING_FAILED",
  [RUNNER_EXIT_CODES.encryption]: "ENCRYPTION_UNAVAILABLE",
  [RUNNER_EXIT_CODES.job]: "STAGING_FAILED",
  [RUNNER_EXIT_CODES.archive]: "IMAGE_UNSUITABLE",
  [RUNNER_EXIT_CODES.tools]: "IMAGE_UNSUITABLE",
  [RUNNER_EXIT_CODES.client]: "IMAGE_UNSUITABLE",
  [RUNNER_EXIT_CODES.manifest]: "STAGING_FAILED",
  [RUNNER_EXIT_CODES.timeout]: "WORKLOAD_TIMED_OUT",
  [RUNNER_EXIT_CODES.terminated]: "PREEMPTED",
};

/**
 * What the exit code of a container under the runner means when there is no manifest. Nothing for 0. Codes that are not the
 * runner's are the command's own: WORKLOAD_FAILED.
 */
export function runnerExit(exitCode: number): ErrorCode | undefined {
  return exitCode === 0 ? undefined : (BY_CODE[exitCode] ?? "WORKLOAD_FAILED");
}

type Stage = NonNullable<ResultManifest["failure"]>["stage"];

/** What the image lacks is told by the exit code. */
const codeOf = (stage: Stage, exitCode: number): ErrorCode =>
  stage === "setup" ? (BY_CODE[exitCode] ?? "STAGING_FAILED") : BY_STAGE[stage];

const BY_STAGE: Readonly<Record<Exclude<Stage, "setup">, ErrorCode>> = {
  fetch: "STAGING_FAILED",
  digest: "INPUT_DIGEST_MISMATCH",
  output: "OUTPUT_MISSING",
  upload: "STAGING_FAILED",
};

/** Why an attempt failed, by its manifest; nothing when it succeeded. The manifest is a claim of the node, and so is this. */
export function manifestFailure(manifest: ResultManifest): SerializedError | undefined {
  const { exitCode, failure, ended } = manifest;
  const details = { exitCode };
  if (failure !== undefined) return failureOf(codeOf(failure.stage, exitCode), `The runner gave up: ${failure.message}`, { details });
  if (ended === "timeout") return failureOf("WORKLOAD_TIMED_OUT", "The command ran longer than its timeout and was ended.", { details });
  if (ended === "signal") return failureOf("PREEMPTED", "The platform ended the container before the command was done.", { details });
  if (exitCode === 0) return undefined;
  return failureOf("WORKLOAD_FAILED", `The command ended with exit code ${exitCode}.`, { details });
}
