import type { AkashOperation } from "../faults.js";

/** Which request it is, and what its path names. */
export interface Route {
  readonly operation: AkashOperation;
  readonly ids: readonly string[];
  /** Needs the account's key. */
  readonly guarded: boolean;
}

type Shape = readonly [operation: AkashOperation, method: string, pattern: RegExp, guarded: boolean];

const SHAPES: readonly Shape[] = [
  ["create", "POST", /^\/v1\/deployments$/, true],
  ["list", "GET", /^\/v1\/deployments$/, true],
  ["detail", "GET", /^\/v1\/deployments\/(\d+)$/, true],
  ["update", "PUT", /^\/v1\/deployments\/(\d+)$/, true],
  ["close", "DELETE", /^\/v1\/deployments\/(\d+)$/, true],
  ["bids", "GET", /^\/v1\/bids$/, true],
  ["bids", "GET", /^\/v1\/bids\/(\d+)$/, true],
  ["lease", "POST", /^\/v1\/leases$/, true],
  ["deposit", "POST", /^\/v1\/deposit-deployment$/, true],
  ["activity", "GET", /^\/v1\/activities\/([^/]+)$/, true],
  ["jwt", "POST", /^\/v1\/create-jwt-token$/, true],
  ["settings", "GET", /^\/v2\/deployment-settings\/(\d+)$/, true],
  ["settings", "PATCH", /^\/v2\/deployment-settings\/(\d+)$/, true],
  ["settings", "POST", /^\/v2\/deployment-settings$/, true],
  ["balances", "GET", /^\/v1\/balances$/, true],
  ["fundingConfig", "GET", /^\/v1\/deployment-funding-config$/, true],
  ["certificates", "POST", /^\/v1\/certificates$/, true],
  ["publicDetail", "GET", /^\/v1\/deployment\/([^/]+)\/(\d+)$/, false],
  ["publicList", "GET", /^\/v1\/addresses\/([^/]+)\/deployments\/(\d+)\/(\d+)$/, false],
  ["durations", "GET", /^\/v1\/leases-duration\/([^/]+)$/, false],
  ["providers", "GET", /^\/v1\/providers$/, false],
  ["provider", "GET", /^\/v1\/providers\/([^/]+)$/, false],
  ["gpuPrices", "GET", /^\/v1\/gpu-prices$/, false],
  ["gpu", "GET", /^\/v1\/gpu$/, false],
  ["bidScreening", "POST", /^\/v1\/bid-screening$/, false],
  ["auditors", "GET", /^\/v1\/auditors$/, false],
  ["marketData", "GET", /^\/v1\/market-data(?:\/([^/]+))?$/, false],
  ["blocks", "GET", /^\/v1\/blocks$/, false],
];

/** Operations that the older contract does not have. */
const NEW_IN_SEP: readonly AkashOperation[] = ["activity", "fundingConfig"];

/** Reads a request line. */
export function routeOf(method: string, path: string, contract: "aug" | "sep"): Route {
  for (const [operation, verb, pattern, guarded] of SHAPES) {
    if (verb !== method || (contract === "aug" && NEW_IN_SEP.includes(operation))) continue;
    const match = pattern.exec(path);
    if (match !== null) return { operation, ids: match.slice(1).map((id) => id ?? ""), guarded };
  }
  return { operation: "unknown", ids: [], guarded: false };
}
