import type { ReportBody } from "../../kit/each.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import { isoToMs, msToIso } from "../../kit/timestamp.js";
import { chargeOf, escrowText } from "./charge.js";
import type { PriceTerms } from "./prices.js";
import { endOf, type LeaseEnd } from "./reasons.js";
import type { Trouble } from "./trouble.js";
import type { Deployment, LeaseStatus, WireLease } from "./wire.js";

/** How a container stands, as far as its provider says. */
export type Standing = "up" | "not-up" | "not-there";

/** What is said beside the deployment itself. */
export interface ReportContext {
  readonly backend: string;
  readonly terms: PriceTerms;
}

/** The lease that counts: the newest of the one order. */
export const currentLease = ({ leases }: Deployment): WireLease | undefined => [...leases].sort((a, b) => b.id.oseq - a.id.oseq)[0];

/** A lease that may be running, so that its provider has to be asked. */
export const mayRun = (detail: Deployment, lease: WireLease | undefined): lease is WireLease =>
  detail.deployment.state !== "closed" &&
  lease !== undefined &&
  (lease.state === "active" || lease.state === "reclaiming" || lease.state === "unknown");

/** Reads a container's standing. A status without the service means that the provider has lost it, or not yet got it. */
export function standingOf(status: LeaseStatus | null | undefined, service: string): Standing {
  const services = status?.services ?? {};
  const own = Object.hasOwn(services, service) ? services[service] : undefined;
  if (own === undefined || own.total === 0) return "not-there";
  return own.available > 0 || (own.ready_replicas ?? 0) > 0 ? "up" : "not-up";
}

/** Where the container's port is led to: an address of the provider's web server. */
export function endpointOf(status: LeaseStatus | null | undefined, service: string): string | undefined {
  const services = status?.services ?? {};
  const uri = Object.hasOwn(services, service) ? services[service]?.uris?.[0] : undefined;
  if (uri === undefined || uri === "") return undefined;
  return /^https?:\/\//.test(uri) ? uri : `http://${uri}`;
}

/** A lease that is over, or an order that has none. What is left of both after their end costs nothing, but a paused group keeps its escrow locked. */
export function reportOfRest(detail: Deployment, { backend, terms }: ReportContext): ReportBody {
  const lease = currentLease(detail);
  const charge = chargeOf(detail, terms);
  const isClosed = detail.deployment.state === "closed";
  if (lease === undefined && !isClosed) return omitUndefined({ kind: "status", phase: "pending", charge });
  const end = endOfLease(lease);
  const locked = isClosed ? undefined : escrowText(detail, terms);
  return omitUndefined({
    kind: "status",
    phase: "ended",
    reason: end.reason,
    message: locked === undefined ? end.message : `${end.message} ${locked}`,
    node: nodeOf(backend, lease),
    charge,
  });
}

function endOfLease(lease: WireLease | undefined): LeaseEnd {
  if (lease === undefined) return { reason: "LEASE_LOST", message: "The order was closed before there was a lease." };
  return lease.state === "insufficient_funds" ? endOf("insufficient_funds") : endOf(lease.reason);
}

/** A lease whose provider has been asked. */
export interface LiveFacts {
  readonly detail: Deployment;
  readonly lease: WireLease;
  readonly isUp: boolean;
  readonly endpoint: string | undefined;
  readonly trouble: Trouble;
}

/** What is said of a lease that is open. */
export function reportOfLive({ detail, lease, isUp, endpoint, trouble }: LiveFacts, { backend, terms }: ReportContext): ReportBody {
  const common = { node: nodeOf(backend, lease), charge: chargeOf(detail, terms) };
  if (!isUp && trouble.kind === "hopeless") {
    return omitUndefined({ kind: "status", phase: "ended", reason: trouble.reason, message: trouble.message, ...common });
  }
  const began = isUp || trouble.kind === "began";
  const message = reclaimText(lease) ?? (!isUp && trouble.kind === "began" ? trouble.message : undefined);
  return omitUndefined({
    kind: "status",
    phase: began ? "running" : "starting",
    message,
    endpoint: began ? endpoint : undefined,
    ...common,
  });
}

/** A lease of which its provider has shown nothing for too long. */
export function reportOfSilence(detail: Deployment, lease: WireLease, { backend, terms }: ReportContext): ReportBody {
  const message =
    "The provider has shown nothing of the lease for too long: it is offline, or lost the workload. The lease costs money until it is released.";
  return omitUndefined({
    kind: "status",
    phase: "ended",
    reason: "LEASE_LOST",
    message,
    node: nodeOf(backend, lease),
    charge: chargeOf(detail, terms),
  });
}

function nodeOf(backend: string, lease: WireLease | undefined) {
  return lease === undefined ? undefined : { backend, provider: lease.id.provider, operator: lease.id.provider };
}

function reclaimText({ state, reclamation }: WireLease): string | undefined {
  if (state !== "reclaiming") return undefined;
  const deadline = reclamation?.deadline;
  const atMs = typeof deadline === "number" ? deadline * 1_000 : typeof deadline === "string" ? timeOf(deadline) : undefined;
  const when = atMs === undefined ? "soon" : `at ${msToIso(atMs)}`;
  return `The provider takes the lease back ${when}: what is to be kept has to be stored by then.`;
}

const timeOf = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) * 1_000 : isoToMs(text));
