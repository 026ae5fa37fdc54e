/** Artifacts in S3 and in services that speak its protocol. */
export type { StorePrices } from "../../kit/objects/index.js";
export type { S3Credentials, S3Options, S3Signer, S3SignRequest } from "./s3-options.js";
export { s3 } from "./s3-store.js";
