import type { CallContext } from "../../../spec/call-context.js";
import type { ResolvedQueue } from "../queue-options.js";
import type { Rates } from "./rates.js";

/** What is asked for: the same for all queues with the same capacity behind them. */
export type PriceQuery =
  | { readonly of: "on-demand-machine"; readonly instanceType: string }
  | { readonly of: "spot-machine"; readonly instanceType: string; readonly zones: readonly string[] }
  | { readonly of: "fargate"; readonly arch: "x86_64" | "arm64" };

/** Asks Amazon for prices. */
export interface PriceLookup {
  /**
   * Rates as they are now.
   *
   * @throws PRICE_UNAVAILABLE when the answer holds no such price; DEPENDENCY_MISSING, BACKEND_AUTH_FAILED and what else the calls may fail with.
   */
  ask(query: PriceQuery, call: CallContext): Promise<Rates>;
  /** Frees sockets. */
  close(): void;
}

/** How the price of a queue can be found out; not at all for Fargate Spot, whose rates no API tells, and for machines of no stated type. */
export function queryFor({ platform, purchase, arch, instance, zones }: ResolvedQueue): PriceQuery | undefined {
  if (platform === "fargate") return purchase === "on-demand" ? { of: "fargate", arch } : undefined;
  const instanceType = instance?.type;
  if (instanceType === undefined) return undefined;
  return purchase === "spot" ? { of: "spot-machine", instanceType, zones } : { of: "on-demand-machine", instanceType };
}

/** Two queries of one text have one answer. */
export function textOf(query: PriceQuery): string {
  switch (query.of) {
    case "fargate":
      return `Fargate on ${query.arch}`;
    case "on-demand-machine":
      return `${query.instanceType} on demand`;
    case "spot-machine":
      return `${query.instanceType} on spot${query.zones.length === 0 ? "" : ` in ${[...query.zones].sort().join(", ")}`}`;
  }
}

/** The permission that a query needs. */
export const permissionFor = ({ of }: PriceQuery): string =>
  of === "spot-machine" ? "ec2:DescribeSpotPriceHistory" : "pricing:GetProducts";
