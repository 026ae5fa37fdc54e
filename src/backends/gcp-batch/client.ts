import { collectAll, paginate } from "../../kit/paginate.js";
import { createRedactor } from "../../kit/redact.js";
import { createSdk } from "../../kit/sdk.js";
import type { CallContext } from "../../spec/call-context.js";
import type { BatchClient } from "./batch-client.js";
import { gcpBatchErrors, isAlreadyThere, isMissing, isWrongState } from "./errors.js";
import type { OpenClient } from "./open-client.js";
import { PAGE_SIZE } from "./unverified.js";
import { type Job, jobSchema, pageSchema, parseAnswer, type Task, taskSchema } from "./wire.js";

/** Longest time for one request, ms. Changes are usually answered within a second. */
const TIMEOUT_MS = 20_000;

/** A job to be made. */
export interface JobOrder {
  readonly parent: string;
  readonly jobId: string;
  readonly requestId: string;
  readonly job: object;
  /** Values that must not come back in an error. */
  readonly secrets: readonly string[];
}

/** One function for each request. */
export interface Batch {
  /** Makes sure that there is a client with credentials. @throws DEPENDENCY_MISSING, BACKEND_AUTH_FAILED */
  ready(call: CallContext): Promise<void>;
  /** `exists`: a job of the id is there already. */
  createJob(call: CallContext, order: JobOrder): Promise<"created" | "exists">;
  getJob(call: CallContext, name: string): Promise<Job | undefined>;
  /** The only task of a job; nothing when the job never had one. */
  getTask(call: CallContext, jobName: string): Promise<Task | undefined>;
  /** Every job that fits, of all pages. @throws BACKEND_UNAVAILABLE when a part of the region could not be asked. */
  listJobs(call: CallContext, parent: string, filter: string): Promise<readonly Job[]>;
  /** `busy`: the job is being deleted already. */
  deleteJob(call: CallContext, name: string): Promise<"accepted" | "missing" | "busy">;
  close(): Promise<void>;
}

/** Makes the requests of one backend, under the kit's rules for SDKs. */
export function createBatch(backend: string, client: OpenClient): Batch {
  const sdk = createSdk({ backend, errors: gcpBatchErrors, timeoutMs: TIMEOUT_MS + 1_000, concurrency: 32 });
  /** New for each call: the SDK writes into them. Its own retries are off, since ours know about deadlines and effects. */
  const settings = (): object => ({ timeout: TIMEOUT_MS, retry: null });
  const read = <T>(call: CallContext, what: string, work: (batch: BatchClient) => Promise<T>): Promise<T> =>
    sdk.read(call, what, async () => work(await client.get()));

  return {
    ready: (call) => read(call, "load its client", async () => undefined),

    async createJob(call, { parent, jobId, requestId, job, secrets }) {
      const what = "create the job";
      // Before the write: what fails here has certainly had no effect.
      const batch = await read(call, what, async (ready) => ready);
      const redactor = createRedactor();
      for (const secret of secrets) redactor.add(secret);
      return sdk.write(call, what, async () => {
        try {
          const [answer] = await batch.createJob({ parent, jobId, requestId, job }, settings());
          parseAnswer(jobSchema, answer, { backend, what, safe: false });
          return "created";
        } catch (error) {
          if (isAlreadyThere(error)) return "exists";
          throw withoutSecrets(error, redactor.excerpt);
        }
      });
    },

    getJob: (call, name) =>
      read(call, "read the job", async (batch) => {
        const answer = await orNothing(batch.getJob({ name }, settings()));
        return answer === undefined ? undefined : parseAnswer(jobSchema, answer[0], { backend, what: "read the job", safe: true });
      }),

    getTask: (call, jobName) =>
      read(call, "read the task", async (batch) => {
        const answer = await orNothing(batch.getTask({ name: `${jobName}/taskGroups/group0/tasks/0` }, settings()));
        return answer === undefined ? undefined : parseAnswer(taskSchema, answer[0], { backend, what: "read the task", safe: true });
      }),

    listJobs: (call, parent, filter) =>
      collectAll(
        paginate<Job>(
          (pageToken) =>
            read(call, "list the jobs", async (batch) => {
              const request = { parent, filter, pageSize: PAGE_SIZE, ...(pageToken === undefined ? {} : { pageToken }) };
              const [, , answer] = await batch.listJobs(request, { ...settings(), autoPaginate: false });
              const page = parseAnswer(pageSchema, answer, { backend, what: "list the jobs", safe: true });
              if (page.unreachable.length > 0) throw Object.assign(new Error("a part of the region could not be asked"), { code: 14 });
              return { items: page.jobs, next: page.nextPageToken ?? undefined };
            }),
          { backend, what: "the jobs" },
        ),
      ),

    async deleteJob(call, name) {
      const batch = await read(call, "delete the job", async (ready) => ready);
      return sdk.write(call, "delete the job", async () => {
        try {
          await batch.deleteJob({ name, reason: "released" }, settings());
          return "accepted";
        } catch (error) {
          if (isMissing(error)) return "missing";
          if (isWrongState(error)) return "busy";
          throw error;
        }
      });
    },

    close: () => client.close(),
  };
}

async function orNothing(asked: Promise<readonly unknown[]>): Promise<readonly unknown[] | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The service may quote the job that it refuses. */
function withoutSecrets(error: unknown, clean: (text: string) => string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const { code } = error;
  const details: unknown = "statusDetails" in error ? error.statusDetails : undefined;
  return Object.assign(new Error(clean(error.message)), { code, statusDetails: details });
}
