import type { Host } from "../../spec/host.js";
import type { Commands } from "./command.js";
import { DefinitionBook } from "./definitions.js";
import { clientFailure, ServiceFailure } from "./failure.js";
import { Job, type JobWorld } from "./job.js";
import { chargeOf, type JobCharge } from "./ledger.js";
import { listPage, type PageSizes } from "./listing.js";
import { MachinePool } from "./machine-pool.js";
import type { AwsBatchSimulatorOptions, SimulatedQueue, SimulatedTimes } from "./options.js";
import * as requests from "./requests.js";
import { parsed } from "./requests.js";
import { sizeOf } from "./sizes.js";
import { detailOf } from "./views.js";

const TIMES: Required<SimulatedTimes> = {
  visibleMs: 2_000,
  submittedMs: 1_000,
  runnableMs: 5_000,
  startingMs: 10_000,
  terminateMs: 1_000,
  stopMs: 5_000,
  forgetMs: 7 * 86_400_000,
  stuckReasonMs: 60_000,
};

/** Where the simulated service stands unless the options say otherwise. */
export const DEFAULT_REGION = "us-east-1";

const QUEUES: readonly SimulatedQueue[] = [
  { name: "fargate", platform: "fargate" },
  { name: "ec2", platform: "ec2" },
];

/** The simulated service without its HTTP: operations by name, on plain data. */
export class BatchService {
  readonly jobs = new Map<string, Job>();
  readonly definitions: DefinitionBook;
  readonly #host: Host;
  readonly #queues: readonly SimulatedQueue[];
  readonly #region: string;
  readonly #account: string;
  readonly #pageSizes: PageSizes;
  readonly #world: JobWorld;

  constructor(options: AwsBatchSimulatorOptions, commands: Commands) {
    this.#host = options.host;
    this.#queues = options.queues ?? QUEUES;
    this.#region = options.region ?? DEFAULT_REGION;
    this.#account = options.account ?? "123456789012";
    this.#pageSizes = { withFilter: options.pageSize ?? 100, byStatus: options.statusPageSize ?? 1_000 };
    this.definitions = new DefinitionBook((name) => this.#arn("job-definition", name), options.roles);
    const machines = new MachinePool();
    this.#world = {
      host: options.host,
      times: { ...TIMES, ...options.times },
      commands,
      awaitMachine: (job) => machines.await(job),
      freeMachine: (job) => machines.free(job),
    };
  }

  /** Carries one operation out. @throws ServiceFailure */
  perform(operation: string, body: unknown): object {
    switch (operation) {
      case "registerjobdefinition":
        return this.definitions.register(parsed(requests.registerJobDefinition, body));
      case "describejobdefinitions":
        return this.definitions.describe(parsed(requests.describeJobDefinitions, body));
      case "submitjob":
        return this.#submit(parsed(requests.submitJob, body), Buffer.byteLength(JSON.stringify(body)));
      case "describejobs":
        return this.#describe(parsed(requests.describeJobs, body).jobs);
      case "listjobs":
        return this.#list(parsed(requests.listJobs, body));
      case "terminatejob":
      case "canceljob": {
        const { jobId, reason } = parsed(requests.endJob, body);
        this.jobs.get(jobId)?.terminate(reason, operation === "canceljob" ? "cancel" : "terminate");
        return {};
      }
      case "terminatejobs": {
        const { jobs, reason } = parsed(requests.endJobs, body);
        for (const id of jobs) this.jobs.get(id)?.terminate(reason);
        return { successful: jobs, errors: [] };
      }
      case "describejobqueues":
        return this.#describeQueues(parsed(requests.describeJobQueues, body).jobQueues);
      default:
        throw new ServiceFailure(404, "UnknownOperationException", `There is no operation ${operation}.`);
    }
  }

  /** Puts tags on a job. */
  tag(arn: string, body: unknown): object {
    const { tags } = parsed(requests.tagResource, body);
    const job = [...this.jobs.values()].find(({ parts }) => parts.arn === arn);
    if (job === undefined) throw clientFailure(`Resource not found: ${arn}`);
    for (const [name, value] of Object.entries(tags)) job.tags.set(name, value);
    return {};
  }

  /** One page of a job's log. At the end the same token comes back. */
  logEvents(body: unknown): object {
    const { logGroupName, logStreamName, startFromHead, nextToken, limit } = parsed(requests.getLogEvents, body);
    const id = logStreamName.slice(logStreamName.lastIndexOf("/") + 1);
    const job = this.jobs.get(id);
    if (job === undefined || job.parts.logGroup !== logGroupName || job.startedAtMs === undefined || job.lines.length === 0)
      throw new ServiceFailure(400, "ResourceNotFoundException", "The specified log stream does not exist.");
    const from = nextToken === undefined ? (startFromHead ? 0 : Math.max(0, job.lines.length - limit)) : Number(nextToken.slice(2));
    const events = job.lines.slice(from, from + limit).map(({ atMs, text }) => ({ timestamp: atMs, ingestionTime: atMs, message: text }));
    return { events, nextForwardToken: `f/${from + events.length}`, nextBackwardToken: `b/${from}` };
  }

  charges(): readonly JobCharge[] {
    const nowMs = this.#host.now();
    return [...this.jobs.values()].map((job) => chargeOf(job, nowMs));
  }

  async close(): Promise<void> {
    await Promise.all([...this.jobs.values()].map((job) => job.destroy()));
    await this.#world.commands.close();
  }

  #queue(nameOrArn: string): SimulatedQueue | undefined {
    const name = nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
    return this.#queues.find((queue) => queue.name === name);
  }

  #arn(kind: string, rest: string): string {
    return `arn:aws:batch:${this.#region}:${this.#account}:${kind}/${rest}`;
  }

  #submit(submission: requests.Submission, bytes: number): object {
    if (bytes > 30 * 1024) throw clientFailure("Request payload size exceeds the limit of 30 KiB.");
    const queue = this.#queue(submission.jobQueue);
    if (queue === undefined) throw clientFailure(`JobQueue ${submission.jobQueue} not found`);
    if (queue.state === "DISABLED") throw clientFailure(`JobQueue ${queue.name} is in DISABLED state`);
    if ((queue.fairShare === true) !== (submission.shareIdentifier !== undefined))
      throw clientFailure("shareIdentifier must be given exactly if the job queue has a scheduling policy.");
    const definition = this.definitions.find(submission.jobDefinition);
    if (definition === undefined) throw clientFailure(`JobDefinition ${submission.jobDefinition} not found or not ACTIVE`);
    const { body } = definition;
    const platform = body.platformCapabilities[0] === "FARGATE" ? "fargate" : "ec2";
    if (platform !== queue.platform)
      throw clientFailure("The job definition's platform capabilities do not match the job queue's compute environments.");
    const overrides = submission.containerOverrides;
    const size = sizeOf(platform, body.containerProperties.resourceRequirements, overrides?.resourceRequirements ?? []);
    const variables = [...body.containerProperties.environment, ...(overrides?.environment ?? [])];
    if (variables.some(({ name }) => name.startsWith("AWS_BATCH")))
      throw clientFailure("Environment variables cannot start with AWS_BATCH.");
    const id = uuidFrom(this.#host.randomHex(16));
    const job = new Job(
      {
        id,
        arn: this.#arn("job", id),
        definitionArn: definition.arn,
        image: body.containerProperties.image,
        logGroup: body.containerProperties.logConfiguration?.options["awslogs-group"] ?? "/aws/batch/job",
        argv: (overrides?.command ?? body.containerProperties.command).map((part) => substituted(part, submission.parameters)),
        env: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
        queue,
        submission,
        timeoutSeconds: submission.timeout?.attemptDurationSeconds ?? body.timeout?.attemptDurationSeconds,
        ...size,
      },
      this.#world,
    );
    this.jobs.set(id, job);
    return { jobArn: job.parts.arn, jobName: submission.jobName, jobId: id };
  }

  #describe(ids: readonly string[]): object {
    this.#forgetOld();
    const found = ids.flatMap((id) => this.jobs.get(id) ?? []).filter(({ isVisible }) => isVisible);
    return { jobs: found.map((job) => detailOf(job, this.#region, this.#account)) };
  }

  #list(query: requests.JobQuery): object {
    this.#forgetOld();
    const queue = this.#queue(query.jobQueue);
    if (queue === undefined) throw clientFailure(`JobQueue ${query.jobQueue} not found`);
    const visible = [...this.jobs.values()].filter((job) => job.parts.queue === queue && job.isVisible);
    return listPage(visible, query, this.#pageSizes);
  }

  #describeQueues(names: readonly string[] | undefined): object {
    const wanted = names?.map((name) => this.#queue(name)?.name);
    const found = this.#queues.filter(({ name }) => wanted === undefined || wanted.includes(name));
    return {
      jobQueues: found.map(({ name, state = "ENABLED" }) => ({
        jobQueueName: name,
        jobQueueArn: this.#arn("job-queue", name),
        state,
        status: "VALID",
        statusReason: "JobQueue Healthy",
        priority: 1,
        computeEnvironmentOrder: [],
      })),
    };
  }

  #forgetOld(): void {
    const beforeMs = this.#host.now() - this.#world.times.forgetMs;
    for (const [id, job] of this.jobs) if (job.stoppedAtMs !== undefined && job.stoppedAtMs < beforeMs) this.jobs.delete(id);
  }
}

/** `Ref::name` in a command is replaced by the parameter of that name, and left where there is none. */
const substituted = (text: string, parameters: Readonly<Record<string, string>>): string =>
  text.replace(/Ref::([A-Za-z0-9_-]+)/g, (whole, name: string) => (Object.hasOwn(parameters, name) ? (parameters[name] ?? whole) : whole));

const uuidFrom = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
