/** A simulated Akash: its Console API, its provider proxy, its market and its providers. */
export type {
  AkashContainerRequest,
  AkashContainerRuntime,
  AkashContainerWatcher,
  AkashExec,
  AkashExecWatcher,
  AkashRunningContainer,
  AkashVirtualContainerOptions,
} from "./containers.js";
export { akashVirtualContainers } from "./containers.js";
export type { AkashFault, AkashFaultRule, AkashOperation, AkashRefusal } from "./faults.js";
export type {
  AkashImageTrouble,
  AkashRequestEntry,
  AkashTrouble,
  SimulatedAkash,
  SimulatedAkashAccount,
  SimulatedAkashContainer,
  SimulatedAkashDeployment,
  SimulatedAkashGpu,
  SimulatedAkashLease,
  SimulatedAkashMonitor,
  SimulatedAkashOptions,
  SimulatedAkashProvider,
  SimulatedAkashProviderEntry,
} from "./options.js";
export { akashProcessContainers } from "./process-containers.js";
export { startSimulatedAkash } from "./start-simulator.js";
