import { type Dec, UACT } from "../sdl/units.js";

/** A payment into an account. */
export interface EscrowDeposit {
  readonly height: number;
  readonly uact: bigint;
}

/**
 * A deployment's money. It is settled only when somebody touches the account, so what it shows is as old as its last settlement; what is owed
 * grows with every block all the same.
 */
export class Escrow {
  state: "open" | "closed" | "overdrawn" = "open";
  readonly deposits: EscrowDeposit[] = [];
  /** As of the last settlement. */
  funds: Dec = 0n;
  /** Paid to providers up to the last settlement. */
  transferred: Dec = 0n;
  settledAt: number;
  refunded = 0n;
  #rate: Dec = 0n;

  constructor(height: number) {
    this.settledAt = height;
  }

  /** Of all active leases, for a block. */
  get rate(): Dec {
    return this.#rate;
  }

  get depositedUact(): bigint {
    return this.deposits.reduce((sum, { uact }) => sum + uact, 0n);
  }

  /** Used up at a height, settled or not. Never more than was deposited. */
  used(height: number): Dec {
    const owed = this.#rate * BigInt(Math.max(0, height - this.settledAt));
    return this.transferred + (owed < this.funds ? owed : this.funds);
  }

  /** The same in whole uact, rounded up: fractions of one are never paid back. */
  usedUact(height: number): bigint {
    return this.state === "closed" ? this.depositedUact - this.refunded : (this.used(height) + UACT - 1n) / UACT;
  }

  /** Height at which nothing is left; undefined while nothing is spent. */
  get emptyAt(): number | undefined {
    if (this.#rate === 0n || this.state !== "open") return undefined;
    return this.settledAt + Number((this.funds + this.#rate - 1n) / this.#rate);
  }

  deposit(uact: bigint, height: number): void {
    this.settle(height);
    this.deposits.push({ height, uact });
    this.funds += uact * UACT;
  }

  /** Sets what the leases cost together, from this height on. */
  charge(rate: Dec, height: number): void {
    this.settle(height);
    this.#rate = rate;
  }

  settle(height: number): void {
    if (this.state !== "open") return;
    const used = this.used(height);
    this.funds -= used - this.transferred;
    this.transferred = used;
    this.settledAt = Math.max(height, this.settledAt);
  }

  /** Ends it; what is left in whole uact goes back. */
  close(height: number): bigint {
    if (this.state === "closed") return 0n;
    this.settle(height);
    this.refunded = this.funds / UACT;
    this.funds = 0n;
    this.#rate = 0n;
    this.state = "closed";
    return this.refunded;
  }

  /** Ends it with nothing left. */
  overdraw(height: number): void {
    this.settle(height);
    this.#rate = 0n;
    this.state = "overdrawn";
  }
}
