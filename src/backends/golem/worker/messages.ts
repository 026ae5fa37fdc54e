/** What the thread is started with. Stays in memory: the key is in no file, argument or variable. */
export interface WorkerOrders {
  /** Files from whose place the SDK is looked up, the first that finds it counts. */
  readonly bases: readonly string[];
  readonly url: string;
  readonly appKey: string;
  readonly network: string;
  readonly driver?: string;
  readonly token?: string;
  /** yagna's session tag on every agreement and poll. */
  readonly sessionTag: string;
}

/** What a demand asks for, in the SDK's words. */
export interface SdkDemand {
  readonly workload: {
    readonly imageTag?: string;
    readonly imageHash?: string;
    readonly imageUrl?: string;
    readonly runtime: { readonly name: string; readonly version?: string };
    readonly capabilities: readonly string[];
    readonly minMemGib: number;
    readonly minStorageGib: number;
    readonly minCpuThreads: number;
    readonly minCpuCores: number;
  };
  readonly payment: {
    readonly debitNotesAcceptanceTimeoutSec: number;
    readonly midAgreementDebitNoteIntervalSec: number;
    readonly midAgreementPaymentTimeoutSec: number;
  };
  readonly subnetTag: string;
}

/** An order for the market. */
export interface NegotiationOrder {
  readonly key: string;
  readonly namespace: string;
  readonly allocationId: string;
  readonly demand: SdkDemand;
  readonly rentSeconds: number;
  /** Nothing dearer is even negotiated. GLM; hourly with all threads busy. */
  readonly limits: { readonly glmPerHour: number; readonly startGlm: number; readonly totalGlm: number };
  readonly nodes?: readonly string[];
  readonly exceptNodes?: readonly string[];
  /** How long the SDK gathers first offers before it answers them. */
  readonly batchMs: number;
}

/** What bills may come to. */
export interface BillCeiling {
  readonly totalGlm: number;
  /** Time beyond what has passed here that a bill may claim. */
  readonly slackSeconds: number;
  /** Relative: 0.05 lets a bill be 5 % higher. */
  readonly tolerance: number;
}

/** The orders that the thread takes: what each is told and what it answers. */
export interface WorkerOperations {
  readonly connect: { readonly parameters: Record<string, never>; readonly value: unknown };
  readonly disconnect: { readonly parameters: Record<string, never>; readonly value: unknown };
  readonly scan: {
    readonly parameters: { readonly specification: object; readonly forMs: number; readonly most: number };
    readonly value: unknown;
  };
  readonly negotiate: { readonly parameters: NegotiationOrder; readonly value: unknown };
  readonly endNegotiation: { readonly parameters: { readonly key: string }; readonly value: unknown };
  readonly sign: {
    readonly parameters: {
      readonly key: string;
      readonly proposalId: string;
      readonly rentSeconds: number;
      readonly ceiling: BillCeiling;
    };
    readonly value: unknown;
  };
  readonly adopt: {
    readonly parameters: {
      readonly key: string;
      readonly agreementId: string;
      readonly allocationId: string;
      readonly ceiling: BillCeiling & {
        /** Prices of the agreement, GLM and GLM per second. */
        readonly pricing: { readonly start: number; readonly cpuSec: number; readonly envSec: number };
        readonly threads: number;
      };
    };
    readonly value: unknown;
  };
  readonly open: { readonly parameters: { readonly key: string }; readonly value: unknown };
  readonly upload: {
    readonly parameters: {
      readonly key: string;
      readonly file?: string;
      readonly data?: Uint8Array;
      readonly to: string;
      readonly limitMs: number;
    };
    readonly value: unknown;
  };
  readonly download: {
    readonly parameters: {
      readonly key: string;
      readonly from: string;
      readonly file: string;
      readonly inMemory: boolean;
      readonly limitMs: number;
    };
    readonly value: unknown;
  };
  readonly run: {
    readonly parameters: {
      readonly key: string;
      readonly entryPoint: string;
      readonly args: readonly string[];
      /** Passes on what is printed while it runs; otherwise it is in the answer. */
      readonly follow: boolean;
      /** The daemon may be unheard of for so long. */
      readonly silenceMs: number;
    };
    readonly value: unknown;
  };
  readonly drop: { readonly parameters: { readonly key: string }; readonly value: unknown };
}

/** The name of an order. */
export type WorkerOperation = keyof WorkerOperations;

/** What the thread tells unasked. */
export type WorkerEvent =
  | { readonly event: "fault"; readonly error: WorkerFailure }
  | { readonly event: "market"; readonly key: string; readonly counts: Readonly<Record<string, number>>; readonly said?: string }
  | { readonly event: "draft"; readonly key: string; readonly draft: unknown }
  | { readonly event: "negotiation-failed"; readonly key: string; readonly error: WorkerFailure }
  | { readonly event: "activity"; readonly key: string; readonly activityId: string }
  | { readonly event: "command"; readonly key: string; readonly follow: boolean }
  | { readonly event: "output"; readonly key: string; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly event: "output-lost"; readonly key: string }
  | {
      readonly event: "bill";
      readonly key: string;
      readonly kind: "debit-note" | "invoice";
      readonly amount: string;
      readonly accepted: boolean;
    }
  | { readonly event: "terminated"; readonly agreementId: string; readonly by: string; readonly reason: string };

/** What is left of an error when it leaves the thread. */
export interface WorkerFailure {
  /** Of the SDK's class, or one of the thread's own words. */
  readonly name: string;
  /** The SDK's code, such as `ActivityCreationFailed`. */
  readonly code?: string;
  /** HTTP status, where it was not lost on the way. */
  readonly status?: number;
  readonly message: string;
}

/** What comes out of the thread. */
export type WorkerMessage =
  | WorkerEvent
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: WorkerFailure };
