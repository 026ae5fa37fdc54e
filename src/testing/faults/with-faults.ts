import type { Backend } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import { batchKey, type FaultPort } from "./fault-port.js";
import { throughFaults } from "./through-faults.js";

/** A backend that has every optional verb. */
export type CompleteBackend = Backend & Required<Pick<Backend, "start" | "collect" | "logs" | "close">>;

/**
 * Any backend, with the faults of a port between it and the caller. Optional verbs stay absent where the backend has
 * none. Of `logs` only the opening is disturbed.
 */
export function withFaults(backend: CompleteBackend, port: FaultPort): CompleteBackend;
export function withFaults(backend: Backend, port: FaultPort): Backend;
export function withFaults(backend: Backend, port: FaultPort): Backend {
  const { start, collect, logs, close } = backend;
  return {
    specVersion: backend.specVersion,
    id: backend.id,
    kind: backend.kind,
    capabilities: backend.capabilities,
    listOffers: (demand, call) => throughFaults(port, "listOffers", "", call, (context) => backend.listOffers(demand, context)),
    bind: (placement, call) => throughFaults(port, "bind", placement.key, call, (context) => backend.bind(placement, context)),
    find: (intents, call) => throughFaults(port, "find", batchKey(intents), call, (context) => backend.find(intents, context)),
    inspect: (leases, call) => throughFaults(port, "inspect", batchKey(leases), call, (context) => backend.inspect(leases, context)),
    release: (lease, how, call) => throughFaults(port, "release", lease.key, call, (context) => backend.release(lease, how, context)),
    listLeases: (call) => throughFaults(port, "listLeases", "", call, (context) => backend.listLeases(context)),
    ...(start === undefined
      ? {}
      : {
          start: (lease, launch, call) =>
            throughFaults(port, "start", launch.key, call, (context) => start.call(backend, lease, launch, context)),
        }),
    ...(collect === undefined
      ? {}
      : {
          collect: (lease, outputs, call) =>
            throughFaults(port, "collect", lease.key, call, (context) => collect.call(backend, lease, outputs, context)),
        }),
    ...(logs === undefined
      ? {}
      : {
          async *logs(lease, call: CallContext) {
            yield* await throughFaults(port, "logs", lease.key, call, async (context) => logs.call(backend, lease, context));
          },
        }),
    ...(close === undefined ? {} : { close: () => close.call(backend) }),
  };
}
