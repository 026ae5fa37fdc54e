import type { TimerHandle } from "../../spec/host.js";
import { Bell } from "./bell.js";
import type { Demand, Proposal } from "./market.js";
import type { SimulatedAgreement } from "./options.js";
import type { ProviderNode } from "./provider.js";
import type { ProviderBreakCode } from "./provider-options.js";
import type { YagnaWorld } from "./world.js";

/** Who ended an agreement, and why. */
export interface Termination {
  readonly by: "Requestor" | "Provider";
  readonly atMs: number;
  /** As it was sent: a message and whatever else. */
  readonly reason: Readonly<Record<string, unknown>>;
  readonly code?: ProviderBreakCode;
}

/** A contract with one provider. */
export class Agreement {
  readonly id: string;
  readonly demand: Demand;
  /** What the requestor said last. */
  readonly counter: Proposal;
  /** What the provider said last, and what holds. */
  readonly draft: Proposal;
  readonly validTo: string;
  readonly timestamp: string;
  readonly bell: Bell;
  readonly timers = new Set<TimerHandle>();
  state: SimulatedAgreement["state"] = "Proposal";
  session: string | undefined;
  termination: Termination | undefined;
  approvedAt: string | undefined;
  /** The daemon has lost its state: it knows nothing of it any more. */
  forgotten = false;
  readonly #world: YagnaWorld;

  constructor(
    parts: { readonly demand: Demand; readonly counter: Proposal; readonly draft: Proposal; readonly validTo: string },
    world: YagnaWorld,
  ) {
    this.id = world.host.randomHex(32);
    this.demand = parts.demand;
    this.counter = parts.counter;
    this.draft = parts.draft;
    this.validTo = parts.validTo;
    this.timestamp = world.iso();
    this.bell = new Bell(world);
    this.#world = world;
  }

  get provider(): ProviderNode {
    return this.draft.provider;
  }

  get isOpen(): boolean {
    return this.state === "Approved";
  }

  /** Happens unless the agreement has ended by then. */
  after(ms: number, then: () => void): TimerHandle {
    const timer = this.#world.after(ms, () => {
      this.timers.delete(timer);
      then();
    });
    this.timers.add(timer);
    return timer;
  }

  cancelTimers(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }

  /** As the market shows it. */
  show(): object {
    return {
      agreementId: this.id,
      demand: {
        properties: this.counter.properties,
        constraints: this.counter.constraints,
        demandId: this.demand.id,
        requestorId: this.#world.identity,
        timestamp: this.counter.timestamp,
      },
      offer: {
        properties: this.draft.properties,
        constraints: this.draft.constraints,
        offerId: `${this.draft.id.slice(2)}-${this.demand.id.slice(0, 32)}`,
        providerId: this.provider.nodeId,
        timestamp: this.draft.timestamp,
      },
      validTo: this.validTo,
      ...(this.approvedAt === undefined ? {} : { approvedDate: this.approvedAt }),
      state: this.state,
      timestamp: this.timestamp,
      ...(this.session === undefined ? {} : { appSessionId: this.session }),
    };
  }

  /** As a test sees it. */
  describe(): SimulatedAgreement {
    const { termination } = this;
    return {
      id: this.id,
      provider: this.provider.name,
      providerId: this.provider.nodeId,
      state: this.state,
      demandProperties: this.counter.properties,
      ...(termination === undefined
        ? {}
        : {
            termination: {
              by: termination.by,
              message: String(termination.reason["message"]),
              ...(termination.code === undefined ? {} : { code: termination.code }),
            },
          }),
    };
  }
}
