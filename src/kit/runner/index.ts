/** The client side of the runner's protocol (`docs/runner.md`): what it leaves behind is read and judged here. */
export {
  type CheckpointRecord,
  type FoundCheckpoint,
  latestGoodCheckpoint,
  MAX_RECORD_BYTES,
  parseCheckpointRecord,
} from "./checkpoint.js";
export { manifestFailure, RUNNER_EXIT_CODES, runnerExit } from "./exit-codes.js";
export { runnerNonce, runnerToken } from "./identity.js";
export { type ExpectedManifest, MANIFEST_MARK, MAX_MANIFEST_BYTES, manifestFromLog, parseManifest } from "./manifest.js";
export { type RunnerStatus, readStatus, STATUS_PATH, type StatusQuestion } from "./status.js";
export { type TreeEntry, treeDigest } from "./tree-digest.js";
