import { allocationProblem, refused } from "./failure.js";
import { formatGlm, parseGlm } from "./glm.js";
import type { SimulatedAllocation } from "./options.js";
import type { YagnaWorld } from "./world.js";

/** Money that is set aside. Amounts in units of 10⁻¹⁸ GLM. */
export interface Allocation {
  readonly id: string;
  readonly address: string;
  readonly platform: string;
  readonly timestamp: string;
  total: bigint;
  spent: bigint;
  timeout: string | undefined;
  open: boolean;
  forgotten: boolean;
}

/** The account and what is set aside of it. */
export class Allocations {
  readonly all: Allocation[] = [];
  readonly #world: YagnaWorld;
  readonly #funds: bigint;
  readonly #spent = new Map<string, bigint>();

  constructor(world: YagnaWorld, funds: bigint) {
    this.#world = world;
    this.#funds = funds;
  }

  create(body: unknown): object {
    const { totalAmount, paymentPlatform, address, timeout } = (typeof body === "object" && body !== null ? body : {}) as Partial<
      Record<string, unknown>
    >;
    const total = typeof totalAmount === "string" || typeof totalAmount === "number" ? parseGlm(totalAmount) : undefined;
    if (total === undefined) throw allocationProblem("bad-amount", "totalAmount is no amount");
    const platform = typeof paymentPlatform === "string" ? paymentPlatform : (this.#world.platforms[0] ?? "");
    if (!this.#world.platforms.includes(platform)) {
      throw refused(500, `Account ${this.#world.identity} is not initialized on platform ${platform}`);
    }
    const endMs = typeof timeout === "string" ? Date.parse(timeout) : undefined;
    if (endMs !== undefined && !(endMs > this.#world.wallMs()))
      throw allocationProblem("timeout-passed", "Requested timeout is in the past");
    if (total > this.#free(platform)) {
      throw allocationProblem(
        "insufficient-account-funds",
        `Insufficient funds: requested ${formatGlm(total)}, available ${formatGlm(this.#free(platform))}`,
      );
    }
    const allocation: Allocation = {
      id: uuid(this.#world.newId()),
      address: typeof address === "string" ? address : this.#world.identity,
      platform,
      timestamp: this.#world.iso(),
      total,
      spent: 0n,
      timeout: typeof timeout === "string" ? timeout : undefined,
      open: true,
      forgotten: false,
    };
    this.all.push(allocation);
    if (endMs !== undefined) {
      this.#world.after(endMs - this.#world.wallMs(), () => {
        allocation.open = false;
      });
    }
    return show(allocation);
  }

  list(): readonly object[] {
    return this.all.filter(({ open, forgotten }) => open && !forgotten).map(show);
  }

  /** Throws a 404 for one that never was, and a 410 for one that is released. */
  find(id: string): Allocation {
    const found = this.all.find((one) => one.id === id && !one.forgotten);
    if (found === undefined) throw refused(404, `Allocation ${id} not found`);
    if (!found.open) throw refused(410, `Allocation ${id} has been already released`);
    return found;
  }

  get(id: string): object {
    return show(this.find(id));
  }

  amend(id: string, body: unknown): object {
    const allocation = this.find(id);
    const { totalAmount, timeout } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
    const total = typeof totalAmount === "string" || typeof totalAmount === "number" ? parseGlm(totalAmount) : allocation.total;
    if (total === undefined || total < allocation.spent) throw allocationProblem("bad-amount", "totalAmount is less than what is spent");
    if (total - allocation.total > this.#free(allocation.platform))
      throw allocationProblem("insufficient-account-funds", "Insufficient funds");
    allocation.total = total;
    if (typeof timeout === "string") allocation.timeout = timeout;
    return show(allocation);
  }

  release(id: string): void {
    this.find(id).open = false;
  }

  /** What a demand has to say so that it can be paid from these. */
  decorations(ids: readonly string[]): object {
    const allocations = ids.map((id) => this.find(id));
    const platforms = [...new Set(allocations.map(({ platform }) => platform))];
    const addresses = platforms.map((platform) => ({
      key: `golem.com.payment.platform.${platform}.address`,
      value: allocations.find((one) => one.platform === platform)?.address ?? this.#world.identity,
    }));
    return {
      properties: [...addresses, { key: "golem.com.payment.protocol.version", value: "3" }],
      constraints: [
        ...platforms.map((platform) => `(golem.com.payment.platform.${platform}.address=*)`),
        "(golem.com.payment.protocol.version>1)",
      ],
    };
  }

  /** Spends so much of an allocation; a 400 when not so much is left. */
  spend(allocation: Allocation, amount: bigint): void {
    if (amount > allocation.total - allocation.spent) {
      throw refused(400, `Not enough funds. Allocated: ${formatGlm(allocation.total - allocation.spent)} Needed: ${formatGlm(amount)}`);
    }
    allocation.spent += amount;
    this.#spent.set(allocation.platform, (this.#spent.get(allocation.platform) ?? 0n) + amount);
  }

  describe(): readonly SimulatedAllocation[] {
    return this.all.map(({ id, platform, total, spent, open }) => ({ id, platform, total, spent, remaining: total - spent, open }));
  }

  /** The daemon has lost its state. */
  forget(): void {
    for (const allocation of this.all) {
      allocation.forgotten = true;
      allocation.open = false;
    }
  }

  /** What is neither spent nor set aside. */
  #free(platform: string): bigint {
    const aside = this.all
      .filter((one) => one.open && one.platform === platform)
      .reduce((sum, { total, spent }) => sum + total - spent, 0n);
    return this.#funds - (this.#spent.get(platform) ?? 0n) - aside;
  }
}

const show = ({ id, address, platform, total, spent, timestamp, timeout }: Allocation): object => ({
  allocationId: id,
  address,
  paymentPlatform: platform,
  totalAmount: formatGlm(total),
  spentAmount: formatGlm(spent),
  remainingAmount: formatGlm(total - spent),
  timestamp,
  ...(timeout === undefined ? {} : { timeout }),
  makeDeposit: false,
});

/** 32 hex digits in the form of a UUID. */
export const uuid = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
