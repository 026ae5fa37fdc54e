export type { CommandExecution, RunningCommand, SimulatedCommand } from "./execution.js";
export { virtualCommands } from "./execution.js";
export type { GcpBatchFault, GcpBatchFaultRule, GcpBatchMethod } from "./faults.js";
export type { GcpBatchSimulator, GcpBatchSimulatorOptions, SimulatedGcpJob } from "./options.js";
export { processCommands } from "./process-commands.js";
export { startGcpBatchSimulator } from "./start-simulator.js";
