export { backendConformance } from "./backend-conformance.js";
export { FAULTS, type Fault, type FaultControl, type FaultyVerb } from "./fault-control.js";
export type {
  BackendConformanceSetup,
  BackendUnderTest,
  ConformanceLaunches,
  ConformanceLimits,
  ReceivedLaunch,
} from "./setup.js";
