/** Google Cloud Batch as a backend, through `@google-cloud/batch`. */
export type { BatchClient, BatchClientAuth } from "./batch-client.js";
export { gcpBatch } from "./gcp-batch.js";
export type { GcpBatchGpu, GcpBatchNetwork, GcpBatchOptions, GcpBatchShape } from "./options.js";
