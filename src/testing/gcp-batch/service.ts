import type { Host } from "../../spec/host.js";
import { jobAnswer, taskAnswer } from "./answers.js";
import { checkJob, type PlainJob } from "./check-request.js";
import type { GcpBatchMethod } from "./faults.js";
import { GrpcFailure, STATUS } from "./grpc-failure.js";
import { parseJobFilter } from "./job-filter.js";
import type { Protocol } from "./protocol.js";
import { type JobWorld, SimulatedJob } from "./simulated-job.js";

/** Requests may have 1 MB. */
const MOST_REQUEST_BYTES = 1_000_000;
/** Tokens of pages are opaque; these hold where the next one begins. */
const TOKEN = "page-";

/** Fields of requests, as the decoded messages have them. */
export interface AnyRequest {
  readonly parent?: string;
  readonly name?: string;
  readonly jobId?: string;
  readonly requestId?: string;
  readonly job?: object | null;
  readonly filter?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** How the service behaves. */
export interface ServiceHabits {
  readonly project: string;
  readonly location: string;
  readonly visibilityMs: number;
  readonly requestIdMs: number;
  readonly pageSize: number;
  readonly deniedPermissions: readonly string[];
}

const PERMISSION: Readonly<Record<GcpBatchMethod, string>> = {
  createJob: "batch.jobs.create",
  getJob: "batch.jobs.get",
  listJobs: "batch.jobs.list",
  deleteJob: "batch.jobs.delete",
  cancelJob: "batch.jobs.cancel",
  getTask: "batch.tasks.get",
  listTasks: "batch.tasks.list",
};

/** The jobs of one project and location, and what the service's methods do with them. */
export class BatchService {
  /** By id; deleted ones are taken out once they are gone. */
  readonly jobs = new Map<string, SimulatedJob>();
  /** Every job that was made. */
  readonly all: SimulatedJob[] = [];
  readonly parent: string;
  readonly #habits: ServiceHabits;
  readonly #world: JobWorld;
  readonly #protocol: Protocol;
  readonly #requestIds = new Map<string, { readonly job: SimulatedJob; readonly atMs: number }>();

  constructor(habits: ServiceHabits, world: JobWorld, protocol: Protocol) {
    this.#habits = habits;
    this.#world = world;
    this.#protocol = protocol;
    this.parent = `projects/${habits.project}/locations/${habits.location}`;
  }

  /** Carries a request out and answers its message. @throws GrpcFailure */
  perform(method: GcpBatchMethod, request: AnyRequest): object {
    this.#checkPlace(request.parent ?? request.name ?? "");
    this.#allow(PERMISSION[method]);
    switch (method) {
      case "createJob":
        return this.#show(this.#create(request));
      case "getJob":
        return this.#show(this.#find(request.name ?? "", { readable: true }));
      case "listJobs":
        return this.#list(request);
      case "getTask":
        return this.#task(request.name ?? "");
      case "listTasks":
        return this.#protocol.batch.ListTasksResponse.fromObject({ tasks: [this.#task(`${request.parent}/tasks/0`)] });
      case "deleteJob":
        this.#find(request.name ?? "").delete();
        return this.#operation(request.name ?? "", "delete");
      case "cancelJob":
        return this.#cancel(request.name ?? "");
    }
  }

  /** An operation on a job: done once the job is where it was to go. */
  operation(name: string): object {
    const [, verb, id = ""] = /operations\/(delete|cancel)-(.*)$/.exec(name) ?? [];
    if (verb === undefined) throw new GrpcFailure(STATUS.notFound, "Operation not found.");
    const job = this.#present(id);
    const done = job === undefined || (verb === "cancel" && job.state === "CANCELLED");
    return this.#protocol.longrunning.Operation.fromObject({ name, done });
  }

  #create({ parent, jobId = "", requestId = "", job }: AnyRequest): SimulatedJob {
    if (parent !== this.parent) throw new GrpcFailure(STATUS.invalidArgument, "Parent is invalid.");
    const earlier = this.#requestIds.get(requestId);
    if (earlier !== undefined && this.#host.now() - earlier.atMs < this.#habits.requestIdMs) return earlier.job;
    this.#allow("iam.serviceAccounts.actAs");
    const { Job } = this.#protocol.batch;
    const message = Job.fromObject(job ?? {});
    if (Job.encode(message).finish().length > MOST_REQUEST_BYTES)
      throw new GrpcFailure(STATUS.invalidArgument, "Request payload size exceeds the limit.");
    const plain: PlainJob = Job.toObject(message, { enums: String, longs: Number });
    const uid = `${jobId.slice(0, 20)}-${this.#host.randomHex(4)}-${this.all.length}`;
    const spec = checkJob(plain, { jobId, requestId, uid }, this.#habits.location);
    if (this.#present(jobId) !== undefined)
      throw new GrpcFailure(STATUS.alreadyExists, `Resource '${this.parent}/jobs/${jobId}' already exists.`);
    const made = new SimulatedJob(spec, this.#world);
    this.jobs.set(jobId, made);
    this.all.push(made);
    if (requestId !== "") this.#requestIds.set(requestId, { job: made, atMs: this.#host.now() });
    return made;
  }

  #list({ parent, filter = "", pageSize = 0, pageToken = "" }: AnyRequest): object {
    if (parent !== this.parent) throw new GrpcFailure(STATUS.invalidArgument, "Parent is invalid.");
    const holds = parseJobFilter(filter);
    const from = pageToken === "" ? 0 : Number(pageToken.slice(TOKEN.length));
    if (!Number.isInteger(from) || from < 0) throw new GrpcFailure(STATUS.invalidArgument, "Page token is invalid.");
    const most = Math.min(pageSize > 0 ? pageSize : this.#habits.pageSize, this.#habits.pageSize);
    const { all } = this;
    const page: SimulatedJob[] = [];
    // A token is a position among all jobs, so that a page costs what is on it and not what is behind it.
    let next = from;
    for (; next < all.length; next++) {
      const job = all[next];
      if (job === undefined || this.#isGone(job) || !this.#isReadable(job)) continue;
      if (!holds({ labels: job.spec.labels, state: job.state, createdAtMs: job.createdAtMs })) continue;
      if (page.length === most) break;
      page.push(job);
    }
    return this.#protocol.batch.ListJobsResponse.fromObject({
      jobs: page.map((job) => this.#show(job)),
      nextPageToken: next < all.length ? `${TOKEN}${next}` : "",
    });
  }

  #task(name: string): object {
    const match = /^(.*\/jobs\/[^/]+)\/taskGroups\/group0\/tasks\/0$/.exec(name);
    const job = match === null ? undefined : this.#find(match[1] ?? "", { readable: true });
    if (job?.taskState === undefined) throw new GrpcFailure(STATUS.notFound, `Resource '${name}' was not found.`);
    return taskAnswer(this.#protocol, this.parent, job);
  }

  #cancel(name: string): object {
    const job = this.#find(name);
    if (["SUCCEEDED", "FAILED", "CANCELLED"].includes(job.state)) throw new GrpcFailure(STATUS.failedPrecondition, "The job has finished.");
    job.cancel();
    return this.#operation(name, "cancel");
  }

  #operation(jobName: string, verb: "delete" | "cancel"): object {
    const id = jobName.slice(jobName.lastIndexOf("/") + 1);
    return this.#protocol.longrunning.Operation.fromObject({ name: `${this.parent}/operations/${verb}-${id}`, done: false });
  }

  #find(name: string, { readable = false }: { readonly readable?: boolean } = {}): SimulatedJob {
    const job = this.#present(name.slice(name.lastIndexOf("/") + 1));
    if (job !== undefined && (!readable || this.#isReadable(job))) return job;
    throw new GrpcFailure(STATUS.notFound, `Resource '${name}' was not found.`);
  }

  #present(id: string): SimulatedJob | undefined {
    const job = this.jobs.get(id);
    if (job === undefined || !this.#isGone(job)) return job;
    this.jobs.delete(id);
    return undefined;
  }

  #isGone = (job: SimulatedJob): boolean => job.gone;

  #isReadable = (job: SimulatedJob): boolean => this.#host.now() - job.createdAtMs >= this.#habits.visibilityMs;

  #show = (job: SimulatedJob): object => jobAnswer(this.#protocol, this.parent, job, this.#host.now());

  #checkPlace(name: string): void {
    const [, project, location] = /^projects\/([^/]+)\/locations\/([^/]+)/.exec(name) ?? [];
    if (project === undefined) throw new GrpcFailure(STATUS.invalidArgument, "Name is invalid.");
    if (project !== this.#habits.project) {
      throw new GrpcFailure(STATUS.permissionDenied, `Permission denied on resource project ${project} (or it may not exist).`);
    }
    if (location !== this.#habits.location)
      throw new GrpcFailure(STATUS.notFound, `Location ${location} is not found or access is unauthorized.`);
  }

  #allow(permission: string): void {
    if (!this.#habits.deniedPermissions.includes(permission)) return;
    throw new GrpcFailure(STATUS.permissionDenied, `Permission '${permission}' denied on resource (or it may not exist).`);
  }

  get #host(): Host {
    return this.#world.host;
  }
}
