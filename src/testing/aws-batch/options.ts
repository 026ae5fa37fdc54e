import type { Host } from "../../spec/host.js";

/** A job queue of the simulated region, with the machines behind it. */
export interface SimulatedQueue {
  readonly name: string;
  readonly platform: "ec2" | "fargate";
  /** Default `ENABLED`. */
  readonly state?: "ENABLED" | "DISABLED";
  /** Jobs need a `shareIdentifier`. Default false: they must have none. */
  readonly fairShare?: boolean;
  /** vCPUs that run at the same time; further jobs stay RUNNABLE. Default: unlimited. */
  readonly maxVcpus?: number;
  /**
   * Jobs stay RUNNABLE for ever. The text becomes their `statusReason` a while after (`CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY`,
   * `MISCONFIGURATION:...`); empty: none is given.
   */
  readonly stuck?: string;
  /** Machines are taken back so long after the command began, ms. Default: never. */
  readonly reclaimAfterMs?: number;
  /** USD. Default 0. */
  readonly usdPerVcpuHour?: number;
  readonly usdPerGiBHour?: number;
}

/** Times of the simulated service, ms. */
export interface SimulatedTimes {
  /** From submission until DescribeJobs and ListJobs show a job. Default 2,000. */
  readonly visibleMs?: number;
  /** In SUBMITTED, and in RUNNABLE with a machine free. Default 1,000 and 5,000. */
  readonly submittedMs?: number;
  readonly runnableMs?: number;
  /** In STARTING: image pull and container start. Default 10,000. */
  readonly startingMs?: number;
  /** From TerminateJob until a job that does not run is FAILED. Default 1,000. */
  readonly terminateMs?: number;
  /** From SIGTERM until the container is gone, for commands that do not end by themselves. Default 5,000; ECS waits 30,000 at most. */
  readonly stopMs?: number;
  /** Ended jobs are shown for so long. Default 7 days. */
  readonly forgetMs?: number;
  /** Until a stuck queue says why. Default 60,000. */
  readonly stuckReasonMs?: number;
}

/** Options of {@link startAwsBatchSimulator}. */
export interface AwsBatchSimulatorOptions {
  /** Whose time passes: virtual, or the real one. */
  readonly host: Host;
  /** Default: one Fargate queue `fargate` and one EC2 queue `ec2`, at no cost. */
  readonly queues?: readonly SimulatedQueue[];
  readonly times?: SimulatedTimes;
  /**
   * `words`: the command's first argument says what it does: `exit <code>`, `sleep <ms>`, `print <text>`, `oom`, `pull-fails <text>`, `trap <ms>` (like `sleep`,
   * and ends with 0 when it is told to stop). `processes`: commands run as child processes of this machine, on real time. Default `words`.
   */
  readonly commands?: "words" | "processes";
  /** Where the queues are; requests that are signed for another region find none. Default `us-east-1`. */
  readonly region?: string;
  /** Account in ARNs. Default 12 digits. */
  readonly account?: string;
  /** ARNs of the roles that exist and that the caller may pass to a job. Default: all. */
  readonly roles?: readonly string[];
  /** Access keys whose session has expired. Default none. */
  readonly expiredKeyIds?: readonly string[];
  /** Calls of each operation that are taken in a second before further ones are refused with 429. Default: unlimited. */
  readonly callsPerSecond?: number;
  /** Jobs on one page of a filtered listing, and of one by status. Default 100 and 1,000. */
  readonly pageSize?: number;
  readonly statusPageSize?: number;
}
