/** Who sends requests in the client's name. */
export interface BatchClientAuth {
  /** Sends one request, as `gaxios` takes it. */
  request(options: object): Promise<{ readonly data?: unknown }>;
}

/**
 * The part of `BatchServiceClient` of `@google-cloud/batch` that this backend uses. Written down here so that the package's types are not
 * needed where it is not installed. Answers are parsed, so nothing is assumed about them.
 */
export interface BatchClient {
  /** Loads the credentials. Its rejection must be handled before any other method is called: see `open-client.ts`. */
  initialize(): Promise<unknown>;
  /** Makes a job. */
  createJob(request: object, options: object): Promise<readonly unknown[]>;
  /** Reads a job. */
  getJob(request: object, options: object): Promise<readonly unknown[]>;
  /** Reads a task. */
  getTask(request: object, options: object): Promise<readonly unknown[]>;
  /** Lists jobs. */
  listJobs(request: object, options: object): Promise<readonly unknown[]>;
  /** Asks for a job's deletion. */
  deleteJob(request: object, options: object): Promise<readonly unknown[]>;
  /** Sends a request with the client's credentials; needed for logs only. A `GoogleAuth` fits as it is. */
  readonly auth?: BatchClientAuth;
  /** Ends the connection. */
  close(): Promise<void>;
}
