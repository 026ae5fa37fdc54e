export type {
  S3FaultRule,
  S3LogEntry,
  S3Operation,
  S3ServerOptions,
  S3TestCredentials,
  S3TestFault,
  S3TestObject,
  S3TestServer,
  S3TestUpload,
} from "./s3-options.js";
export { startS3Server } from "./start-s3-server.js";
