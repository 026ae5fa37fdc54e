/**
 * The part of `BatchServiceClient` of `@google-cloud/batch` that this backend uses. Written down here so that the package's types are not
 * needed where it is not installed. Answers are parsed, so nothing is assumed about them.
 */
export interface BatchClient {
  /** Loads the credentials. Its rejection must be handled before any other method is called: see `open-client.ts`. */
  initialize(): Promise<unknown>;
  createJob(request: object, options: object): Promise<readonly unknown[]>;
  getJob(request: object, options: object): Promise<readonly unknown[]>;
  getTask(request: object, options: object): Promise<readonly unknown[]>;
  listJobs(request: object, options: object): Promise<readonly unknown[]>;
  deleteJob(request: object, options: object): Promise<readonly unknown[]>;
  close(): Promise<void>;
}
