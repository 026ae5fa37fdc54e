import type { TimerHandle } from "../../../spec/host.js";
import type { Workload } from "../provider/workload.js";
import type { Bid, Group, LeaseState } from "./market.js";

/** Why a lease has ended, in the chain's words. */
export type LeaseReason =
  | "lease_closed_owner"
  | "lease_closed_reason_unstable"
  | "lease_closed_reason_decommission"
  | "lease_closed_reason_unspecified"
  | "lease_closed_reason_manifest_timeout"
  | "lease_closed_reason_insufficient_funds";

/** A bid that was taken. */
export class Lease {
  readonly bid: Bid;
  readonly group: Group;
  readonly height: number;
  readonly atMs: number;
  state: LeaseState = "active";
  reason: string | undefined;
  closedOn = 0;
  closedAtMs: number | undefined;
  reclamation: { readonly startedAtMs: number; readonly deadlineMs: number } | undefined;
  /** At the provider, from the manifest on. */
  workload: Workload | undefined;
  manifestTimer: TimerHandle | undefined;
  /** The provider has it no more, and nobody was told. */
  lost = false;

  constructor(bid: Bid, group: Group, height: number, atMs: number) {
    this.bid = bid;
    this.group = group;
    this.height = height;
    this.atMs = atMs;
  }

  /** Costs money. */
  get active(): boolean {
    return this.state === "active" || this.state === "reclaiming";
  }

  /** Ends it on the chain; the workload is ended by whoever ends the lease. */
  close(state: "closed" | "insufficient_funds", reason: string, height: number, nowMs: number): void {
    if (!this.active) return;
    this.state = state;
    this.reason = reason;
    this.closedOn = height;
    this.closedAtMs = nowMs;
    this.manifestTimer?.cancel();
    this.bid.provider.vacate(this);
    this.bid.state = "closed";
  }
}
