import type { Host, TimerHandle } from "../../../spec/host.js";
import { Timers } from "../chain/clock.js";
import type { Troubles } from "../chain/troubles.js";
import type { AkashContainerRequest, AkashContainerRuntime, AkashExec, AkashExecWatcher, AkashRunningContainer } from "../containers.js";

/** What a pod lives by. */
export interface PodWorld {
  readonly host: Host;
  readonly runtime: AkashContainerRuntime;
  readonly troubles: Troubles;
  readonly scheduleMs: number;
  readonly pullMs: number;
  readonly restartMs: number;
}

/** Something that Kubernetes tells of. */
export interface KubeEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
  readonly pod: string;
}

/** Who reads a pod's log. */
export interface LogReader {
  line(text: string): void;
  /** The container that was followed has ended; the next one has a log of its own. */
  ended(): void;
}

/** Who hears of a pod. */
export interface PodObserver {
  event(event: KubeEvent): void;
  changed(): void;
}

const MOST_RESTART_MS = 300_000;
const RETRY_SCHEDULE_MS = 30_000;

/** One replica of a service: scheduled, pulled, started, and started again whenever it exits, with whatever code. */
export class Pod {
  readonly name: string;
  readonly request: AkashContainerRequest;
  readonly lines: string[] = [];
  available = false;
  starts = 0;
  commandEnded = false;
  readonly #world: PodWorld;
  readonly #observer: PodObserver;
  readonly #provider: string;
  readonly #timers: Timers;
  readonly #readers = new Set<LogReader>();
  #running: AkashRunningContainer | undefined;
  #crash: TimerHandle | undefined;
  #instance = 0;
  #restartMs: number;
  #over = false;

  constructor(name: string, request: AkashContainerRequest, provider: string, world: PodWorld, observer: PodObserver) {
    this.name = name;
    this.request = request;
    this.#provider = provider;
    this.#world = world;
    this.#observer = observer;
    this.#timers = new Timers(world.host);
    this.#restartMs = world.restartMs;
    this.#timers.after(world.scheduleMs, () => this.#schedule());
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Hands over what will be printed; what was is in `lines`. */
  follow(reader: LogReader): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** Undefined when no container runs. */
  exec(argv: readonly string[], watcher: AkashExecWatcher): AkashExec | undefined {
    return this.#running?.exec(argv, watcher);
  }

  /** Kills the container; the platform starts another. */
  async restart(): Promise<void> {
    if (this.#running === undefined) return;
    this.#tell("Normal", "Killing", `Stopping container ${this.request.service}`);
    await this.#halt();
    if (!this.#over) this.#start();
  }

  /** Ends it for good. */
  async end(): Promise<void> {
    this.#over = true;
    this.#timers.clear();
    await this.#halt();
  }

  #schedule(): void {
    if (this.#world.troubles.isUnschedulable(this.#provider)) {
      this.#tell(
        "Warning",
        "FailedScheduling",
        "0/4 nodes are available: 4 Insufficient nvidia.com/gpu. preemption: 0/4 nodes are available.",
      );
      this.#timers.after(RETRY_SCHEDULE_MS, () => this.#schedule());
      return;
    }
    this.#tell("Normal", "Scheduled", `Successfully assigned ${this.name} to node-1`);
    this.#pull();
  }

  #pull(): void {
    const { image } = this.request;
    this.#tell("Normal", "Pulling", `Pulling image "${image}"`);
    this.#timers.after(this.#world.pullMs, () => {
      const trouble = this.#world.troubles.image(image);
      if (trouble === undefined) {
        this.#tell("Normal", "Pulled", `Successfully pulled image "${image}"`);
        this.#start();
        return;
      }
      this.#tell("Warning", "Failed", `Failed to pull image "${image}": ${WHY[trouble]}`);
      this.#tell("Warning", "Failed", "Error: ErrImagePull");
      this.#tell("Normal", "BackOff", `Back-off pulling image "${image}"`);
      this.#timers.after(this.#backOff(), () => this.#pull());
    });
  }

  #start(): void {
    this.#instance += 1;
    const instance = this.#instance;
    this.starts += 1;
    this.lines.length = 0;
    this.#tell("Normal", "Created", `Created container ${this.request.service}`);
    this.#tell("Normal", "Started", `Started container ${this.request.service}`);
    this.#show(true);
    const exited = (code: number): void => {
      if (instance === this.#instance) this.#exited(code);
    };
    const crash = this.#world.troubles.find("crash-loop");
    if (crash !== undefined) {
      this.#crash = this.#timers.after(1, () => exited(crash.exitCode));
      return;
    }
    this.#running = this.#world.runtime.start(this.request, {
      line: (_stream, text) => {
        if (instance !== this.#instance || this.#over) return;
        this.lines.push(text);
        for (const reader of [...this.#readers]) reader.line(text);
      },
      commandEnded: () => {
        this.commandEnded = true;
      },
      exited,
    });
  }

  /** Its exit code shows nowhere. */
  #exited(_code: number): void {
    if (this.#over) return;
    this.commandEnded = true;
    const ended = this.#running;
    this.#running = undefined;
    void ended?.stop();
    this.#show(false);
    this.#endReaders();
    this.#tell("Warning", "BackOff", `Back-off restarting failed container ${this.request.service} in pod ${this.name}`);
    this.#timers.after(this.#backOff(), () => this.#start());
  }

  #backOff(): number {
    const ms = this.#restartMs;
    this.#restartMs = Math.min(2 * ms, MOST_RESTART_MS);
    return ms;
  }

  async #halt(): Promise<void> {
    this.#instance += 1;
    this.#crash?.cancel();
    const running = this.#running;
    this.#running = undefined;
    this.#show(false);
    this.#endReaders();
    await running?.stop();
  }

  #endReaders(): void {
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const reader of readers) reader.ended();
  }

  #show(available: boolean): void {
    if (this.available === available) return;
    this.available = available;
    this.#observer.changed();
  }

  #tell(type: KubeEvent["type"], reason: string, note: string): void {
    this.#observer.event({ type, reason, note, pod: this.name });
  }
}

const WHY = {
  missing: "rpc error: code = NotFound desc = failed to pull and unpack image: not found",
  unauthorized: "rpc error: code = Unknown desc = failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
  throttled:
    "rpc error: code = Unknown desc = unexpected status code 429 Too Many Requests: toomanyrequests: You have reached your pull rate limit",
} as const;
