import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Deployment, GpuPrice, Provider, WireBid } from "./wire.js";

/** An order that is to be made. */
export interface NewOrder {
  /** SDL as text. Secret, since variables stand in it. */
  readonly sdl: Secret;
  readonly name: string;
  readonly depositUsd: number;
  /** Runtime limit, if one is asked for. */
  readonly limitHours?: number;
}

/** Group, order and seller of a bid or lease; with the deployment's number they name it. */
export interface Deal {
  readonly dseq: string;
  readonly gseq: number;
  readonly oseq: number;
  readonly provider: string;
}

/** Parts of a lease that a token may open. */
export type TokenScope = "status" | "logs" | "events";

/**
 * The market: discovery, and transactions in the name of one account. Behind it stands who signs them, which today is the Console's managed wallet.
 * Everything that this backend does to the chain goes through here.
 */
export interface Market {
  providers(call: CallContext): Promise<readonly Provider[]>;
  provider(call: CallContext, address: string): Promise<Provider | undefined>;
  gpuPrices(call: CallContext): Promise<readonly GpuPrice[]>;
  /** Free credits, USD. */
  balanceUsd(call: CallContext): Promise<number>;
  /** Makes an order. Sent once: who asks twice has two. */
  create(call: CallContext, order: NewOrder): Promise<{ readonly dseq: string; readonly manifest?: string }>;
  bids(call: CallContext, dseq: string): Promise<readonly WireBid[]>;
  /** Takes a bid and delivers the manifest. May be repeated: a lease that exists gets its manifest again. */
  lease(call: CallContext, deal: Deal, manifest: Secret): Promise<Deployment>;
  deployment(call: CallContext, dseq: string): Promise<Deployment | undefined>;
  /** Every deployment that is not closed, each with its own leases. */
  deployments(call: CallContext): Promise<readonly Deployment[]>;
  /** May be repeated. Answers before it is done. */
  close(call: CallContext, dseq: string): Promise<void>;
  /** Hours of the runtime limit that is in force, or nothing. */
  limitHours(call: CallContext, dseq: string): Promise<number | undefined>;
  /** A token for one lease, one provider and one purpose. */
  token(call: CallContext, deal: Deal, scope: TokenScope, ttlMs: number): Promise<Secret>;
}
