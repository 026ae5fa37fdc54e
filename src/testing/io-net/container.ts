import type { Host, TimerHandle } from "../../spec/host.js";
import type { ContainerRequest, ContainerRuntime, RunningContainer } from "./containers.js";

/** A line of a container's log. */
export interface LogLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Where a container has been. */
export interface Placement {
  readonly deviceId: string;
  readonly createdAtMs: number;
}

/** What a container lives by. */
export interface ContainerWorld {
  readonly host: Host;
  readonly runtime: ContainerRuntime;
  readonly pullMs: number;
  readonly urlMs: number;
  readonly restartMs: number;
  readonly restart: "always" | "on-failure" | "never";
  readonly isBroken: (image: string) => boolean;
}

const MOST_RESTART_MS = 60_000;

/** One container: pulled, started, started again when it exits, moved when its machine is lost. */
export class SimulatedContainer {
  readonly id: string;
  readonly history: Placement[] = [];
  readonly events: { readonly atMs: number; readonly message: string }[] = [];
  readonly log: LogLine[] = [];
  readonly watchers = new Set<() => void>();
  status = "Pending";
  publicUrl: string | undefined;
  starts = 0;
  /** What each start was given, the first one first. */
  readonly started: ContainerRequest[] = [];
  commandEnded = false;
  readonly #world: ContainerWorld;
  #request: ContainerRequest;
  readonly #timers = new Set<TimerHandle>();
  #running: RunningContainer | undefined;
  #over = false;

  constructor(id: string, request: ContainerRequest, world: ContainerWorld) {
    this.id = id;
    this.#request = request;
    this.#world = world;
    this.#place();
  }

  get deviceId(): string {
    return this.history.at(-1)?.deviceId ?? "";
  }

  /** Another machine takes over; what the first one had is lost. */
  move(): void {
    void this.#halt().then(() => this.#place());
  }

  /** The same container with another configuration. */
  update(request: ContainerRequest): void {
    this.#request = request;
    this.commandEnded = false;
    void this.#halt().then(() => this.#pull());
  }

  /** Ends it for good; nothing of it can be read afterwards. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#halt();
    this.log.length = 0;
    this.#tell();
    this.watchers.clear();
  }

  #place(): void {
    if (this.#over) return;
    const { host } = this.#world;
    this.history.push({ deviceId: toUuid(host.sha256(`${this.id} ${this.history.length} ${host.randomHex(8)}`)), createdAtMs: host.now() });
    this.#pull();
  }

  #pull(): void {
    if (this.#over) return;
    this.status = "Pending";
    this.publicUrl = undefined;
    const { image } = this.#request;
    this.#note(`Downloading image ${image}`);
    this.#after(this.#world.pullMs, () => {
      if (this.#world.isBroken(image)) this.#note(`Failed to pull ${image}: manifest unknown`);
      else this.#start(this.#world.restartMs);
    });
  }

  #start(restartMs: number): void {
    this.starts += 1;
    this.started.push(this.#request);
    this.status = "running";
    this.#note("Task started by client");
    const running = this.#world.runtime.start(this.#request, {
      line: (stream, text) => {
        this.log.push({ stream, text });
        this.#tell();
      },
      commandEnded: () => {
        this.commandEnded = true;
      },
      exited: (exitCode) => this.#exited(exitCode, restartMs),
    });
    this.#running = running;
    const url = running.url ?? `https://${this.id.slice(0, 8)}.simulated.invalid`;
    this.#after(this.#world.urlMs, () => {
      this.publicUrl = url;
    });
  }

  /** Its exit code shows nowhere. */
  #exited(exitCode: number, restartMs: number): void {
    if (this.#over) return;
    this.commandEnded = true;
    this.#running = undefined;
    const { restart } = this.#world;
    if (restart === "never" || (restart === "on-failure" && exitCode === 0)) {
      this.status = "complete";
      return;
    }
    this.#note("Task restarting");
    this.#after(restartMs, () => this.#start(Math.min(2 * restartMs, MOST_RESTART_MS)));
  }

  async #halt(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.publicUrl = undefined;
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }

  #note(message: string): void {
    this.events.push({ atMs: this.#world.host.now(), message });
  }

  #tell(): void {
    for (const watcher of this.watchers) watcher();
  }

  #after(ms: number, then: () => void): void {
    const timer = this.#world.host.setTimer(ms, () => {
      this.#timers.delete(timer);
      then();
    });
    this.#timers.add(timer);
  }
}

/** A digest in the form of a UUID. */
export const toUuid = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
