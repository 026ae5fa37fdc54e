/** Child processes that outlive their parent and leave nothing behind. For backends and simulators that run commands on this machine. */
export { minimalEnvironment, type PrivateDirectories } from "./environment.js";
export { type FollowOptions, followOutput } from "./follow-output.js";
export { identifyProcess, isRunning, type ProcessIdentity, type ProcessSource, processSource } from "./identity.js";
export { readJsonFile, writeJsonFile, writeJsonFileOnce } from "./json-file.js";
export { pause } from "./pause.js";
export { type ProcessState, readProcessState } from "./process-state.js";
export { carriersOf, type Marker, membersOfGroup } from "./process-table.js";
export { type CommandRecord, type ExitRecord, RECORD_FILES } from "./records.js";
export { type CommandOptions, type CommandResult, runCommand } from "./run-command.js";
export { type ProcessRequest, startProcess } from "./start-process.js";
export { type StopOptions, stopProcess } from "./stop-process.js";
