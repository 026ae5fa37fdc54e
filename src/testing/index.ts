/**
 * `spillway/testing`: virtual time, seeded randomness, a simulated market and faults to order, for tests of your own
 * backends, policies and code that schedules.
 */

export * from "./akash/index.js";
export * from "./aws-batch/index.js";
export { silentLogger, TEST_NAMESPACE, type TestCallContext, testCallContext } from "./call-context.js";
export {
  type FaultInjectingFetch,
  type FaultInjectingFetchOptions,
  type FetchFault,
  type FetchRate,
  type FetchRecord,
  type FetchRule,
  faultInjectingFetch,
} from "./fault-injecting-fetch.js";
export * from "./faults/index.js";
export * from "./gcp-batch/index.js";
export * from "./golem/index.js";
export type { HttpFault } from "./http/http-fault.js";
export * from "./io-net/index.js";
export * from "./marketplace/index.js";
export { type MemoryArtifacts, memoryArtifacts } from "./memory-artifacts.js";
export type { Range } from "./range.js";
export * from "./s3/index.js";
export { identityRandom, type SeededRandom, seededRandom } from "./seeded-random.js";
export { createVirtualHost, type DriveLimit, type PendingTimer, type VirtualHost, type VirtualHostOptions } from "./virtual-host.js";
