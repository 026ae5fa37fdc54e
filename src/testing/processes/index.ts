/** Child processes of this machine in the place of containers, for the simulators. */
export { ChildProcess, type ChildStart, ROOT_VARIABLE } from "./child-process.js";
