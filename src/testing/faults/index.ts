/** Faults to order: scripted or drawn, at any backend's verbs. */
export * from "./fault-plan.js";
export * from "./fault-port.js";
export * from "./fault-rates.js";
export { throughFaults } from "./through-faults.js";
export { type CompleteBackend, withFaults } from "./with-faults.js";
