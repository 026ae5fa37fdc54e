import type { Host, TimerHandle } from "../../spec/host.js";
import type { CommandExecution, RunningCommand, SimulatedCommand } from "./execution.js";

/** Batch lets jobs wait so long for a machine. */
const MOST_QUEUED_MS = 2 * 24 * 3_600_000;
/** Least time that a machine is billed for. */
const MINIMUM_BILLED_MS = 60_000;
/** Notice that a spot machine's containers get. */
const NOTICE_MS = 30_000;

/** States of a job, by the protocol's names. */
export type SimulatedState =
  | "QUEUED"
  | "SCHEDULED"
  | "RUNNING"
  | "SUCCEEDED"
  | "FAILED"
  | "CANCELLATION_IN_PROGRESS"
  | "CANCELLED"
  | "DELETION_IN_PROGRESS";
/** States of a task, by the protocol's names. */
export type SimulatedTaskState = "PENDING" | "ASSIGNED" | "RUNNING" | "FAILED" | "SUCCEEDED";

/** Something that happened, as the service tells it. */
export interface SimulatedEvent {
  readonly description: string;
  readonly atMs: number;
  readonly taskState?: SimulatedTaskState;
  readonly exitCode?: number;
}

/** What a job was asked to be. */
export interface JobSpec {
  readonly id: string;
  readonly uid: string;
  /** The job as it was sent: plain data of the protocol. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly command: SimulatedCommand;
  readonly labels: Readonly<Record<string, string>>;
  readonly machineType: string;
  readonly provisioningModel: string;
  readonly maxRunSeconds: number;
  readonly maxRetryCount: number;
  readonly zone: string;
  /** What it prints goes to Cloud Logging; nowhere otherwise. */
  readonly keepsLogs: boolean;
}

/** The world a job lives in. */
export interface JobWorld {
  readonly host: Host;
  readonly commands: CommandExecution;
  readonly queueMs: number;
  readonly bootMs: number;
  readonly pullMs: number;
  readonly teardownMs: number;
  readonly deleteMs: number;
  readonly isKnown: (machineType: string) => boolean;
  /** The job printed something that is to be kept. */
  readonly print: (uid: string, stream: "stdout" | "stderr", text: string) => void;
  /** Why there is no machine now, or nothing. */
  readonly shortage: (machineType: string) => string | undefined;
}

/** One job with its only task and its only machine. */
export class SimulatedJob {
  readonly spec: JobSpec;
  readonly createdAtMs: number;
  readonly jobEvents: SimulatedEvent[] = [];
  readonly taskEvents: SimulatedEvent[] = [];
  state: SimulatedState = "QUEUED";
  /** Absent until the job is scheduled: a job that failed before has no task. */
  taskState: SimulatedTaskState | undefined;
  updatedAtMs: number;
  runningSinceMs: number | undefined;
  finishedAtMs: number | undefined;
  gone = false;
  disguise: number | undefined;
  readonly #world: JobWorld;
  readonly #timers = new Set<TimerHandle>();
  #machineFromMs: number | undefined;
  #machineToMs: number | undefined;
  #running: RunningCommand | undefined;
  #waiting = false;

  constructor(spec: JobSpec, world: JobWorld) {
    this.spec = spec;
    this.#world = world;
    this.createdAtMs = world.host.now();
    this.updatedAtMs = this.createdAtMs;
    this.#after(world.queueMs, () => this.schedule());
    this.#after(MOST_QUEUED_MS, () => {
      if (this.state === "QUEUED") this.#finish("FAILED", "Job has been queued for longer than 2 days.");
    });
  }

  /** Costs money, or will. */
  get open(): boolean {
    return this.machineUp || ["QUEUED", "SCHEDULED", "RUNNING"].includes(this.state);
  }

  get machineUp(): boolean {
    return this.#machineFromMs !== undefined && this.#machineToMs === undefined;
  }

  get billedMs(): number {
    if (this.#machineFromMs === undefined) return 0;
    const openMs = (this.#machineToMs ?? this.#world.host.now()) - this.#machineFromMs;
    return Math.max(MINIMUM_BILLED_MS, Math.ceil(openMs / 1_000) * 1_000);
  }

  /** Asks for a machine, for the first time or again. */
  schedule(): void {
    if (this.state !== "QUEUED") return;
    if (!this.#world.isKnown(this.spec.machineType)) {
      this.#finish(
        "FAILED",
        `Job failed due to non-retryable information: code CODE_GCE_INVALID_FIELD_VALUE, machine type ${this.spec.machineType} does not exist in zone ${this.spec.zone}.`,
      );
      return;
    }
    const shortage = this.#world.shortage(this.spec.machineType);
    if (shortage !== undefined) {
      if (!this.#waiting) this.jobEvents.push({ description: shortage, atMs: this.#world.host.now() });
      this.#waiting = true;
      return;
    }
    this.#enter("SCHEDULED");
    this.#machineFromMs = this.#world.host.now();
    this.#task("PENDING");
    this.#after(this.#world.bootMs, () => {
      this.#enter("RUNNING");
      this.runningSinceMs = this.#world.host.now();
      this.#task("ASSIGNED");
      this.#after(this.#world.pullMs, () => this.#run());
    });
  }

  /** Ends with an exit code of Batch's own, such as 50001. */
  async reclaim(exitCode: number): Promise<void> {
    if (this.state !== "RUNNING") return;
    const running = this.#running;
    this.#running = undefined;
    await running?.stop(NOTICE_MS);
    this.#exited(exitCode, exitCode === 50_001 ? "Spot VM preemption" : "task is reported failed");
  }

  cancel(): void {
    if (!["QUEUED", "SCHEDULED", "RUNNING"].includes(this.state)) return;
    this.#enter("CANCELLATION_IN_PROGRESS");
    void this.#stop().then(() =>
      this.#after(this.#world.teardownMs, () => {
        this.#enter("CANCELLED");
        this.#endMachine();
      }),
    );
  }

  delete(): void {
    if (this.state === "DELETION_IN_PROGRESS") return;
    this.#enter("DELETION_IN_PROGRESS");
    void this.#stop().then(() => {
      this.#after(Math.min(this.#world.teardownMs, this.#world.deleteMs), () => this.#endMachine());
      this.#after(this.#world.deleteMs, () => {
        this.gone = true;
      });
    });
  }

  /** Takes everything down at once. */
  async discard(): Promise<void> {
    await this.#stop();
  }

  #run(): void {
    const { host, commands, print } = this.#world;
    this.#task("RUNNING");
    const ended = (exitCode: number): void => {
      this.#running = undefined;
      this.#exited(exitCode, "command exit");
    };
    this.#running = commands.run(this.spec.command, ended, (stream, text) => {
      if (this.spec.keepsLogs) print(this.spec.uid, stream, text);
    });
    this.#after(this.spec.maxRunSeconds * 1_000, () => {
      const running = this.#running;
      this.#running = undefined;
      void running?.stop(0).then(() => this.#exited(50_005, "task runs over the maximum runtime"));
    });
    this.updatedAtMs = host.now();
  }

  #exited(exitCode: number, why: string): void {
    if (this.state !== "RUNNING" || this.taskState === "FAILED" || this.taskState === "SUCCEEDED") return;
    const state = exitCode === 0 ? "SUCCEEDED" : "FAILED";
    this.#task(state, exitCode, why);
    this.#finish(state, `Job state is set from RUNNING to ${state} for job.`);
  }

  #finish(state: "SUCCEEDED" | "FAILED", description: string): void {
    this.#clearTimers();
    this.finishedAtMs = this.#world.host.now();
    this.state = state;
    this.updatedAtMs = this.finishedAtMs;
    this.jobEvents.push({ description, atMs: this.finishedAtMs });
    if (this.machineUp) this.#after(this.#world.teardownMs, () => this.#endMachine());
  }

  #enter(state: SimulatedState): void {
    const atMs = this.#world.host.now();
    this.jobEvents.push({ description: `Job state is set from ${this.state} to ${state} for job.`, atMs });
    this.state = state;
    this.updatedAtMs = atMs;
  }

  #task(state: SimulatedTaskState, exitCode?: number, why = "assignment"): void {
    const on = `zones/${this.spec.zone}/instances/${this.spec.uid.length}${this.spec.uid.replace(/\D/g, "")}`;
    const withCode = exitCode === undefined ? "" : ` with exit code ${exitCode}`;
    // A success sometimes carries its code, and sometimes not.
    const carries = exitCode !== undefined && (exitCode !== 0 || this.spec.uid.charCodeAt(this.spec.uid.length - 1) % 2 === 0);
    this.taskEvents.push({
      description: `Task state is updated from ${this.taskState ?? "STATE_UNSPECIFIED"} to ${state} on ${on} due to ${why}${withCode}.`,
      atMs: this.#world.host.now(),
      taskState: state,
      ...(carries ? { exitCode } : {}),
    });
    this.taskState = state;
  }

  async #stop(): Promise<void> {
    this.#clearTimers();
    const running = this.#running;
    this.#running = undefined;
    await running?.stop(0);
  }

  #endMachine(): void {
    if (this.machineUp) this.#machineToMs = this.#world.host.now();
  }

  #after(ms: number, then: () => void): void {
    const timer = this.#world.host.setTimer(ms, () => {
      this.#timers.delete(timer);
      then();
    });
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
