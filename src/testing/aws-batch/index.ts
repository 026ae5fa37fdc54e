/** AWS Batch on loopback, for tests and for trying things out without an account. */
export { AWS_BATCH_FAULTS, type AwsBatchFault, type AwsBatchFaultControl } from "./faults.js";
export type { JobStatus as AwsBatchJobStatus } from "./job.js";
export type { JobCharge as AwsBatchJobCharge } from "./ledger.js";
export type {
  AwsBatchSimulatorOptions,
  SimulatedQueue as AwsBatchSimulatedQueue,
  SimulatedTimes as AwsBatchSimulatedTimes,
} from "./options.js";
export {
  type AwsBatchSimulator,
  type RecordedRequest as AwsBatchRecordedRequest,
  type SimulatedJob as AwsBatchSimulatedJob,
  startAwsBatchSimulator,
} from "./simulator.js";
