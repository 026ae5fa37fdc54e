/** A simulated yagna, the daemon of the Golem Network, with providers behind it: {@link startSimulatedYagna}. */
export type {
  GolemCommand,
  GolemCommandWatcher,
  GolemMachine,
  GolemMachineRequest,
  GolemRuntime,
  PlayedCommand,
  RunningGolemCommand,
} from "./exe-unit-runtime.js";
export type { GolemFault, GolemFaultRule } from "./faults.js";
export type { GolemOperation } from "./operations.js";
export type {
  AgreementLedger,
  GolemRequestEntry,
  RestartOptions,
  SimulatedActivity,
  SimulatedAgreement,
  SimulatedAllocation,
  SimulatedYagna,
  SimulatedYagnaOptions,
  YagnaDelays,
} from "./options.js";
export { processGolemRuntime } from "./process-runtime.js";
export type {
  ProviderBreakCode,
  ProviderHabits,
  SimulatedGolemImage,
  SimulatedGolemProvider,
  UsageCounter,
} from "./provider-options.js";
export { startSimulatedYagna } from "./start-simulated-yagna.js";
export { type VirtualGolemRuntimeOptions, virtualGolemRuntime } from "./virtual-runtime.js";
