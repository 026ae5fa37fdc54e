import type { ExitRecord, ProcessRequest, ProcessState } from "../../kit/process/index.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import type { Launch } from "../../spec/launch.js";
import type { LeasePlace } from "./layout.js";

/** What a command's end means. */
export type Ending = { readonly kind: "exited"; readonly exit: ExitRecord } | { readonly kind: "failed"; readonly error: SerializedError };

/** What differs between plain processes and containers. Everything else about a lease is the same. */
export interface CommandRuntime {
  /** Rejects when nothing can be run at all. */
  readonly check: (call: CallContext) => Promise<void>;
  /** Refuses what this runtime cannot do, before anything exists. @throws BACKEND_REJECTED */
  readonly accept: (launch: Launch) => void;
  /** Everything that has to be there before the command starts, except inputs. */
  readonly prepare: (launch: Launch, place: LeasePlace, host: Host, signal: AbortSignalLike) => Promise<void>;
  /** What the supervisor is to run. */
  readonly request: (
    launch: Launch,
    place: LeasePlace,
    backend: string,
    namespace: string,
    host: Host,
  ) => Omit<ProcessRequest, "directory">;
  /** Reads an end that the supervisor reported, or did not live to report. `running`: it goes on without its supervisor. */
  readonly judge: (
    key: string,
    state: Extract<ProcessState, { kind: "exited" | "lost" }>,
    call: CallContext,
  ) => Promise<Ending | { readonly kind: "running" }>;
  /** Brings outputs that are not below the attempt's directory there. */
  readonly fetchOutputs: (key: string, place: LeasePlace, paths: readonly string[], call: CallContext) => Promise<void>;
  /** Removes what is left outside the lease's directory. Idempotent. */
  readonly remove: (key: string, call: CallContext) => Promise<void>;
  /** Keys of our namespace that exist outside the directory. */
  readonly strays: (backend: string, call: CallContext) => Promise<readonly string[]>;
}
