/** A simulated io.net: {@link startIoNetSimulator}. */
export type {
  ContainerRequest,
  ContainerRuntime,
  ContainerWatcher,
  RunningContainer,
  VirtualContainerOptions,
} from "./containers.js";
export { virtualContainers } from "./containers.js";
export type { IoNetFault, IoNetFaultRule, IoNetOperation } from "./faults.js";
export type {
  IoNetRequestEntry,
  IoNetSimulator,
  IoNetSimulatorOptions,
  SimulatedHardware,
  SimulatedIoNetDeployment,
  SimulatedPlace,
} from "./options.js";
export { processContainers as ioNetProcessContainers } from "./process-containers.js";
export { startIoNetSimulator } from "./start-simulator.js";
