import type { NanoUsd } from "../../model/money.js";
import type { Host } from "../../spec/host.js";
import type { CommandExecution, SimulatedCommand } from "./execution.js";
import type { GcpBatchFaultRule, GcpBatchMethod } from "./faults.js";

/** Options of {@link startGcpBatchSimulator}. All times are ms of the host. */
export interface GcpBatchSimulatorOptions {
  /** Time passes here. Only the socket is real. */
  readonly host: Host;
  /** Default `test-project`. Other projects are denied. */
  readonly project?: string;
  /** Default `us-central1`. Other locations are not found. */
  readonly location?: string;
  /** Default: {@link virtualCommands} on the host. */
  readonly commands?: CommandExecution;
  /** Price of machine types, USD per hour. Default 1 for each. */
  readonly usdPerHour?: Readonly<Record<string, number>>;
  /** Machine types that exist. Jobs with another one fail without ever having had a task. Default: all. */
  readonly machineTypes?: readonly string[];
  /** From creation until a machine is asked for. Default 1,000. */
  readonly queueMs?: number;
  /** From then until the machine is up. Default 30,000. */
  readonly bootMs?: number;
  /** From then until the image is there. Default 5,000. */
  readonly pullMs?: number;
  /** From the end of a job until its machine is gone, and no longer billed. Default 5,000. */
  readonly teardownMs?: number;
  /** From a request to delete until the job cannot be found any more. Default 8,000. */
  readonly deleteMs?: number;
  /** How long a new job is missing from reads and listings. Writes see it at once. Default 0. */
  readonly visibilityMs?: number;
  /** How long a request id is remembered; 0: a second request of the same id meets ALREADY_EXISTS. Default an hour. */
  readonly requestIdMs?: number;
  /** Most jobs of one page, whatever is asked. Default 100. */
  readonly pageSize?: number;
  /** From the printing of a line until Cloud Logging shows it. Default 3,000. */
  readonly logLagMs?: number;
  /** What a caller must not lack; `batch.jobs.create` and the like, `iam.serviceAccounts.actAs`, or `logging.logEntries.list`. Default: nothing is lacking. */
  readonly deniedPermissions?: readonly string[];
}

/** A job as a test sees it. */
export interface SimulatedGcpJob {
  readonly id: string;
  readonly state: string;
  readonly command: SimulatedCommand;
  readonly labels: Readonly<Record<string, string>>;
  readonly machineType: string;
  readonly provisioningModel: string;
  readonly maxRunSeconds: number;
  readonly maxRetryCount: number;
  /** While the machine is billed. */
  readonly machineUp: boolean;
  /** The whole job as it was sent: plain data, enum members by name. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** Counted requests. */
export type GcpBatchCalls = Readonly<Record<GcpBatchMethod, number>>;

/** A running simulator. */
export interface GcpBatchSimulator {
  readonly project: string;
  readonly location: string;
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  /** Options with which `BatchServiceClient`, and so `gcpBatch({ clientOptions })`, talks to this server. */
  readonly clientOptions: Readonly<Record<string, unknown>>;
  /** For `gcpBatch({ loggingEndpoint })`: Cloud Logging with what the jobs printed. */
  readonly loggingEndpoint: string;
  /** Requests to Cloud Logging that have arrived. */
  readonly logReads: number;
  /** Jobs that were not deleted, by id. */
  jobs(): ReadonlyMap<string, SimulatedGcpJob>;
  /** Every job that was ever made, by id. */
  allJobs(): ReadonlyMap<string, SimulatedGcpJob>;
  /** What machines have cost up to now, by job id: whole seconds, at least a minute. Deleted jobs included. */
  ledger(): ReadonlyMap<string, NanoUsd>;
  /** Jobs that have a machine, or may get one. */
  openCount(): number;
  /** Requests that have arrived, by method. */
  readonly calls: GcpBatchCalls;
  /** Requests whose answers faults hold back now: they come with time, or never. */
  readonly heldRequests: number;
  /** Whether the answer to the request that came with this `x-request-id` in its metadata is held back. A request that its client has given up counts until that is noticed here. */
  isHeld(requestId: string): boolean;
  /** Makes the next calls go wrong. */
  inject(rule: GcpBatchFaultRule): void;
  /** Ends what `inject` began. */
  clearFaults(): void;
  /** From now on no machine of the type is given out, and jobs wait with this event. */
  exhaust(machineType: string, event?: string): void;
  /** There are machines again. */
  replenish(machineType: string): void;
  /** The machine of a running job is taken back, with up to 30 s of notice. Default exit code 50001. */
  reclaim(jobId: string, exitCode?: number): void;
  /** Answers a number of state that nobody knows for this job, until it is set to nothing. */
  disguise(jobId: string, state: number | undefined): void;
  /** Ends the server and every command. */
  close(): Promise<void>;
}
