/** Counters of a provider's usage vector. */
export type UsageCounter = "golem.usage.cpu_sec" | "golem.usage.duration_sec";

/** Why a provider breaks an agreement: the `golem.provider.code` of the reason. */
export type ProviderBreakCode =
  | "InitializationError"
  | "Expired"
  | "NoActivity"
  | "DebitNotesDeadline"
  | "DebitNoteRejected"
  | "DebitNoteCancelled"
  | "DebitNoteNotPaid"
  | "RequestorUnreachable"
  | "Shutdown";

/** How a provider behaves. Whatever is absent is what an honest provider does. */
export interface ProviderHabits {
  /** Which offers it makes. Default `sound`; the malformed ones lack the usage vector or the price coefficients. */
  readonly offers?: "sound" | "none" | "no-usage-vector" | "no-prices";
  /** Every price of its offers times this. Default 1. */
  readonly priceFactor?: number;
  /** Its answer to a counter-proposal: a draft, nothing, or a refusal with or without a reason. Default `draft`. */
  readonly counter?: "draft" | "silent" | "reject" | "reject-without-reason";
  /** Its answer to an agreement: approval, a refusal (410), or none (408). Default `approve`. */
  readonly agreement?: "approve" | "reject" | "silent";
  /** Whether activities can be created: yes, no (500), or no answer within the request's timeout (408). Default `create`. */
  readonly activity?: "create" | "fail" | "silent";
  /** How the image's deployment ends: well, in an error of the transfer, with a hash that does not fit, or never. Default `well`. */
  readonly deploy?: "well" | "transfer-error" | "invalid-hash" | "never";
  /** Time the image takes to arrive, ms. Default: the simulator's `deployMs`. */
  readonly deployMs?: number;
  /** Transfers to and from the requestor: they flow, stand still for ever, or fail. Default `flow`. */
  readonly transfers?: "flow" | "stall" | "fail";
  /** The order in which the pieces of one window of a download are sent. Default `in-order`. */
  readonly chunkOrder?: "in-order" | "reversed";
  /** Breaks every agreement so long after its approval, ms. Default: never. */
  readonly breaks?: { readonly code: ProviderBreakCode; readonly afterMs: number; readonly message?: string };
  /** Amounts of its debit notes times this. Default 1. */
  readonly debitNoteFactor?: number;
  /** Whether it sends debit notes. Default `send`. */
  readonly debitNotes?: "send" | "never";
  /** Amounts of its invoices times this. Default 1. */
  readonly invoiceFactor?: number;
  /** Whether it sends invoices. Default `send`. */
  readonly invoices?: "send" | "never";
  /** Whether it acknowledges acceptances; otherwise accepting answers 504. Default `prompt`. */
  readonly acknowledgements?: "prompt" | "never";
  /** Time it takes to end an activity and to take note of a termination, ms. Default: the simulator's `destroyMs`. */
  readonly terminationMs?: number;
}

/** A provider and its one kind of machine. Prices are in GLM. */
export interface SimulatedGolemProvider {
  /** Unique; `golem.node.id.name`. */
  readonly name: string;
  /** 0x and 40 hex digits. Default: made from the name. */
  readonly nodeId?: string;
  /** Where it is paid; operators have one wallet for many nodes. Default: the node id. */
  readonly wallet?: string;
  /** Per activity. Default 0. */
  readonly startGlm?: number;
  /** Per second of processor time. Default 0.00001. */
  readonly cpuGlmPerSecond?: number;
  /** Per second of time from the exe-unit's start, the image's download included. Default 0.00002. */
  readonly envGlmPerSecond?: number;
  /** Order of the counters in offers, prices and usage. Default processor time first. */
  readonly usageVector?: readonly UsageCounter[];
  /** Default 4. */
  readonly cpuThreads?: number;
  /** Default half the threads. */
  readonly cpuCores?: number;
  /** Default 8. */
  readonly memoryGib?: number;
  /** Default 20. */
  readonly storageGib?: number;
  /** Default `vm`, or `vm-nvidia` with `gpu`. */
  readonly runtimeName?: string;
  /** Default `0.5.2`. */
  readonly runtimeVersion?: string;
  /** Default `inet`, `vpn`, `manifest-support`, `start-entrypoint`, and `!exp:gpu` with `gpu`. */
  readonly runtimeCapabilities?: readonly string[];
  /** Its one graphics card. */
  readonly gpu?: { readonly model: string; readonly memoryGib?: number };
  /** Default: the simulator's. */
  readonly subnet?: string;
  /** Default: all of the simulator's. */
  readonly platforms?: readonly string[];
  /** Agreements at a time. Default 1. */
  readonly capacity?: number;
  /** Orders that end sooner are refused, ms. Default 300,000. */
  readonly leastExpirationMs?: number;
  /** Orders that end later are refused without a time limit for accepting debit notes, ms. Default 1,800,000. */
  readonly mostExpirationWithoutNotesMs?: number;
  /** Processors a running command keeps busy, for the usage counter. Default 1. */
  readonly busyThreads?: number;
  /** Properties of the offer in place of, or beside, the usual ones; `null` takes one away. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Default: honest. */
  readonly habits?: ProviderHabits;
}

/** An image that providers can get. */
export interface SimulatedGolemImage {
  /** SHA3-224 in hex. */
  readonly hash: string;
  /** What the registry knows it by. */
  readonly tag?: string;
  /** Declared VOLUME paths. */
  readonly volumes: readonly string[];
  /** Environment of its processes. */
  readonly env?: Readonly<Record<string, string>>;
}
