export { backendConformance } from "./backend-conformance.js";
export { FAULTS, type Fault, type FaultControl, type FaultyVerb } from "./fault-control.js";
export type {
  BackendConformanceSetup,
  BackendUnderTest,
  ConformanceContainers,
  ConformanceLaunches,
  ConformanceLimits,
  ContainersUnderTest,
  ReceivedLaunch,
} from "./setup.js";
