import { hostname } from "node:os";
import type { ReportBody } from "../../kit/each.js";
import type { ExitRecord } from "../../kit/process/index.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import type { NodeIdentity } from "../../model/offer.js";
import type { LeaseRecord } from "./lease-record.js";
import { chargeSoFar } from "./ledger.js";
import type { Standing } from "./standing.js";

/** Who runs this machine: the caller. */
export const OPERATOR = "self";

export const thisNode = (backend: string): NodeIdentity => ({ backend, operator: OPERATOR, node: hostname() });

/** What `inspect` says of an open lease. */
export function reportOf(lease: LeaseRecord, standing: Standing, nowMs: number): ReportBody {
  const common = { kind: "status", node: thisNode(lease.backend), charge: chargeSoFar(lease, nowMs) } as const;
  switch (standing.kind) {
    case "starting":
      return { ...common, phase: "starting" };
    case "running":
      return { ...common, phase: "running", ...(standing.startedAtMs === undefined ? {} : { startedAtMs: standing.startedAtMs }) };
    case "failed":
      return { ...common, phase: "ended", reason: standing.error.code, message: standing.error.message };
    case "exited": {
      const { exit } = standing;
      const times = { startedAtMs: exit.startedAtMs, endedAtMs: exit.endedAtMs };
      if (exit.cause === "lifetime") {
        return {
          ...common,
          ...times,
          phase: "ended",
          reason: "LEASE_LOST",
          message: "The lease reached the end of its life and its command was ended.",
        };
      }
      return { ...common, ...times, phase: "exited", exitCode: exit.code, ...whyExited(exit) };
    }
  }
}

function whyExited(exit: ExitRecord): { readonly reason?: ErrorCode; readonly message?: string } {
  if (exit.cause === "timeout") return { reason: "WORKLOAD_TIMED_OUT", message: "The command ran longer than its timeout and was ended." };
  if (exit.outOfMemory) return { reason: "WORKLOAD_OUT_OF_MEMORY", message: "The kernel killed the command because memory ran out." };
  if (exit.error === "ENOENT") return { message: "The command was not found: name a program that is in PATH, or a path to one." };
  if (exit.error !== undefined) return { message: `The command could not be run (${exit.error}).` };
  return exit.signal === undefined ? {} : { message: `The command was ended by ${exit.signal}.` };
}
