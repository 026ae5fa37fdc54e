import type { Backend } from "../../src/kit/index.js";

/** A backend whose calls can be waited for. */
export interface Monitored {
  readonly backend: Backend;
  /** Resolves when no answer is under way. */
  readonly atRest: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How to get one. */
export interface MonitoredBackend {
  readonly name: "aws-batch" | "gcp-batch";
  /** Talks to the simulator on this port of loopback. */
  readonly open: (port: number) => Promise<Monitored>;
  /** Calls a second that the service stands. */
  readonly mostCallsPerSecond: number;
}
