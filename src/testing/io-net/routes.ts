import type { IoNetOperation } from "./faults.js";

const PREFIX = "/enterprise/v1/io-cloud/caas";

/** Which request it is, and the ids in its path. */
export interface Route {
  readonly operation: IoNetOperation;
  readonly id: string;
  readonly containerId: string;
}

type Shape = readonly [operation: IoNetOperation, method: string, pattern: RegExp];

const SHAPES: readonly Shape[] = [
  ["hardware", "GET", /^\/hardware\/max-gpus-per-container$/],
  ["replicas", "GET", /^\/available-replicas$/],
  ["price", "GET", /^\/price$/],
  ["deploy", "POST", /^\/deploy$/],
  ["list", "GET", /^\/deployments$/],
  ["nodePools", "GET", /^\/node-pools$/],
  ["containers", "GET", /^\/deployment\/([^/]+)\/containers$/],
  ["containerJobs", "GET", /^\/deployment\/([^/]+)\/containers-jobs\/([^/]+)$/],
  ["log", "GET", /^\/deployment\/([^/]+)\/log\/([^/]+)$/],
  ["extend", "POST", /^\/deployment\/([^/]+)\/extend$/],
  ["details", "GET", /^\/deployment\/([^/]+)$/],
  ["update", "PATCH", /^\/deployment\/([^/]+)$/],
  ["destroy", "DELETE", /^\/deployment\/([^/]+)$/],
];

/** Reads a request line. */
export function routeOf(method: string, path: string): Route {
  const rest = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
  for (const [operation, wanted, pattern] of SHAPES) {
    const match = wanted === method ? pattern.exec(rest) : null;
    if (match !== null) return { operation, id: decodeURIComponent(match[1] ?? ""), containerId: decodeURIComponent(match[2] ?? "") };
  }
  return { operation: "unknown", id: "", containerId: "" };
}
