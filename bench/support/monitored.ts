import type { Backend, LeaseRef } from "../../src/kit/index.js";
import type { VirtualHost } from "../../src/testing/virtual-host.js";

/** A backend on its simulator, with leases that all run, to be watched for a while. */
export interface Monitored {
  readonly backend: Backend;
  readonly leases: readonly LeaseRef[];
  /** When the command of a lease really ended, ms of the host, if it has. */
  readonly endedAtMs: (key: string) => number | undefined;
  /** Requests that have arrived at the simulator so far. */
  readonly calls: () => number;
  /** Resolves when no answer is under way. */
  readonly atRest: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How to get one. */
export interface MonitoredBackend {
  readonly name: string;
  /** `lifetimesMs`: how long each lease's command runs from now, one per lease. All must be running when it resolves. */
  readonly open: (host: VirtualHost, lifetimesMs: readonly number[]) => Promise<Monitored>;
  /** Calls a second that the service stands. */
  readonly mostCallsPerSecond: number;
}
