import { type NanoUsd, nanoUsd } from "../../model/money.js";
import type { TimerHandle } from "../../spec/host.js";
import type { ContainerConfig, DeployRequest } from "./check-deploy.js";
import { type ContainerWorld, SimulatedContainer, toUuid } from "./container.js";
import type { ContainerRequest } from "./containers.js";
import { interpolate } from "./interpolate.js";
import type { SimulatedHardware, SimulatedPlace } from "./options.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Status texts of the published list. */
export type DeploymentStatus = "deployment requested" | "running" | "completed" | "failed" | "termination requested" | "destroyed";

/** What a deployment lives by. */
export interface DeploymentWorld extends ContainerWorld {
  readonly requestMs: number;
  readonly destroyMs: number;
  readonly refund: "minute" | "hour" | "none";
  readonly minimumHours: number;
  /** Takes from the account, or gives back if negative. */
  readonly pay: (usd: number) => void;
}

/** Where and at what price. */
export interface DeploymentTerms {
  readonly hardware: SimulatedHardware;
  readonly place: SimulatedPlace;
  readonly usdPerHour: number;
}

/** One deployment: a reservation of containers for hours that were paid beforehand. */
export class SimulatedDeployment {
  readonly id: string;
  readonly request: DeployRequest;
  readonly terms: DeploymentTerms;
  readonly createdAtMs: number;
  readonly containers: SimulatedContainer[] = [];
  config: ContainerConfig;
  image: string;
  hours: number;
  status: DeploymentStatus = "deployment requested";
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  disguise: string | null | undefined;
  readonly #world: DeploymentWorld;
  readonly #timers = new Set<TimerHandle>();
  #reservation: TimerHandle | undefined;
  #billedHours: number | undefined;

  constructor(request: DeployRequest, terms: DeploymentTerms, serial: number, world: DeploymentWorld) {
    const { host } = world;
    this.request = request;
    this.terms = terms;
    this.config = request.container;
    this.image = request.registry.imageUrl;
    this.hours = request.durationHours;
    this.#world = world;
    this.createdAtMs = host.now();
    this.id = toUuid(host.sha256(`${request.name} ${serial} ${this.createdAtMs}`));
    world.pay(this.usdPerHour * this.hours);
    this.#after(world.requestMs, () => this.#run());
  }

  get usdPerHour(): number {
    return this.terms.usdPerHour * this.request.container.replicaCount;
  }

  /** Occupies machines, and costs money. */
  get open(): boolean {
    return this.status === "deployment requested" || this.status === "running" || this.status === "termination requested";
  }

  get charged(): NanoUsd {
    return nanoUsd(this.usdPerHour * (this.#billedHours ?? this.hours), "up");
  }

  /** Time of the reservation that has passed. */
  get servedMs(): number {
    if (this.startedAtMs === undefined) return 0;
    return Math.min((this.finishedAtMs ?? this.#world.host.now()) - this.startedAtMs, this.hours * HOUR_MS);
  }

  get argv(): readonly string[] {
    const { entrypoint = [], args = [], command } = this.config;
    const parts = [...entrypoint, ...args, ...(command === undefined ? [] : command.split(" "))];
    return parts.map((text) => interpolate(text, this.config.env));
  }

  get env(): Readonly<Record<string, string>> {
    return { ...this.config.env, ...this.config.secretEnv };
  }

  /** Adds hours, which are paid at once. */
  extend(hours: number): void {
    this.#world.pay(this.usdPerHour * hours);
    this.hours += hours;
    if (this.startedAtMs !== undefined) this.#armReservation();
  }

  update(config: ContainerConfig, image: string): void {
    this.config = config;
    this.image = image;
    for (const container of this.containers) container.update(this.#containerRequest());
  }

  destroy(): void {
    if (this.status !== "deployment requested" && this.status !== "running") return;
    this.#clearTimers();
    this.status = "termination requested";
    this.#after(this.#world.destroyMs, () => void this.#finish("destroyed"));
  }

  fail(): void {
    if (this.open) void this.#finish("failed");
  }

  /** Takes everything down at once, without a bill. */
  async discard(): Promise<void> {
    this.#clearTimers();
    await Promise.all(this.containers.map((container) => container.end()));
  }

  #run(): void {
    const { host } = this.#world;
    this.status = "running";
    this.startedAtMs = host.now();
    for (let index = 0; index < this.config.replicaCount; index += 1) {
      const id = host.sha256(`${this.id} container ${index}`).slice(0, 32);
      this.containers.push(new SimulatedContainer(id, this.#containerRequest(), this.#world));
    }
    this.#armReservation();
  }

  #armReservation(): void {
    this.#reservation?.cancel();
    const leftMs = this.hours * HOUR_MS - this.servedMs;
    this.#reservation = this.#after(leftMs, () => void this.#finish("completed"));
  }

  /** First the commands end, then the bill, and only then does the status say so. */
  async #finish(status: "destroyed" | "completed" | "failed"): Promise<void> {
    if (this.finishedAtMs !== undefined) return;
    this.#clearTimers();
    this.finishedAtMs = this.#world.host.now();
    await Promise.all(this.containers.map((container) => container.end()));
    this.#billedHours = status === "completed" ? this.hours : this.#usedHours();
    this.#world.pay(-this.usdPerHour * (this.hours - this.#billedHours));
    this.status = status;
  }

  #usedHours(): number {
    const { refund, minimumHours } = this.#world;
    if (refund === "none") return this.hours;
    const unitMs = refund === "hour" ? HOUR_MS : MINUTE_MS;
    const used = (Math.ceil(this.servedMs / unitMs) * unitMs) / HOUR_MS;
    return Math.min(this.hours, Math.max(minimumHours, used));
  }

  #containerRequest(): ContainerRequest {
    return { image: this.image, argv: this.argv, env: this.env, trafficPort: this.config.trafficPort };
  }

  #after(ms: number, then: () => void): TimerHandle {
    const timer = this.#world.host.setTimer(ms, () => {
      this.#timers.delete(timer);
      then();
    });
    this.#timers.add(timer);
    return timer;
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
