import type { Agreement } from "./agreement.js";
import type { AgreementListener, Agreements } from "./agreements.js";
import type { Batch } from "./batch.js";
import type { Patience } from "./bell.js";
import { ExeUnit, type ExeUnitSurroundings } from "./exe-unit.js";
import { refused } from "./failure.js";
import type { SimulatedActivity } from "./options.js";

/** Who wants to know. */
export interface ActivityListener {
  began(unit: ExeUnit): void;
  ended(unit: ExeUnit): void;
}

const GONE = "GSB failure: Bad request: endpoint address not found";

/** Every activity of every agreement. */
export class Activities implements AgreementListener {
  readonly all: ExeUnit[] = [];
  readonly #around: ExeUnitSurroundings;
  readonly #agreements: Agreements;
  readonly #listeners: ActivityListener[] = [];

  constructor(around: ExeUnitSurroundings, agreements: Agreements) {
    this.#around = around;
    this.#agreements = agreements;
    agreements.listen(this);
  }

  listen(listener: ActivityListener): void {
    this.#listeners.push(listener);
  }

  approved(agreement: Agreement): void {
    this.#breakWhenIdle(agreement);
  }

  ended(agreement: Agreement): void {
    for (const unit of this.of(agreement)) void this.#end(unit);
  }

  of(agreement: Agreement): readonly ExeUnit[] {
    return this.all.filter((unit) => unit.agreement === agreement);
  }

  find(id: string): ExeUnit {
    const found = this.all.find((unit) => unit.id === id && !unit.agreement.forgotten);
    if (found === undefined) throw refused(404, `Activity ${id} not found`);
    return found;
  }

  async create(body: unknown, patience: Patience): Promise<object> {
    const { agreementId } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
    const agreement = this.#agreements.find(String(agreementId));
    if (!agreement.isOpen) throw refused(400, `Agreement ${agreement.id} is in state ${agreement.state}`);
    const { world } = this.#around;
    const { activity = "create" } = agreement.provider.habits;
    const waitMs = activity === "silent" ? patience.timeoutMs : world.delays.createMs;
    await new Promise<void>((resolve) => world.after(waitMs, resolve));
    if (activity === "silent") throw refused(408, "Timeout: activity creation was not confirmed by the provider");
    if (activity === "fail") throw refused(500, "GSB failure: Remote service error: failed to start the exe-unit");
    if (!agreement.isOpen) throw refused(500, GONE);
    const unit = new ExeUnit(agreement, this.#around);
    unit.state = "Initialized";
    this.all.push(unit);
    for (const listener of this.#listeners) listener.began(unit);
    return { activityId: unit.id };
  }

  async destroy(id: string): Promise<void> {
    const unit = this.find(id);
    const { world } = this.#around;
    const { terminationMs = world.delays.destroyMs } = unit.agreement.provider.habits;
    await new Promise<void>((resolve) => world.after(terminationMs, resolve));
    await this.#end(unit);
    this.#breakWhenIdle(unit.agreement);
  }

  crash(id: string, message: string): void {
    void this.#end(this.find(id), message);
  }

  state(id: string): object {
    const { state, crash } = this.find(id);
    return { state: [state, null], reason: crash === undefined ? null : "exe-unit terminated", errorMessage: crash ?? null };
  }

  usage(id: string): object {
    const seconds = this.find(id)
      .countersMs()
      .map((ms) => ms / 1_000);
    return { currentUsage: seconds, timestamp: Math.floor(this.#around.world.wallMs() / 1_000) };
  }

  batch(id: string, batchId: string): { readonly unit: ExeUnit; readonly batch: Batch } {
    const unit = this.find(id);
    const batch = unit.batches.get(batchId);
    if (unit.isOver) throw refused(500, GONE);
    if (batch === undefined) throw refused(404, `Batch ${batchId} not found`);
    return { unit, batch };
  }

  async results(id: string, batchId: string, commandIndex: number | undefined, patience: Patience): Promise<readonly object[]> {
    const { unit, batch } = this.batch(id, batchId);
    const results = await batch.read(commandIndex, () => unit.isOver, patience);
    if (unit.isOver) throw refused(500, GONE);
    if (commandIndex !== undefined && results.length <= commandIndex) throw refused(408, "Timeout: command is still running");
    return results;
  }

  describe(): readonly SimulatedActivity[] {
    return this.all.map((unit) => {
      const { cpuMs, durationMs } = unit.usageMs();
      return {
        id: unit.id,
        agreementId: unit.agreement.id,
        provider: unit.agreement.provider.name,
        state: unit.state,
        commands: unit.commands,
        usage: { cpuSeconds: cpuMs / 1_000, durationSeconds: durationMs / 1_000 },
      };
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((unit) => unit.end()));
  }

  async #end(unit: ExeUnit, crash?: string): Promise<void> {
    const wasOver = unit.isOver;
    const ended = unit.end(crash);
    if (wasOver) return await ended;
    for (const listener of this.#listeners) listener.ended(unit);
    await ended;
  }

  #breakWhenIdle(agreement: Agreement): void {
    const made = this.all.length;
    agreement.after(this.#around.world.delays.idleMs, () => {
      const isIdle = this.of(agreement).every((unit) => unit.isOver);
      if (isIdle && this.all.slice(made).every((unit) => unit.agreement !== agreement)) this.#agreements.breakBy(agreement, "NoActivity");
    });
  }
}
