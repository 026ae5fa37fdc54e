import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseReport } from "../../../../src/model/lease.js";
import type { Backend } from "../../../../src/spec/backend.js";
import { type BackendSaboteur, deaf, onError, rejected, rethrow, type Spoil, saboteur } from "./saboteur.js";

/** Puts something else in the place of bind's errors. */
const bindFailing =
  (instead: (error: SchedulerError) => Lease): Spoil =>
  (backend) => ({ ...backend, bind: (placement, call) => onError(backend.bind(placement, call), instead) });

/** The same for `listOffers`. */
const offersFailing =
  (instead: (error: SchedulerError) => never[]): Spoil =>
  (backend) => ({ ...backend, listOffers: (demand, call) => onError(backend.listOffers(demand, call), instead) });

/** Changes errors with this code alone. */
const when =
  (code: SchedulerError["code"], change: Parameters<typeof rethrow>[1]) =>
  (error: SchedulerError): never =>
    rethrow(error, error.code === code ? change : {});

export const faultSaboteurs: readonly BackendSaboteur[] = [
  saboteur(
    "backend/faults/bind-request-lost",
    "is sure that a request without answer had its effect",
    bindFailing(when("BACKEND_TIMEOUT", { effect: "done" })),
  ),
  saboteur("backend/faults/bind-answer-lost", "takes a timeout for a refusal", bindFailing(when("BACKEND_TIMEOUT", { effect: "none" }))),
  saboteur("backend/faults/bind-again-after-lost-answer", "gives the second try a key of its own", (backend) => {
    const failed = new Set<string>();
    return {
      ...backend,
      bind: (placement, call) =>
        onError(backend.bind(failed.has(placement.key) ? { ...placement, key: `${placement.key}-2` } : placement, call), (error) => {
          failed.add(placement.key);
          throw error;
        }),
    };
  }),
  saboteur(
    "backend/faults/bind-server-error",
    "blames the request for a server error",
    bindFailing(when("BACKEND_UNAVAILABLE", { code: "BACKEND_REJECTED", effect: "unknown" })),
  ),
  saboteur(
    "backend/faults/bind-server-error-after-effect",
    "is sure that a server error had no effect",
    bindFailing(when("BACKEND_UNAVAILABLE", { effect: "none" })),
  ),
  saboteur(
    "backend/faults/bind-malformed",
    "says that it could not reach a service that it did not understand",
    bindFailing(when("BACKEND_RESPONSE_INVALID", { code: "BACKEND_UNAVAILABLE" })),
  ),
  saboteur(
    "backend/faults/bind-rate-limited",
    "does not say how long to wait",
    bindFailing((error) => {
      throw new SchedulerError(error.code, error.message, { effect: error.effect });
    }),
  ),
  saboteur(
    "backend/faults/bind-unauthorized",
    "takes refused credentials for a refused request",
    bindFailing(when("BACKEND_AUTH_FAILED", { code: "BACKEND_REJECTED" })),
  ),
  saboteur("backend/faults/bind-aborted-midway", "looks at the signal before it begins and never again", (backend) => ({
    ...backend,
    bind: async (placement, call) => {
      if (call.signal.aborted) throw call.signal.reason;
      return backend.bind(placement, deaf(call));
    },
  })),
  saboteur("backend/faults/offers-aborted-midway", "looks at the signal before it begins and never again", (backend) => ({
    ...backend,
    listOffers: async (demand, call) => {
      if (call.signal.aborted) throw call.signal.reason;
      return backend.listOffers(demand, deaf(call));
    },
  })),
  saboteur(
    "backend/faults/offers-rate-limited",
    "takes a request for fewer calls for an outage",
    offersFailing(when("BACKEND_RATE_LIMITED", { code: "BACKEND_UNAVAILABLE" })),
  ),
  saboteur(
    "backend/faults/offers-malformed",
    "reads no offers from an answer that it cannot read",
    offersFailing((error) => (error.code === "BACKEND_RESPONSE_INVALID" ? [] : rethrow(error, {}))),
  ),
  saboteur(
    "backend/faults/offers-unauthorized",
    "takes refused credentials for an outage",
    offersFailing(when("BACKEND_AUTH_FAILED", { code: "BACKEND_UNAVAILABLE" })),
  ),
  saboteur(
    "backend/faults/silence-is-not-an-empty-market",
    "sees no offers when it cannot ask",
    offersFailing((error) => (error.code === "BACKEND_TIMEOUT" ? [] : rethrow(error, {}))),
  ),
  saboteur("backend/faults/silence-is-not-absence", "finds nothing when it cannot ask", (backend) => ({
    ...backend,
    find: (intents, call) => onError(backend.find(intents, call), () => intents.map(({ key }): Finding => ({ kind: "absent", key }))),
  })),
  saboteur("backend/faults/silence-is-not-the-end", "takes leases for gone when it cannot ask", (backend) => ({
    ...backend,
    inspect: (refs, call) => onError(backend.inspect(refs, call), () => refs.map(({ key }): LeaseReport => ({ kind: "gone", key }))),
  })),
  saboteur("backend/faults/inspect-malformed", "takes a state that it cannot read for an ended one", (backend) => ({
    ...backend,
    inspect: (refs, call) =>
      onError(backend.inspect(refs, call), (error) =>
        error.code === "BACKEND_RESPONSE_INVALID"
          ? refs.map(({ key }): LeaseReport => ({ kind: "status", key, phase: "ended", reason: "LEASE_LOST" }))
          : rethrow(error, {}),
      ),
  })),
  saboteur("backend/faults/silence-is-not-an-empty-list", "lists nothing when it cannot ask", (backend) => ({
    ...backend,
    listLeases: (call) => onError(backend.listLeases(call), () => []),
  })),
  saboteur("backend/faults/silence-is-not-a-release", "takes a lease for released when it cannot ask", (backend) => ({
    ...backend,
    release: (ref, how, call) => onError<Awaited<ReturnType<Backend["release"]>>>(backend.release(ref, how, call), () => "released"),
  })),
  saboteur("backend/faults/release-answer-lost", "gives a release one try", (backend) => {
    const tried = new Set<string>();
    return {
      ...backend,
      release: async (ref, how, call) => {
        if (tried.has(ref.key)) throw rejected("The release of this lease failed before.");
        return onError(backend.release(ref, how, call), (error) => {
          tried.add(ref.key);
          throw error;
        });
      },
    };
  }),
  saboteur("backend/faults/recovers", "gives up for good after the first server error", (backend) => {
    let isBroken = false;
    return {
      ...backend,
      bind: async (placement, call) => {
        if (isBroken) throw new SchedulerError("BACKEND_UNAVAILABLE", "The connection is closed.", { effect: "none" });
        return onError(backend.bind(placement, call), (error) => {
          isBroken = true;
          throw error;
        });
      },
    };
  }),
];
