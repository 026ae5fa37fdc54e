/** When a fault strikes, as every simulator's rules say it. */
interface FaultRule<Fault, Operation extends string> {
  readonly fault: Fault;
  /** Default: any that the book counts among any. */
  readonly operation?: Operation;
  /** For so many requests. Default 1. */
  readonly times?: number;
}

/** Faults that are to strike, the oldest first. */
export class FaultBook<Fault, Operation extends string> {
  readonly #isAny: (operation: Operation) => boolean;
  #orders: { readonly rule: FaultRule<Fault, Operation>; left: number }[] = [];

  /** `isAny`: whether a rule that names no operation means this one as well. Default: all. */
  constructor(isAny: (operation: Operation) => boolean = () => true) {
    this.#isAny = isAny;
  }

  add(rule: FaultRule<Fault, Operation>): void {
    this.#orders.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#orders = [];
  }

  /** The fault that strikes a request, if any does; uses it up. */
  strike(operation: Operation): Fault | undefined {
    const isMeant = (named: Operation | undefined): boolean => (named === undefined ? this.#isAny(operation) : named === operation);
    const found = this.#orders.find(({ rule, left }) => left > 0 && isMeant(rule.operation));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }
}
