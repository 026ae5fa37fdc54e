/** What runs in a rented container and how a launch is turned into one that starts it. Shared by the runtime; not an entry of the package. */
export { type CheckpointSlot, jobText, type RunnerOptions, type RunnerUrls, type WriteTarget } from "./job-text.js";
export { RUNNER_SCRIPT } from "./script.js";
export { INLINE_JOB_BYTES, needsJobFile, type WrapOptions, wrapLaunch } from "./wrap-launch.js";
