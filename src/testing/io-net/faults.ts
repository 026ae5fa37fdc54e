import type { HttpFault } from "../http/http-fault.js";

/** Requests of the API. */
export type IoNetOperation =
  | "hardware"
  | "replicas"
  | "price"
  | "deploy"
  | "list"
  | "details"
  | "containers"
  | "containerJobs"
  | "log"
  | "extend"
  | "update"
  | "destroy"
  | "nodePools"
  | "unknown";

/** What goes wrong with a request. */
export type IoNetFault = HttpFault;

/** When a fault strikes. */
export interface IoNetFaultRule {
  readonly fault: IoNetFault;
  /** Default: any. */
  readonly operation?: IoNetOperation;
  /** For so many requests. Default 1. */
  readonly times?: number;
}
