import type { NanoUsd } from "../../model/money.js";
import type { Host } from "../../spec/host.js";
import type { ContainerRuntime } from "./containers.js";
import type { IoNetFaultRule, IoNetOperation } from "./faults.js";

/** A place in which hardware stands. */
export interface SimulatedPlace {
  readonly id: number | string;
  readonly iso2: string;
  readonly name: string;
  /** Containers that can be had there. */
  readonly replicas: number;
}

/** A kind of hardware. */
export interface SimulatedHardware {
  readonly id: number | string;
  readonly name: string;
  readonly brand?: string;
  /** Default 8. */
  readonly maxGpus?: number;
  readonly usdPerGpuHour: number;
  readonly places: readonly SimulatedPlace[];
  /** Listed, but no price is named for it. Default false. */
  readonly unpriced?: boolean;
}

/** Options of `startIoNetSimulator`. All times are ms of the host. */
export interface IoNetSimulatorOptions {
  /** Time passes here. Only the socket is real. */
  readonly host: Host;
  /** Default `ionet-test-key`. */
  readonly apiKey?: string;
  /** When the key expires, ms since 1970. Default: never. */
  readonly keyExpiresAtMs?: number;
  /** What the account holds. Default 1,000. */
  readonly creditsUsd?: number;
  /** Default: RTX 4090 in two countries, A100, and a kind with an id in words. */
  readonly hardware?: readonly SimulatedHardware[];
  /** Private pools of the customer. Default none. */
  readonly nodePools?: readonly string[];
  /** Service fee on top of the price of machines, percent. Default 5. */
  readonly feePercent?: number;
  /** Default: {@link virtualContainers} on the host. */
  readonly containers?: ContainerRuntime;
  /** From the request until machines are there and the reservation's clock runs. Default 20,000. */
  readonly requestMs?: number;
  /** From then until the image is there and the command starts. Default 10,000. */
  readonly pullMs?: number;
  /** From then until the public address shows. Default 2,000. */
  readonly urlMs?: number;
  /** From a request to destroy until it is done. Default 8,000. */
  readonly destroyMs?: number;
  /** From an exit until the container is started again; doubles up to a minute. Default 1,000. */
  readonly restartMs?: number;
  /** What happens when a container exits; the truth is not documented. Default `always`. */
  readonly restart?: "always" | "on-failure" | "never";
  /** What becomes of paid time that is left at the end: whole minutes or hours come back, or nothing. Default `hour`. */
  readonly refund?: "minute" | "hour" | "none";
  /** Least time that is paid for, hours. Default 1. */
  readonly minimumHours?: number;
  /** A name can be used once only. Default false. */
  readonly uniqueNames?: boolean;
  /** How long a new deployment is missing from the list. Default 0. */
  readonly listLagMs?: number;
  /** Every object carries a field that nobody has heard of. Default true. */
  readonly unknownFields?: boolean;
  /** Most requests in a span of time. Default: no limit. */
  readonly rateLimit?: { readonly requests: number; readonly perMs: number };
  /** Most items of one page, whatever is asked. Default 100. */
  readonly pageSize?: number;
}

/** A deployment as a test sees it. */
export interface SimulatedIoNetDeployment {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly hardwareId: number | string;
  readonly locationId: number | string;
  readonly hours: number;
  /** What arrived at the containers after the deployment layer. */
  readonly argv: readonly string[];
  /** Secret variables included. */
  readonly env: Readonly<Record<string, string>>;
  readonly image: string;
  readonly trafficPort: number;
  readonly registryUsername?: string;
  /** How often a container was started, the first time included. */
  readonly starts: number;
  /** What arrived at each start of a container, the first one first: an update changes it. */
  readonly started: readonly { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> }[];
  /** The command has ended at least once. */
  readonly commandEnded: boolean;
  /** Costs money, or will. */
  readonly open: boolean;
  /** What it has cost up to now, refunds taken off. */
  readonly charged: NanoUsd;
}

/** A request that has arrived. */
export interface IoNetRequestEntry {
  readonly operation: IoNetOperation;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A running simulator. */
export interface IoNetSimulator {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly apiKey: string;
  /** Every deployment that was ever made, the oldest first. */
  deployments(): readonly SimulatedIoNetDeployment[];
  /** What has been paid up to now, by the deployments' name. */
  ledger(): ReadonlyMap<string, NanoUsd>;
  /** What the account holds, USD. */
  readonly creditsUsd: number;
  /** Deployments that cost money, or will. */
  openCount(): number;
  /** Everything that has arrived. */
  readonly requests: readonly IoNetRequestEntry[];
  /** Requests whose answer a fault holds back. */
  readonly heldRequests: number;
  /** Whether the answer to the request that came with this `x-request-id` is held back. A request that its client has given up counts until that is noticed here. */
  isHeld(requestId: string): boolean;
  /** Makes the next calls go wrong. */
  inject(rule: IoNetFaultRule): void;
  /** Ends what `inject` began. */
  clearFaults(): void;
  /** From now on this kind of hardware is taken in every place, though the list still shows it. */
  exhaust(hardwareId: number | string): void;
  /** Shows this status of a deployment instead of the real one: `null` for none, `undefined` for the real one again. */
  disguise(name: string, status: string | null | undefined): void;
  /** The deployment fails, as platforms do, without an event. */
  fail(name: string): void;
  /** The machine is gone; the container starts anew on another one. */
  loseNode(name: string): void;
  /** The image cannot be had: the container says so in an event and never starts. Holds for deployments that are made from now on. */
  breakImage(image: string): void;
  /** Ends the server and every command. */
  close(): Promise<void>;
}
