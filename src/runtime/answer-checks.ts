import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef, LeaseReport } from "../model/lease.js";
import type { Offer } from "../model/offer.js";
import type { Backend } from "../spec/backend.js";
import type { Intent, Placement } from "../spec/launch.js";

/** Cheap checks of what plug-ins answer, on every call. A violation names the backend and the clause; conformance tests find the rest. */
function violation(backend: Backend, clause: string): SchedulerError {
  return new SchedulerError("PLUGIN_CONTRACT_VIOLATION", `Backend "${backend.id}" broke its contract: ${clause}.`, {
    details: { backend: backend.id },
  });
}

export function checkOffers(backend: Backend, offers: readonly Offer[]): readonly Offer[] {
  if (!Array.isArray(offers)) throw violation(backend, "listOffers answers a list");
  for (const offer of offers) {
    if (typeof offer?.id !== "string" || offer.id === "") throw violation(backend, "every offer has an id");
    if (offer.backend !== backend.id) throw violation(backend, `offer "${offer.id}" names its own backend`);
    if (!Number.isFinite(offer.price?.usdPerHour) || offer.price.usdPerHour < 0)
      throw violation(backend, `offer "${offer.id}" has a finite price >= 0`);
    if (offer.reuses !== undefined) throw violation(backend, `offer "${offer.id}" reuses no lease: the scheduler alone offers open ones`);
    if (!Number.isFinite(offer.expiresAtMs)) throw violation(backend, `offer "${offer.id}" says when it expires`);
  }
  return offers;
}

export function checkLease(backend: Backend, placement: Placement, lease: Lease): Lease {
  if (lease?.ref?.key !== placement.key) throw violation(backend, "bind answers a lease with the placement's key");
  if (lease.ref.backend !== backend.id) throw violation(backend, "a lease names its own backend");
  if (lease.price !== undefined && !(lease.price.usdPerHour <= placement.priceCapUsdPerHour * (1 + 1e-9))) {
    throw violation(backend, "no agreement is above the placement's price cap");
  }
  return lease;
}

export function checkFindings(backend: Backend, intents: readonly Intent[], findings: readonly Finding[]): readonly Finding[] {
  const keys = new Set(findings.map((finding) => finding.key));
  if (findings.length !== intents.length || intents.some((intent) => !keys.has(intent.key)))
    throw violation(backend, "find answers one finding per intent");
  return findings;
}

export function checkReports(backend: Backend, leases: readonly LeaseRef[], reports: readonly LeaseReport[]): readonly LeaseReport[] {
  const keys = new Set(reports.map((report) => report.key));
  if (reports.length !== leases.length || leases.some((lease) => !keys.has(lease.key)))
    throw violation(backend, "inspect answers one report per lease");
  for (const report of reports) {
    if (report.kind === "status" && report.phase === "exited" && report.exitCode === undefined && report.reason === undefined) {
      throw violation(backend, "an exited report has an exit code or a reason");
    }
  }
  return reports;
}

export function checkReleaseAnswer(backend: Backend, answer: unknown): "released" | "pending" {
  if (answer !== "released" && answer !== "pending") throw violation(backend, "release answers `released` or `pending`");
  return answer;
}
