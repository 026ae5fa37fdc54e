import type { BackendConformanceSetup, BackendUnderTest } from "../../../../src/conformance/backend/index.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { LeaseReport } from "../../../../src/model/lease.js";
import type { Offer } from "../../../../src/model/offer.js";
import type { Backend } from "../../../../src/spec/backend.js";
import type { CallContext } from "../../../../src/spec/call-context.js";
import type { Capabilities } from "../../../../src/spec/capabilities.js";
import type { Launch } from "../../../../src/spec/launch.js";
import { type ReferenceUnderTest, referenceSetup } from "../../reference/setup.js";

/** A backend that is wrong in exactly one way. */
export interface BackendSaboteur {
  /** The clause that must fail on it. */
  readonly clause: string;
  /** What it does wrong, as a sentence. */
  readonly wrong: string;
  readonly setup: BackendConformanceSetup;
}

/** How an instance of the reference backend is spoilt. The world is the other side, shared by the instances of a case. */
export type Spoil = (backend: Required<Backend>, world: ReferenceUnderTest) => Backend;

/** A saboteur whose instances are each wrapped by `spoil`. */
export const saboteur = (clause: string, wrong: string, spoil: Spoil, staging?: Capabilities["staging"]): BackendSaboteur =>
  saboteurOf(
    clause,
    wrong,
    (world) => ({
      ...world,
      backend: spoil(parts(world.backend), world),
      another: async () => spoil(parts(await world.another()), world),
    }),
    staging,
  );

/** A saboteur that spoils more than the instances. */
export const saboteurOf = (
  clause: string,
  wrong: string,
  change: (world: ReferenceUnderTest) => BackendUnderTest,
  staging?: Capabilities["staging"],
): BackendSaboteur => ({ clause, wrong, setup: referenceSetup(change, staging) });

/** The instance as a plain object, so that it can be spread. `collect` may be missing, which the types leave to the saboteurs. */
export const parts = (backend: Backend): Required<Backend> => {
  const collect = backend.collect?.bind(backend);
  return {
    specVersion: backend.specVersion,
    id: backend.id,
    kind: backend.kind,
    capabilities: backend.capabilities,
    listOffers: (demand, call) => backend.listOffers(demand, call),
    bind: (placement, call) => backend.bind(placement, call),
    find: (intents, call) => backend.find(intents, call),
    inspect: (refs, call) => backend.inspect(refs, call),
    release: (ref, how, call) => backend.release(ref, how, call),
    listLeases: (call) => backend.listLeases(call),
    start: (ref, launch, call) => backend.start?.(ref, launch, call) ?? Promise.reject(new Error("no start")),
    logs: (ref, call) => backend.logs?.(ref, call) ?? Promise.reject(new Error("no logs")),
    close: async () => backend.close?.(),
    ...(collect ? { collect } : {}),
  } as Required<Backend>;
};

/** Changes each offer. */
export const withOffers =
  (change: (offer: Offer) => Offer): Spoil =>
  (backend) => ({ ...backend, listOffers: async (demand, call) => (await backend.listOffers(demand, call)).map(change) });

export type StatusReport = Extract<LeaseReport, { readonly kind: "status" }>;

/** Changes each report on a lease that is there. */
export const withStatus = (change: (report: StatusReport, world: ReferenceUnderTest) => LeaseReport): Spoil => {
  return (backend, world) => ({
    ...backend,
    inspect: async (refs, call) =>
      (await backend.inspect(refs, call)).map((report) => (report.kind === "status" ? change(report, world) : report)),
  });
};

/** Changes each launch before it is bound or started. */
export const withLaunch =
  (change: (launch: Launch) => Launch): Spoil =>
  (backend) => ({
    ...backend,
    bind: (placement, call) => backend.bind({ ...placement, launch: change(placement.launch) }, call),
    start: (ref, launch, call) => backend.start(ref, change(launch), call),
  });

/** A call whose signal is never aborted. */
export const deaf = (call: CallContext): CallContext => ({ ...call, signal: new AbortController().signal });

export const rejected = (why: string): SchedulerError => new SchedulerError("BACKEND_REJECTED", why);

/** Runs the call and puts something else in the place of its error. */
export const onError = <T>(call: Promise<T>, instead: (error: SchedulerError) => T): Promise<T> =>
  call.catch((error: unknown) => {
    if (!SchedulerError.isInstance(error)) throw error;
    return instead(error);
  });

/** Throws the error anew with another code or effect. */
export const rethrow = (
  error: SchedulerError,
  change: { readonly code?: SchedulerError["code"]; readonly effect?: SchedulerError["effect"] },
): never => {
  throw new SchedulerError(change.code ?? error.code, error.message, {
    effect: change.effect ?? error.effect,
    ...(change.code ? {} : { details: error.details }),
  });
};
