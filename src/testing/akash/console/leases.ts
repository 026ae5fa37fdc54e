import type { SimulatedDeployment } from "../chain/deployment.js";
import type { Lease } from "../chain/lease.js";
import type { Bid } from "../chain/market.js";
import type { World } from "../world.js";
import { AkashFailure, badRequest } from "./failure.js";

/** A bid that a client wants to take. */
interface Wanted {
  readonly gseq: number;
  readonly oseq: number;
  readonly provider: string;
}

/** Takes bids, and brings manifests to the providers whose bids were taken. */
export class Leases {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** @throws what the chain or the Console says of a bid that cannot be taken, before or after the transaction. */
  async make(deployment: SimulatedDeployment, wanted: readonly Wanted[], transaction: () => Promise<void>): Promise<void> {
    const chosen = choose(deployment, wanted);
    this.#reach(deployment.dseq, chosen);
    await transaction();
    choose(deployment, wanted);
    deployment.accept(chosen);
  }

  /** @throws of the first provider that does not take it. Default manifest: the deployment's own. */
  send(deployment: SimulatedDeployment, manifest: string | undefined): void {
    for (const lease of deployment.leases.filter(({ active }) => active)) this.#deliver(deployment, lease, manifest);
  }

  /** The newer contract looks first whether the provider answers at all. */
  #reach(dseq: string, bids: readonly Bid[]): void {
    const { contract, troubles } = this.#world;
    if (contract === "aug") return;
    for (const { provider } of bids) {
      if (provider.isOnline && !troubles.strike("provider-unreachable", provider.options.name)) continue;
      throw new AkashFailure(502, "The provider is unreachable; no lease was created.", {
        code: "provider_unreachable",
        data: { dseq, provider: provider.address, reason: "connect ECONNREFUSED" },
      });
    }
  }

  #deliver(deployment: SimulatedDeployment, lease: Lease, manifest: string | undefined): void {
    const { contract, troubles } = this.#world;
    const { address, options, isOnline } = lease.bid.provider;
    const undelivered = (status: number, reason: string): AkashFailure =>
      new AkashFailure(
        status,
        `The lease exists, but the provider did not take its manifest: ${reason}`,
        contract === "aug" ? {} : { code: "manifest_not_delivered", data: { dseq: deployment.dseq, provider: address, reason } },
      );
    if (!isOnline || troubles.strike("manifest-not-delivered", options.name)) throw undelivered(503, "connect ETIMEDOUT");
    if (contract === "aug" && troubles.strike("provider-unreachable", options.name)) throw undelivered(503, "connect ECONNREFUSED");
    const refused = deployment.refusalOf(manifest);
    if (refused !== undefined) throw undelivered(422, refused);
    deployment.deliver(lease);
  }
}

/** The bids that are to be taken. @throws what the chain or the Console says of one that cannot. */
function choose(deployment: SimulatedDeployment, wanted: readonly Wanted[]): readonly Bid[] {
  if (deployment.state === "closed") throw badRequest("Deployment closed");
  return wanted.map(({ gseq, oseq, provider }) => {
    const bid = deployment.bids.find((one) => one.gseq === gseq && one.oseq === oseq && one.provider.address === provider);
    if (bid === undefined) throw badRequest("Bid not found");
    if (!bid.provider.audited) throw new AkashFailure(403, "The provider is not audited.");
    const order = deployment.groups.find((group) => group.gseq === gseq)?.order;
    if (bid.state !== "open") throw badRequest("Bid not open");
    if (order?.state !== "open") throw badRequest("Order not open");
    return bid;
  });
}
