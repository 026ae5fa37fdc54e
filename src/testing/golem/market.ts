import { Bell, type Patience } from "./bell.js";
import { ConstraintSyntaxError, type Properties, parseConstraints } from "./constraints.js";
import { refused } from "./failure.js";
import type { ProviderNode } from "./provider.js";
import type { YagnaWorld } from "./world.js";

/** What one side of a negotiation says. */
export interface Proposal {
  readonly id: string;
  readonly demandId: string;
  readonly issuer: "provider" | "requestor";
  readonly provider: ProviderNode;
  state: "Initial" | "Draft" | "Rejected" | "Accepted" | "Expired";
  readonly previousId: string | undefined;
  readonly properties: Properties;
  readonly constraints: string;
  readonly timestamp: string;
}

/** A published demand. */
export interface Demand {
  readonly id: string;
  readonly properties: Properties;
  readonly constraints: string;
  readonly timestamp: string;
  readonly events: object[];
  readonly bell: Bell;
  open: boolean;
}

/** Body of a demand or a counter-proposal. */
export interface DemandBody {
  readonly properties: Properties;
  readonly constraints: string;
}

/** Demands, offers and what is said between them. */
export class Market {
  readonly demands = new Map<string, Demand>();
  readonly proposals = new Map<string, Proposal>();
  readonly scans = new Map<string, DemandBody>();
  readonly #world: YagnaWorld;
  readonly #providers: readonly ProviderNode[];

  constructor(world: YagnaWorld, providers: readonly ProviderNode[]) {
    this.#world = world;
    this.#providers = providers;
  }

  subscribe(body: unknown): string {
    const { properties, constraints } = checkDemand(body);
    const demand: Demand = {
      id: `${this.#world.newId()}-${this.#world.host.randomHex(32)}`,
      properties,
      constraints,
      timestamp: this.#world.iso(),
      events: [],
      bell: new Bell(this.#world),
      open: true,
    };
    this.demands.set(demand.id, demand);
    this.#match(demand, this.#providers);
    return demand.id;
  }

  /** A provider offers anew, as they do once they are free again. */
  republish(provider: ProviderNode): void {
    for (const demand of this.demands.values()) this.#match(demand, [provider]);
  }

  unsubscribe(id: string): void {
    const demand = this.demand(id);
    demand.open = false;
    demand.events.length = 0;
    demand.bell.ring();
  }

  /** Hands every event out once, however many ask at the same time. */
  async collect(id: string, most: number, patience: Patience): Promise<readonly object[]> {
    const demand = this.demand(id);
    const look = (): readonly object[] | undefined => {
      if (!demand.open) return [];
      return demand.events.length === 0 ? undefined : demand.events.splice(0, most);
    };
    const found = await demand.bell.wait(look, patience);
    if (!demand.open) throw refused(404, `Subscription [${id}] not found.`);
    return found ?? [];
  }

  counter(demandId: string, proposalId: string, body: unknown): string {
    const { properties, constraints } = checkDemand(body);
    const demand = this.demand(demandId);
    const before = this.proposal(demandId, proposalId);
    if (before.issuer !== "provider" || before.state === "Rejected") throw refused(400, `Proposal [${proposalId}] cannot be countered.`);
    const counter: Proposal = {
      id: this.#proposalId(),
      demandId,
      issuer: "requestor",
      provider: before.provider,
      state: "Draft",
      previousId: before.id,
      properties,
      constraints,
      timestamp: this.#world.iso(),
    };
    this.proposals.set(counter.id, counter);
    this.#world.after(this.#world.delays.negotiateMs, () => this.#answer(demand, before, counter));
    return counter.id;
  }

  reject(demandId: string, proposalId: string): void {
    this.proposal(demandId, proposalId).state = "Rejected";
  }

  demand(id: string): Demand {
    const found = this.demands.get(id);
    if (found === undefined || !found.open) throw refused(404, `Subscription [${id}] not found.`);
    return found;
  }

  proposal(demandId: string, id: string): Proposal {
    const found = this.proposals.get(id);
    if (found === undefined || (demandId !== "" && found.demandId !== demandId)) throw refused(404, `Proposal [${id}] not found.`);
    return found;
  }

  show({ id, issuer, provider, state, previousId, properties, constraints, timestamp }: Proposal): object {
    return {
      properties,
      constraints,
      proposalId: id,
      issuerId: issuer === "provider" ? provider.nodeId : this.#world.identity,
      state,
      timestamp,
      ...(previousId === undefined ? {} : { prevProposalId: previousId }),
    };
  }

  /** A scan's offers as they are told. */
  scanned(body: DemandBody): readonly object[] {
    const wanted = parseConstraints(body.constraints);
    return offersOf(this.#providers)
      .filter(({ properties }) => wanted(properties))
      .map(({ provider, properties }) => ({
        offerId: `${this.#world.newId()}-${this.#world.host.randomHex(32)}`,
        providerId: provider.nodeId,
        properties,
        constraints: provider.constraints,
        timestamp: this.#world.iso(),
      }));
  }

  beginScan(body: unknown): string {
    const id = this.#world.newId();
    this.scans.set(id, checkDemand(body));
    return id;
  }

  scan(id: string): DemandBody {
    const found = this.scans.get(id);
    if (found === undefined) throw refused(404, `Subscription [${id}] not found.`);
    return found;
  }

  forget(): void {
    for (const demand of this.demands.values()) {
      demand.open = false;
      demand.bell.ring();
    }
    this.demands.clear();
    this.proposals.clear();
    this.scans.clear();
  }

  /** Both sides' constraints must hold. */
  #match(demand: Demand, providers: readonly ProviderNode[]): void {
    const wanted = parseConstraints(demand.constraints);
    this.#world.after(this.#world.delays.matchMs, () => {
      for (const { provider, properties } of offersOf(providers)) {
        const fits = demand.open && wanted(properties) && parseConstraints(provider.constraints)(demand.properties);
        if (fits) this.#propose(demand, provider, { state: "Initial", properties, previousId: undefined });
      }
    });
  }

  #answer(demand: Demand, before: Proposal, counter: Proposal): void {
    const { provider } = before;
    const { counter: habit = "draft" } = provider.habits;
    if (!demand.open || habit === "silent") return;
    const refusal = habit === "draft" ? provider.refusal(counter.properties) : "Simulated refusal";
    if (refusal === undefined) {
      this.#propose(demand, provider, {
        state: "Draft",
        properties: provider.draft(before.properties, counter.properties),
        previousId: counter.id,
      });
      return;
    }
    counter.state = "Rejected";
    demand.events.push({
      eventType: "ProposalRejectedEvent",
      eventDate: this.#world.iso(),
      proposalId: counter.id,
      ...(habit === "reject-without-reason" ? {} : { reason: { message: refusal } }),
    });
    demand.bell.ring();
  }

  #propose(demand: Demand, provider: ProviderNode, said: Pick<Proposal, "state" | "properties" | "previousId">): void {
    const proposal: Proposal = {
      ...said,
      id: this.#proposalId(),
      demandId: demand.id,
      issuer: "provider",
      provider,
      constraints: provider.constraints,
      timestamp: this.#world.iso(),
    };
    this.proposals.set(proposal.id, proposal);
    demand.events.push({ eventType: "ProposalEvent", eventDate: this.#world.iso(), proposal: this.show(proposal) });
    demand.bell.ring();
  }

  /** `R-` marks an id on the requestor's side. */
  #proposalId(): string {
    return `R-${this.#world.host.randomHex(32)}`;
  }
}

const offersOf = (providers: readonly ProviderNode[]): readonly { readonly provider: ProviderNode; readonly properties: Properties }[] =>
  providers.filter(({ habits }) => habits.offers !== "none").map((provider) => ({ provider, properties: provider.offer() }));

function checkDemand(body: unknown): DemandBody {
  const { properties, constraints } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  if (typeof properties !== "object" || properties === null || typeof constraints !== "string") {
    throw refused(400, "Deserialize error: missing field `properties` or `constraints`");
  }
  try {
    parseConstraints(constraints);
  } catch (error) {
    if (!(error instanceof ConstraintSyntaxError)) throw error;
    throw refused(400, `Failed to resolve constraints: ${error.message}`);
  }
  return { properties: properties as Properties, constraints };
}
