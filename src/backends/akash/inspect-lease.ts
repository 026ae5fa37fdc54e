import type { ReportBody } from "../../kit/each.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { LeaseWindow } from "./lease-window.js";
import type { Market } from "./market.js";
import { createMemory, type Memory } from "./memory.js";
import { nameOf } from "./names.js";
import type { ResolvedOptions } from "./options.js";
import type { Recogniser } from "./recognise.js";
import { madeAtMs } from "./reference.js";
import { currentLease, endpointOf, mayRun, reportOfLive, reportOfRest, reportOfSilence, standingOf } from "./report.js";
import { type Trouble, troubleOf } from "./trouble.js";
import type { Deployment, LeaseStatus, WireLease } from "./wire.js";

const MOST_LEASES = 20_000;

/** What was seen of a lease before. Forgotten with the process, which then begins to count anew. */
interface Sightings {
  /** Its command has begun. A container that is down for a moment does not take that back. */
  readonly began: boolean;
  /** Since when nothing was shown of it, by the host's monotonic clock. */
  readonly silentSinceMs?: number;
}

/** What leases are inspected with. */
export interface InspectTools {
  readonly backend: string;
  readonly market: Market;
  readonly window: LeaseWindow;
  readonly options: ResolvedOptions;
  readonly recogniser: Recogniser;
}

/** Reports on one lease; nothing for one that the market does not know. */
export type LeaseInspector = (lease: LeaseRef, call: CallContext) => Promise<ReportBody | undefined>;

/** Makes a {@link LeaseInspector}. */
export function createInspector(tools: InspectTools): LeaseInspector {
  const sightings = createMemory<Sightings>(MOST_LEASES);
  return async (ref, call) => {
    const dseq = tools.recogniser.behind(ref);
    const detail = dseq === undefined ? undefined : await tools.market.deployment(call, dseq);
    if (dseq === undefined || detail === undefined) return undefined;
    const lease = currentLease(detail);
    if (!mayRun(detail, lease)) {
      sightings.forget(dseq);
      return reportOfRest(detail, { backend: tools.backend, terms: tools.options });
    }
    return inspectLive(tools, sightings, { dseq, detail, lease, service: nameOf(ref.key, call.namespace) }, call);
  };
}

interface Live {
  readonly dseq: string;
  readonly detail: Deployment;
  readonly lease: WireLease;
  readonly service: string;
}

async function inspectLive(tools: InspectTools, sightings: Memory<Sightings>, live: Live, call: CallContext): Promise<ReportBody> {
  const { backend, options } = tools;
  const { dseq, detail, lease, service } = live;
  const context = { backend, terms: options };
  const status = await statusOf(tools, live, call);
  const standing = standingOf(status, service);
  const before = sightings.get(dseq) ?? { began: false };
  if (standing === "not-there") {
    const nowMs = call.host.monotonic();
    const silentSinceMs = before.silentSinceMs ?? nowMs;
    sightings.set(dseq, { ...before, silentSinceMs });
    if (nowMs - silentSinceMs >= options.silenceMs) return reportOfSilence(detail, lease, context);
    throw new SchedulerError("BACKEND_UNAVAILABLE", `${backend}: the provider shows nothing of the lease for the moment.`, {
      effect: "none",
      details: { backend },
    });
  }
  const isUp = standing === "up" || before.began;
  const trouble = isUp ? NO_TROUBLE : await troubleOfStart(tools, live, call);
  sightings.set(dseq, { began: isUp || trouble.kind === "began" });
  return reportOfLive({ detail, lease, isUp, endpoint: endpointOf(status, service), trouble }, context);
}

const NO_TROUBLE: Trouble = { kind: "none" };

/** The Console's answer holds it, or `null` whenever it could not ask; then the provider is asked without it. */
async function statusOf({ window, backend }: InspectTools, { lease, dseq }: Live, call: CallContext): Promise<LeaseStatus | undefined> {
  if (lease.status != null) return lease.status;
  try {
    return await window.status(call, { ...lease.id, dseq });
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    call.logger.debug({ backend, dseq, error: String(error) }, "the provider cannot be asked for a lease's status");
    return undefined;
  }
}

/** Events are asked only of a start that takes long: they cost a token and a stream. */
async function troubleOfStart(
  { window, backend, options }: InspectTools,
  { lease, dseq, service }: Live,
  call: CallContext,
): Promise<Trouble> {
  if (call.host.now() - madeAtMs(dseq) < options.eventsAfterMs) return NO_TROUBLE;
  try {
    return troubleOf(await window.events(call, { ...lease.id, dseq }, service));
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    call.logger.debug({ backend, dseq, error: String(error) }, "the provider does not tell what has happened to a container");
    return NO_TROUBLE;
  }
}
