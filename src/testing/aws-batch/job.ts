import type { Host, TimerHandle } from "../../spec/host.js";
import { type CommandRun, type Commands, KILLED } from "./command.js";
import type { SimulatedQueue, SimulatedTimes } from "./options.js";
import type { Submission } from "./requests.js";

/** Where a job stands, in the service's words. */
export type JobStatus = "SUBMITTED" | "PENDING" | "RUNNABLE" | "STARTING" | "RUNNING" | "SUCCEEDED" | "FAILED";

/** What a job is made of. */
export interface JobParts {
  readonly id: string;
  readonly arn: string;
  readonly definitionArn: string;
  readonly image: string;
  readonly logGroup: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly queue: SimulatedQueue;
  readonly submission: Submission;
  readonly timeoutSeconds: number | undefined;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

/** What jobs need of the service. */
export interface JobWorld {
  readonly host: Host;
  readonly times: Required<SimulatedTimes>;
  readonly commands: Commands;
  /** The job wants a machine. `place` is called once there is one. */
  readonly awaitMachine: (job: Job) => void;
  /** It needs none any more. */
  readonly freeMachine: (job: Job) => void;
}

/** One job through its life, moved on by timers of the host. */
export class Job {
  readonly parts: JobParts;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  readonly lines: { readonly atMs: number; readonly text: string }[] = [];
  status: JobStatus = "SUBMITTED";
  statusReason: string | undefined;
  attemptReason: string | undefined;
  containerReason: string | undefined;
  exitCode: number | undefined;
  startedAtMs: number | undefined;
  stoppedAtMs: number | undefined;
  isTerminated = false;
  isCancelled = false;
  readonly #world: JobWorld;
  readonly #timers = new Set<TimerHandle>();
  #run: CommandRun | undefined;
  /** Why it is being stopped, once it is. */
  #stopping: { readonly reason: string; readonly why: "terminated" | "timeout" | "reclaimed" } | undefined;

  constructor(parts: JobParts, world: JobWorld) {
    this.parts = parts;
    this.#world = world;
    this.createdAtMs = world.host.now();
    this.tags = new Map(Object.entries(parts.submission.tags));
    this.#after(world.times.submittedMs, () => this.#toRunnable());
  }

  get isOver(): boolean {
    return this.status === "SUCCEEDED" || this.status === "FAILED";
  }

  get isVisible(): boolean {
    return this.#world.host.now() >= this.createdAtMs + this.#world.times.visibleMs;
  }

  /** A machine is there. */
  place(): void {
    if (this.status !== "RUNNABLE" || this.#stopping !== undefined) {
      this.#world.freeMachine(this);
      return;
    }
    this.status = "STARTING";
    this.statusReason = undefined;
    this.#after(this.#world.times.startingMs, () => this.#toRunning());
  }

  /** TerminateJob, or CancelJob of a job that has no machine yet. */
  terminate(reason: string, how: "terminate" | "cancel" = "terminate"): void {
    if (this.isOver || this.#stopping?.why === "terminated") return;
    if (how === "cancel" && (this.status === "STARTING" || this.status === "RUNNING")) return;
    if (how === "cancel") this.isCancelled = true;
    else this.isTerminated = true;
    this.#stopping = { reason, why: "terminated" };
    if (this.#run !== undefined) this.#run.stop();
    else this.#after(this.#world.times.terminateMs, () => this.#end("FAILED", reason));
  }

  /** The seller takes the machine back: the command is told to stop, and then is gone. */
  reclaim(): void {
    if (this.isOver || this.#run === undefined || this.#stopping !== undefined) return;
    const isFargate = this.parts.queue.platform === "fargate";
    const reason = isFargate ? "Your Spot Task was interrupted." : `Host EC2 (instance i-${this.parts.id.slice(0, 8)}) terminated.`;
    this.#stopping = { reason, why: "reclaimed" };
    this.#run.stop();
  }

  async destroy(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await this.#run?.destroy();
  }

  #toRunnable(): void {
    this.status = "RUNNABLE";
    const { stuck } = this.parts.queue;
    if (stuck === undefined) this.#after(this.#world.times.runnableMs, () => this.#world.awaitMachine(this));
    else if (stuck !== "") {
      this.#after(this.#world.times.stuckReasonMs, () => {
        this.statusReason = stuck;
      });
    }
  }

  #toRunning(): void {
    const { host, commands, times } = this.#world;
    const pullFailure = commands.pullFailure(this.parts.argv);
    if (pullFailure !== undefined) {
      this.containerReason = `CannotPullContainerError: ${pullFailure}`;
      this.#end("FAILED", "Task failed to start");
      return;
    }
    this.status = "RUNNING";
    this.startedAtMs = host.now();
    this.#run = commands.begin({
      argv: this.parts.argv,
      env: this.parts.env,
      host,
      stopMs: times.stopMs,
      onLine: (text) => void this.lines.push({ atMs: host.now(), text }),
      onEnd: (exitCode, reason) => this.#ended(exitCode, reason),
    });
    const { timeoutSeconds, queue } = this.parts;
    if (timeoutSeconds !== undefined) {
      this.#after(timeoutSeconds * 1000, () => {
        this.#stopping ??= { reason: "Job attempt duration exceeded timeout", why: "timeout" };
        this.#run?.stop();
      });
    }
    if (queue.reclaimAfterMs !== undefined) this.#after(queue.reclaimAfterMs, () => this.reclaim());
  }

  #ended(exitCode: number, reason: string | undefined): void {
    this.#run = undefined;
    const stopping = this.#stopping;
    this.containerReason = reason;
    this.attemptReason = stopping?.reason;
    const isSuccess = exitCode === 0 && stopping?.why !== "terminated" && stopping?.why !== "timeout";
    // A machine that is gone tells no exit code; a container that ended before does.
    if (stopping?.why !== "reclaimed" || exitCode !== KILLED || this.parts.queue.platform === "fargate") this.exitCode = exitCode;
    this.#end(
      isSuccess ? "SUCCEEDED" : "FAILED",
      isSuccess ? "Essential container in task exited" : (stopping?.reason ?? "Essential container in task exited"),
    );
  }

  #end(status: "SUCCEEDED" | "FAILED", reason: string): void {
    if (this.isOver) return;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.status = status;
    this.statusReason = reason;
    this.stoppedAtMs = this.#world.host.now();
    this.#world.freeMachine(this);
  }

  #after(ms: number, fire: () => void): void {
    const timer = this.#world.host.setTimer(ms, () => {
      this.#timers.delete(timer);
      if (!this.isOver) fire();
    });
    this.#timers.add(timer);
  }
}
