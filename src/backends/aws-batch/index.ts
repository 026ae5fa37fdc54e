/** AWS Batch as a backend, on `@aws-sdk/client-batch`. */
export { awsBatch } from "./aws-batch.js";
export { FARGATE_GRID, type FargateSize, roundToFargate } from "./fargate-grid.js";
export type { AwsBatchOptions } from "./options.js";
export type { AwsBatchPriceApi } from "./prices/options.js";
export type { AwsBatchQueue } from "./queue-options.js";
export type { AwsBatchClient } from "./sdk-client.js";
