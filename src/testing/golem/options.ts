import type { Host } from "../../spec/host.js";
import type { GolemRuntime } from "./exe-unit-runtime.js";
import type { GolemFaultRule } from "./faults.js";
import type { GolemOperation } from "./operations.js";
import type { ProviderBreakCode, ProviderHabits, SimulatedGolemImage, SimulatedGolemProvider } from "./provider-options.js";

/** How long things take, ms of the host. */
export interface YagnaDelays {
  /** From a demand until the first offers are there. Default 5. */
  readonly matchMs: number;
  /**
   * From a counter-proposal until the provider's answer. golem-js misses a refusal that comes before it has read its own
   * counter-proposal back. Default 20.
   */
  readonly negotiateMs: number;
  /** From the confirmation of an agreement until the provider's answer. Default 5. */
  readonly approveMs: number;
  /** Until an activity is there. Default 5. */
  readonly createMs: number;
  /** Until the image is there. Default 20. */
  readonly deployMs: number;
  /** Until a deployed image runs. Default 5. */
  readonly startMs: number;
  /** Until an activity has ended, and until a provider has taken note of a termination. Default 5. */
  readonly destroyMs: number;
  /** From the end of an agreement until the invoice. Default 20. */
  readonly invoiceMs: number;
  /** From the acceptance of a note or an invoice until the payment is settled. Default 50. */
  readonly settleMs: number;
  /** An agreement without an activity is broken (`NoActivity`) so long after. Default 90,000. */
  readonly idleMs: number;
  /** Between two debit notes. Default: what was negotiated, at least 1,000. */
  readonly debitNoteIntervalMs?: number;
}

/** Options of `startSimulatedYagna`. */
export interface SimulatedYagnaOptions {
  /** Time passes here. Only sockets and, if asked for, processes are real. */
  readonly host: Host;
  /**
   * The time of day on the wire, ms since 1970. golem-js compares the times of events with its own clock, so give `Date.now` where
   * `host` is virtual. Default: the host's.
   */
  readonly wallClock?: () => number;
  /** Default `yagna-test-key`. */
  readonly appKey?: string;
  /** Default `0.17.6`. */
  readonly version?: string;
  /** Payment platforms on which the account is initialised. Default `erc20-hoodi-tglm` and `erc20-polygon-glm`. */
  readonly platforms?: readonly string[];
  /** What the account holds on each platform, GLM. Default 1,000. */
  readonly fundsGlm?: number;
  /** Default `public`. */
  readonly subnet?: string;
  /** Default: three ordinary providers of different prices, `alpha` the cheapest, then `beta` and `gamma`. */
  readonly providers?: readonly SimulatedGolemProvider[];
  /** Images that have VOLUME paths of their own. Every other hash is an image with the volume `/golem/work`. */
  readonly images?: readonly SimulatedGolemImage[];
  /** Default: `virtualGolemRuntime(host)`, on which no process runs. */
  readonly runtime?: GolemRuntime;
  readonly delays?: Partial<YagnaDelays>;
  /** Name of the type's field in agreement events: newer yagna or older. Default `eventType`. */
  readonly agreementEventKey?: "eventType" | "eventtype";
}

/** A request that has arrived. */
export interface GolemRequestEntry {
  readonly operation: GolemOperation;
  readonly method: string;
  readonly path: string;
  /** With the leading `?`, or empty; the app key is taken out. */
  readonly query: string;
  readonly body: string;
}

/** An agreement as a test sees it. */
export interface SimulatedAgreement {
  readonly id: string;
  readonly provider: string;
  readonly providerId: string;
  readonly state: "Proposal" | "Pending" | "Cancelled" | "Rejected" | "Approved" | "Expired" | "Terminated";
  /** Properties of the demand, as they were agreed upon. */
  readonly demandProperties: Readonly<Record<string, unknown>>;
  readonly termination?: {
    readonly by: "Requestor" | "Provider";
    readonly message: string;
    readonly code?: ProviderBreakCode;
  };
}

/** An activity as a test sees it. */
export interface SimulatedActivity {
  readonly id: string;
  readonly agreementId: string;
  readonly provider: string;
  readonly state: "New" | "Initialized" | "Deployed" | "Ready" | "Terminated";
  /** Every `run` that began, in order. */
  readonly commands: readonly (readonly string[])[];
  readonly usage: { readonly cpuSeconds: number; readonly durationSeconds: number };
}

/** Money of one agreement, in units of 10⁻¹⁸ GLM. Nothing of it changes once `settled`. */
export interface AgreementLedger {
  readonly agreementId: string;
  readonly provider: string;
  /** What the usage up to now costs at the agreed prices. */
  readonly used: bigint;
  /** Sum over the activities of the largest debit note that was sent. */
  readonly noted: bigint;
  /** Sum over the activities of the largest debit note that was accepted. */
  readonly notesAccepted: bigint;
  readonly invoiced?: bigint;
  readonly invoiceAccepted?: bigint;
  /** What has left the account. */
  readonly paid: bigint;
  /** The invoice is paid. */
  readonly settled: boolean;
}

/** An allocation as a test sees it, amounts in units of 10⁻¹⁸ GLM. */
export interface SimulatedAllocation {
  readonly id: string;
  readonly platform: string;
  readonly total: bigint;
  readonly spent: bigint;
  readonly remaining: bigint;
  /** Neither released nor past its time. */
  readonly open: boolean;
}

/** How a daemon comes back. */
export interface RestartOptions {
  /** Until it listens again, ms of the host. Default 0. */
  readonly downMs?: number;
  /** It stays away at least until this resolves. Default: not needed. */
  readonly until?: Promise<unknown>;
  /** `kept`: only connections are lost. `lost`: nothing that was there before is known any more. Default `kept`. */
  readonly state?: "kept" | "lost";
}

/** A running simulator. */
export interface SimulatedYagna {
  /** `http://127.0.0.1:<port>`: the daemon (`YAGNA_API_URL`) and an image registry (`GOLEM_REGISTRY_URL`). */
  readonly url: string;
  /** The key that is accepted now. */
  readonly appKey: string;
  /** The requestor's node id. */
  readonly identity: string;
  /** Everything that has arrived. */
  readonly requests: readonly GolemRequestEntry[];
  /** Requests whose answer a fault holds back. */
  readonly heldRequests: number;
  /** Their `x-request-id` headers, an empty text for each that had none. */
  readonly heldIds: readonly string[];
  /** Web sockets that are open: transfers and network connections. */
  readonly openSockets: number;
  /** Requests that have arrived and are not answered yet: long polls and streams of events. */
  readonly openRequests: number;
  /** Demands that are published. */
  openDemands(): number;
  /** File transfer services that are bound. */
  openServices(): number;
  /** Every agreement that was ever made, the oldest first. */
  agreements(): readonly SimulatedAgreement[];
  /** Agreements that are approved and not ended: they cost money. */
  openAgreements(): readonly SimulatedAgreement[];
  /** Every activity that was ever made, the oldest first. */
  activities(): readonly SimulatedActivity[];
  /** Every allocation that was ever made, the oldest first. */
  allocations(): readonly SimulatedAllocation[];
  /** Money by agreement id. */
  ledger(): ReadonlyMap<string, AgreementLedger>;
  /** Makes the next requests go wrong. */
  inject(rule: GolemFaultRule): void;
  /** Ends what `inject` began. */
  clearFaults(): void;
  /**
   * From now on this provider, or every one (`"*"`), behaves so; what is not named stays as it is. Throws when there is no such
   * provider.
   */
  behave(provider: string, habits: ProviderHabits): void;
  /** The provider breaks an approved agreement. */
  breakAgreement(agreementId: string, code: ProviderBreakCode, message?: string): void;
  /** The exe-unit of an activity is gone: state `Terminated`, and batch results answer 500. */
  crashExeUnit(activityId: string, message?: string): void;
  /** Only this key is accepted from now on; others answer 401. */
  changeAppKey(key: string): void;
  /** Cuts every connection, refuses new ones for a while, and listens again on the same port. */
  restart(options?: RestartOptions): Promise<void>;
  /** Ends the server, every socket and every command. */
  close(): Promise<void>;
}
