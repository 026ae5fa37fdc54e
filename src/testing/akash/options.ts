import type { NanoUsd } from "../../model/money.js";
import type { Host } from "../../spec/host.js";
import type { Range } from "../range.js";
import type { AkashContainerRuntime } from "./containers.js";
import type { AkashFaultRule, AkashOperation } from "./faults.js";

/** GPUs of one kind at a provider. */
export interface SimulatedAkashGpu {
  /** As in SDL and provider attributes: `rtx4090`, `h100`. */
  readonly model: string;
  /** `24Gi`. */
  readonly ram: string;
  readonly interface: "pcie" | "sxm";
  readonly count: number;
  /** What the provider's price script has for the model. Default 100, the script's own default. */
  readonly usdPerMonth?: number;
}

/** A provider of the market. */
export interface SimulatedAkashProvider {
  /** Unique. Its address follows from its place in the list, see {@link SimulatedAkash.providers}. */
  readonly name: string;
  readonly organization?: string;
  /** The attribute `location-region`, such as `eu-west`. Default: none. */
  readonly region?: string;
  /** The attribute `country`, two letters. Default: none. */
  readonly country?: string;
  /** Where its address is said to be by the Console. Default: `country`. */
  readonly ipCountryCode?: string;
  /** More attributes. Default none. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Signed by the Console's auditor. Others never bid for a managed wallet, since it appends that auditor to every SDL. Default true. */
  readonly audited?: boolean;
  /** Names of attributes that nobody signed. Default none. */
  readonly unsigned?: readonly string[];
  /** Default 64. */
  readonly cpu?: number;
  /** Default 262,144. */
  readonly memoryMiB?: number;
  /** Default 4,194,304. */
  readonly diskMiB?: number;
  /** Default none. */
  readonly gpus?: readonly SimulatedAkashGpu[];
  /** Factor on the price script's answer. Default 1. */
  readonly priceFactor?: number;
  /** 0 to 1, or null where there is no history. Default 0.999. */
  readonly uptime7d?: number | null;
  /** Offers reclamation with this notice; without, it bids for no SDL that asks for one. Default: none. */
  readonly reclamationWindowS?: number;
}

/** How a simulated provider supervises what runs on it. */
export interface SimulatedAkashMonitor {
  /** Checks in a row that may find fewer replicas than asked for, before the lease is closed as unstable. Default 40. */
  readonly maxRetries: number;
  /** From one check to the next, ms. Default `[4_000, 19_000]`. */
  readonly everyMs: Range;
}

/** Options of `startSimulatedAkash`. All times are ms of the host. */
export interface SimulatedAkashOptions {
  /** Time passes here. Only the sockets are real. */
  readonly host: Host;
  /** Which revision of the Console's contract is spoken: that of August 2026, or the one after September's changes. Default `sep`. */
  readonly contract?: "aug" | "sep";
  /** Default `ac.sk.simulated.test-key`. */
  readonly apiKey?: string;
  /** When the key expires, ms since 1970. Default: never. */
  readonly keyExpiresAtMs?: number;
  /** Credits of the account, free of escrow. Default 1,000. */
  readonly creditsUsd?: number;
  /** The account is on trial: the GPUs of the sheet are refused with 403, one deployment at a time (402). Default false. */
  readonly trial?: boolean;
  /** [Aug] only: escrow is funded by the Console; off, every create must name its deposit, and nothing is topped up. Default true. */
  readonly managedFunding?: boolean;
  /**
   * Default: `eu-1` and `us-1` (CPU and RTX 4090), `us-2` (A100 and H100), `eu-2` (CPU, no history, its region unsigned), `grey-1` (unaudited and cheapest).
   * At most 8.
   */
  readonly providers?: readonly SimulatedAkashProvider[];
  /** Default: {@link akashVirtualContainers} on the host. */
  readonly containers?: AkashContainerRuntime;
  /**
   * Reads an SDL's YAML, for instance `parse` of the package `yaml`. Default: JSON only, which is YAML too, so that the simulator needs no
   * parser of its own: SDL that is not JSON is refused with a 400 that says so.
   */
  readonly parseYaml?: (text: string) => unknown;
  /** Default 6,000. */
  readonly blockMs?: number;
  /** How long a transaction takes from the request to its answer. Default `[6_000, 12_000]`. */
  readonly transactionMs?: Range;
  /** From an order until each provider's bid shows, drawn for each. Default `[5_000, 30_000]`. */
  readonly bidMs?: Range;
  /** After that time a bid that nobody took is closed. Default 300,000. */
  readonly bidLifetimeMs?: number;
  /** A lease without manifest is closed after that time. Default 300,000. */
  readonly manifestWaitMs?: number;
  /** From the manifest until its pods have a node. Default 500. */
  readonly scheduleMs?: number;
  /** From then until the image is there and the command starts. Default 10,000. */
  readonly pullMs?: number;
  /** From an exit until the container is started again; doubles up to five minutes, as Kubernetes' back-off does. Default 10,000. */
  readonly restartMs?: number;
  /** Default: that of the code, about eight minutes. */
  readonly monitor?: Partial<SimulatedAkashMonitor>;
  /** From the start of a lease until the Console funds its runway of 48 hours. Default 2,000. */
  readonly fundingMs?: number;
  /** How often runways are looked at afterwards. Default an hour. */
  readonly fundingEveryMs?: number;
  /** Deployments and leases in an answer's list are paired as the real list does it: wrongly, from two deployments on. Default true. */
  readonly mispairedList?: boolean;
  /** Every object carries a field that nobody has heard of. Default true. */
  readonly unknownFields?: boolean;
  /** How long the public pages without key lag behind. Default 30,000. */
  readonly publicCacheMs?: number;
  /** How long the list of providers lags behind. Default 60,000. */
  readonly providersCacheMs?: number;
  /** Most requests in a span of time; more are refused with 429 and `Retry-After`. Default: no limit. */
  readonly rateLimit?: { readonly requests: number; readonly perMs: number };
  /**
   * What gateways speak: `self-signed` is TLS with a certificate of the provider's own, whose common name is the provider's address; `none` is plain
   * HTTP, for clients that cannot pin. The proxy reaches either. Default `self-signed`.
   */
  readonly gatewayTls?: "self-signed" | "none";
  /** A follow-up of a log stream begins with lines that were sent before, whatever `tail` says. Default true. */
  readonly duplicateLines?: boolean;
}

/** A provider as a test sees it. */
export interface SimulatedAkashProviderEntry {
  readonly name: string;
  /** `akash1...`, with a valid checksum. */
  readonly address: string;
  /** `https://localhost:<port>`: what `GET /v1/providers/{address}` answers. */
  readonly hostUri: string;
}

/** A lease as a test sees it. */
export interface SimulatedAkashLease {
  readonly gseq: number;
  readonly oseq: number;
  /** Name of the provider. */
  readonly provider: string;
  readonly state: "active" | "reclaiming" | "insufficient_funds" | "closed";
  readonly reason?: string;
  /** uact a block, for the whole group. */
  readonly pricePerBlock: string;
  /** The same at the simulator's block time. */
  readonly usdPerHour: number;
  /** The provider has its manifest. */
  readonly delivered: boolean;
}

/** A service's container as a test sees it. */
export interface SimulatedAkashContainer {
  readonly service: string;
  readonly image: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** How often it was started, the first time included. */
  readonly starts: number;
  /** The command has ended at least once. */
  readonly commandEnded: boolean;
}

/** A deployment as a test sees it. */
export interface SimulatedAkashDeployment {
  readonly dseq: string;
  readonly state: "active" | "closed";
  /** The name that the create gave; only in the newer contract. */
  readonly name?: string;
  /** The SDL as it was sent. */
  readonly sdl: string;
  /** Base64, as `deployment.hash`. */
  readonly hash: string;
  /** Environment variables of all its services, also before there is any lease: find the attempt's key or nonce here. */
  readonly env: Readonly<Record<string, string>>;
  readonly leases: readonly SimulatedAkashLease[];
  readonly containers: readonly SimulatedAkashContainer[];
  /** A lease of it costs money, or escrow is locked in it. */
  readonly open: boolean;
}

/** What a deployment has cost. `deposited = charged + refunded + locked`, to the last uact. */
export interface SimulatedAkashAccount {
  /** Went from the credits into its escrow. */
  readonly deposited: NanoUsd;
  /** Used up: owed to providers up to now, settled or not, rounded up to a whole uact. Stands still once the deployment is closed. */
  readonly charged: NanoUsd;
  /** Came back at the end. */
  readonly refunded: NanoUsd;
  /** Still in escrow and not used up. 0 once the deployment is closed. */
  readonly locked: NanoUsd;
}

/** A request that has arrived. */
export interface AkashRequestEntry {
  readonly atMs: number;
  readonly operation: AkashOperation;
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  readonly body: string;
  /** Gateway requests only: the provider's name, and whether the proxy made it. */
  readonly provider?: string;
  readonly viaProxy?: boolean;
}

/** What goes wrong with images. */
export type AkashImageTrouble = "missing" | "unauthorized" | "throttled";

/** What goes wrong in the market and at providers, from now on until `clearTroubles`. */
export type AkashTrouble =
  /** Orders get no bids. */
  | { readonly kind: "no-bids" }
  /** Bids are lost before they can be taken: they show open and are closed `afterMs` later. */
  | { readonly kind: "bids-lost"; readonly afterMs: number }
  /** The lease call finds the provider unreachable: 502 `provider_unreachable`, no lease [Sep+]; [Aug]: a lease whose manifest was not delivered. */
  | { readonly kind: "provider-unreachable"; readonly provider?: string; readonly times?: number }
  /** The lease is made and bills, and its manifest does not arrive: `manifest_not_delivered` [Sep+], 503 [Aug]. */
  | { readonly kind: "manifest-not-delivered"; readonly provider?: string; readonly times?: number }
  /** Pods find no node there, though the provider has bid. */
  | { readonly kind: "unschedulable"; readonly provider?: string }
  /** The first process of every container ends with this code at once, again and again. */
  | { readonly kind: "crash-loop"; readonly exitCode: number }
  /** The image cannot be had. */
  | { readonly kind: "image"; readonly image: string; readonly why: AkashImageTrouble }
  /** The Console does not fund escrow beyond the first half dollar. */
  | { readonly kind: "funding-missed" }
  /** A close takes so much longer. */
  | { readonly kind: "slow-close"; readonly ms: number }
  /** A command sent into a container is answered with exit code 0 and nothing else, whatever it was. */
  | { readonly kind: "exec-false-zero" }
  /** Live status of leases is `null` in the Console's answers. */
  | { readonly kind: "null-status" };

/** A running simulator. */
export interface SimulatedAkash {
  /** The Console API, `http://127.0.0.1:<port>`; paths begin with `/v1/` or `/v2/`. */
  readonly url: string;
  /** The provider proxy, `http://127.0.0.1:<port>`: `POST /` for HTTP, a websocket on any path (`ws://...`) for streams. */
  readonly providerProxyUrl: string;
  /** For the header `x-api-key`. */
  readonly apiKey: string;
  /** The account's address. */
  readonly owner: string;
  readonly providers: readonly SimulatedAkashProviderEntry[];
  /** Every deployment that was ever made, the oldest first. */
  deployments(): readonly SimulatedAkashDeployment[];
  /** Deployments in which money is locked or spent. A deployment whose lease the provider closed is still one of them. */
  openDeployments(): readonly SimulatedAkashDeployment[];
  /** What each deployment has cost, by dseq. */
  ledger(): ReadonlyMap<string, SimulatedAkashAccount>;
  /** Free credits, USD. */
  readonly creditsUsd: number;
  /** Everything that has arrived, at the Console, the proxy and the gateways. */
  readonly requests: readonly AkashRequestEntry[];
  /** Requests whose answer a fault, or a transaction under way, holds back until time passes. */
  readonly heldRequests: number;
  /**
   * Whether the answer to the request that came with this `x-request-id` is held back. A request that its client has given up counts until that is noticed
   * here, or its time has passed.
   */
  isHeld(requestId: string): boolean;
  /** Websockets of clients that are open, at the gateways and at the proxy. */
  readonly openStreams: number;
  /** Makes the next requests go wrong. */
  inject(rule: AkashFaultRule): void;
  /** Ends what `inject` began. */
  clearFaults(): void;
  /** Makes the market or its providers misbehave. */
  trouble(trouble: AkashTrouble): void;
  /** Ends what `trouble` began. */
  clearTroubles(): void;
  /** Takes a provider offline or brings it back: its gateway refuses connections, `isOnline` is false, live status is null, leases stay active and bill. Its containers go on. */
  setOnline(provider: string, online: boolean): void;
  /** The provider stops its workloads, or lost them, and says nothing: its gateway answers 404, the lease stays active and bills. */
  loseWorkload(dseq: string): void;
  /** The provider closes the deployment's leases: their group is paused, the deployment stays active, its escrow open. Default reason `lease_closed_reason_unstable`. */
  closeLease(dseq: string, reason?: string): void;
  /** The provider takes the deployment's leases back: they are `reclaiming`, and closed when the notice is over. */
  reclaim(dseq: string, noticeMs: number): void;
  /** Containers of the deployment are killed and started again at once, with empty file systems and logs. */
  restart(dseq: string): void;
  /** Log and event streams of the deployment are cut without a close frame (1006). */
  cutStreams(dseq: string): void;
  /** Sets the free credits, USD. */
  setCredits(usd: number): void;
  /** Ends the servers and every command. */
  close(): Promise<void>;
}
