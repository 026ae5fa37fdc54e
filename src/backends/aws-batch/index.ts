/** AWS Batch as a backend, on `@aws-sdk/client-batch`. */
export { awsBatch } from "./aws-batch.js";
export { FARGATE_GRID, type FargateSize, roundToFargate } from "./fargate-grid.js";
export type { AwsBatchClient, AwsBatchOptions, AwsBatchQueue } from "./options.js";
