import type { Agreement } from "./agreement.js";
import { Batch } from "./batch.js";
import { Bell } from "./bell.js";
import type { GolemMachine, GolemRuntime } from "./exe-unit-runtime.js";
import { refused } from "./failure.js";
import type { GsbServices } from "./gsb.js";
import type { SimulatedActivity } from "./options.js";
import { USAGE_VECTOR } from "./provider.js";
import type { SimulatedGolemImage } from "./provider-options.js";
import { type BatchCommand, parseScript } from "./script.js";
import { fetchContent, sendContent, TransferError } from "./transfer.js";
import type { YagnaWorld } from "./world.js";

/** What exe-units need beside time. */
export interface ExeUnitSurroundings {
  readonly world: YagnaWorld;
  readonly runtime: GolemRuntime;
  readonly gsb: GsbServices;
  readonly imageOf: (agreement: Agreement) => SimulatedGolemImage;
}

/** How a command ended. */
interface CommandEnd {
  readonly ok: boolean;
  readonly stdout?: string;
  readonly message?: string;
  readonly exitCode?: number;
}

const SUCCESS: CommandEnd = { ok: true };
const failure = (message: string): CommandEnd => ({ ok: false, message });

/** One activity: a machine at a provider's, the batches sent to it and what it has used. */
export class ExeUnit {
  readonly id: string;
  readonly agreement: Agreement;
  readonly batches = new Map<string, Batch>();
  readonly commands: (readonly string[])[] = [];
  state: SimulatedActivity["state"] = "New";
  /** Set when it ended by itself: nobody answers for its batches any more. */
  crash: string | undefined;
  readonly #around: ExeUnitSurroundings;
  readonly #bell: Bell;
  readonly #startedMs: number;
  #endedMs: number | undefined;
  #cpuMs = 0;
  #busySinceMs: number | undefined;
  #queue: Promise<void> = Promise.resolve();
  #opening: Promise<GolemMachine> | undefined;
  #machine: GolemMachine | undefined;
  #volumes: readonly string[] = [];
  #ending: Promise<void> | undefined;
  /** Lets whatever a command waits for go when the unit ends. */
  #giveUp: () => void = () => undefined;
  readonly #over: Promise<CommandEnd>;

  constructor(agreement: Agreement, around: ExeUnitSurroundings) {
    this.id = around.world.newId();
    this.agreement = agreement;
    this.#around = around;
    this.#bell = new Bell(around.world);
    this.#startedMs = around.world.host.monotonic();
    this.#over = new Promise((resolve) => {
      this.#giveUp = () => resolve(failure("Activity terminated"));
    });
  }

  get isOver(): boolean {
    return this.state === "Terminated";
  }

  /** Counters in ms, in the order of the agreed usage vector. */
  countersMs(): readonly number[] {
    const vector = this.agreement.draft.properties[USAGE_VECTOR];
    const { cpuMs, durationMs } = this.usageMs();
    return (Array.isArray(vector) ? vector : []).map((counter) => (counter === "golem.usage.cpu_sec" ? cpuMs : durationMs));
  }

  usageMs(): { readonly cpuMs: number; readonly durationMs: number } {
    const nowMs = this.#endedMs ?? this.#around.world.host.monotonic();
    const busyMs = this.#busySinceMs === undefined ? 0 : nowMs - this.#busySinceMs;
    return { cpuMs: this.#cpuMs + this.#threads * busyMs, durationMs: nowMs - this.#startedMs };
  }

  /** Takes a batch; its commands run after those of earlier batches. */
  exec(text: unknown): string {
    if (this.isOver) throw refused(500, "GSB failure: Bad request: endpoint address not found");
    const commands = parseScript(text);
    const batch = new Batch(commands.length, this.#around.world, this.#bell);
    this.batches.set(batch.id, batch);
    this.#queue = this.#queue.then(() => this.#carryOut(batch, commands));
    return batch.id;
  }

  /** Ends it. With `crash`, as if by itself. Resolves once nothing of it runs and its files are gone. */
  end(crash?: string): Promise<void> {
    this.#ending ??= this.#end(crash);
    return this.#ending;
  }

  async #end(crash: string | undefined): Promise<void> {
    this.#idle();
    this.#endedMs = this.#around.world.host.monotonic();
    this.state = "Terminated";
    this.crash = crash;
    this.#giveUp();
    this.#bell.ring();
    await this.#queue;
    // Also one that is still being made: nobody else knows of it.
    const machine = await this.#opening;
    await machine?.close();
  }

  get #threads(): number {
    return this.agreement.provider.spec.busyThreads ?? 1;
  }

  async #carryOut(batch: Batch, commands: readonly BatchCommand[]): Promise<void> {
    for (const [index, command] of commands.entries()) {
      if (this.isOver) return;
      batch.started(index, command);
      const end = await Promise.race([this.#perform(command, batch, index).catch((error: unknown) => failure(String(error))), this.#over]);
      if (this.isOver && command.kind !== "terminate") return;
      batch.finished(index, end, index === commands.length - 1 || !end.ok);
      if (!end.ok) return;
    }
  }

  async #perform(command: BatchCommand, batch: Batch, index: number): Promise<CommandEnd> {
    switch (command.kind) {
      case "deploy":
        return await this.#deploy(command.volumes);
      case "start":
        return await this.#start();
      case "run":
        return this.state === "Ready" ? await this.#run(command, batch, index) : this.#notNow("run");
      case "transfer":
        return this.state === "Ready" || this.state === "Deployed"
          ? await this.#transfer(command.from, command.to)
          : this.#notNow("transfer");
      case "terminate":
        void this.end();
        return SUCCESS;
    }
  }

  #notNow(name: string): CommandEnd {
    return failure(`Invalid state: ${this.state}, command ${name} cannot be executed`);
  }

  async #deploy(volumes: readonly string[]): Promise<CommandEnd> {
    if (this.state !== "Initialized") return this.#notNow("deploy");
    const { world, imageOf, runtime } = this.#around;
    const { habits } = this.agreement.provider;
    const { deploy = "well", deployMs = world.delays.deployMs } = habits;
    if (deploy === "never") return await this.#over;
    await new Promise<void>((resolve) => world.after(deployMs, resolve));
    if (this.isOver) return SUCCESS;
    if (deploy === "transfer-error") return failure("Transfer error: HTTP error: request timed out");
    if (deploy === "invalid-hash") return failure("Transfer error: Invalid hash: image digest does not match");
    const image = imageOf(this.agreement);
    this.#volumes = [...new Set([...image.volumes, ...volumes])];
    this.#opening = runtime.open({ activityId: this.id, volumes: this.#volumes, env: image.env ?? {} });
    this.#machine = await this.#opening;
    if (this.isOver) return SUCCESS;
    this.state = "Deployed";
    const vols = this.#volumes.map((path, index) => ({ name: `vol-${index}`, path }));
    return { ok: true, stdout: JSON.stringify({ startMode: "blocking", valid: { Ok: "" }, vols }) };
  }

  async #start(): Promise<CommandEnd> {
    if (this.state !== "Deployed") return this.#notNow("start");
    await new Promise<void>((resolve) => this.#around.world.after(this.#around.world.delays.startMs, resolve));
    if (!this.isOver) this.state = "Ready";
    return SUCCESS;
  }

  async #run(command: Extract<BatchCommand, { kind: "run" }>, batch: Batch, index: number): Promise<CommandEnd> {
    const machine = this.#machine;
    if (machine === undefined) return this.#notNow("run");
    this.commands.push([command.entryPoint, ...command.args]);
    this.#busySinceMs = this.#around.world.host.monotonic();
    const exitCode = await new Promise<number>((resolve) => {
      machine.run(command, {
        output: (stream, text) => batch.printed(index, stream, text),
        exited: resolve,
      });
      void this.#over.then(() => resolve(-1));
    });
    this.#idle();
    if (this.isOver) return failure("Activity terminated");
    return exitCode === 0 ? { ok: true, exitCode } : { ok: false, exitCode, message: `ExeScript command exited with code ${exitCode}` };
  }

  async #transfer(from: string, to: string): Promise<CommandEnd> {
    const machine = this.#machine;
    if (machine === undefined) return this.#notNow("transfer");
    const route = { gsb: this.#around.gsb, habits: this.agreement.provider.habits };
    const source = containerPath(from);
    const target = containerPath(to);
    const outside = [source, target].find((path) => path !== undefined && !this.#isBelowVolume(path));
    if (outside !== undefined)
      return failure(`Local error: container path ${outside} is in no volume: send failed because receiver is gone`);
    try {
      const content = source === undefined ? await fetchContent(from, route) : await machine.read(source);
      if (content === undefined) return failure(`Local error: Path not found in container: ${source}`);
      if (target === undefined) await sendContent(to, content, route);
      else await machine.write(target, content);
      return SUCCESS;
    } catch (error) {
      if (error instanceof TransferError) return failure(error.message);
      return failure(`Local error: ${String(error)}`);
    }
  }

  #isBelowVolume(path: string): boolean {
    return (
      !path.split("/").includes("..") && this.#volumes.some((volume) => volume === "/" || path.startsWith(`${volume.replace(/\/$/, "")}/`))
    );
  }

  /** No command keeps its processors busy any more. */
  #idle(): void {
    if (this.#busySinceMs === undefined) return;
    this.#cpuMs += this.#threads * (this.#around.world.host.monotonic() - this.#busySinceMs);
    this.#busySinceMs = undefined;
  }
}

const containerPath = (url: string): string | undefined => /^container:(?:\/\/)?(\/.*)$/.exec(url)?.[1];
