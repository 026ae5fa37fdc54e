import type { Artifact } from "../model/artifact.js";
import type { Offer, Price } from "../model/offer.js";
import type { Secret } from "../model/secret.js";
import type { ResourceRequest } from "../model/workload.js";

/** A file to be put in place before the command starts. The URL needs no credential and is as narrow and short-lived as the attempt. */
export interface StagedInput {
  readonly path: string;
  readonly url: string;
  readonly sha256?: string;
  readonly size?: number;
}

/** Where a declared output may be written to by a party that is not us. Absent URLs: `collect` fetches it. */
export interface StagedOutput {
  readonly path: string;
  readonly optional: boolean;
  /** Public key of age to which the runner encrypts it first. Set with `wrapper` staging only. */
  readonly encryptTo?: string;
  /** Attempt-scoped place of the object. */
  readonly uri?: string;
  /** Presigned PUT for it. */
  readonly url?: string;
  /** To be sent with that PUT exactly so, beside its length; without them it is refused. Absent: none. An answer of 412 means that it is stored already. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What exactly is started. Finished by the runtime; a backend only translates it. Holds resolved secrets: never log or store it. */
export interface Launch {
  /** Equal to the placement's key. */
  readonly key: string;
  readonly image?: string;
  readonly registry?: { readonly server: string; readonly username: string; readonly password: Secret };
  /** Never empty, never a shell line. With `wrapper` staging it is already the runner's. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Goes into the environment too, kept apart so that it stays out of logs and names. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly resources: ResourceRequest;
  readonly inputs: readonly StagedInput[];
  readonly outputs: readonly StagedOutput[];
  /** Presigned PUT for the result manifest, with `wrapper` staging. */
  readonly manifestUrl?: string;
  /** To be sent with the manifest's PUT, as with an output's. */
  readonly manifestHeaders?: Readonly<Record<string, string>>;
  readonly checkpoint?: {
    readonly path: string;
    readonly everyMs: number;
    /** Checkpoint to start from. */
    readonly restore?: StagedInput;
    /** Presigned PUTs to rotate through. */
    readonly urls: readonly string[];
    /** To be sent with each of them. Absent: none. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** The command must be ended after this time by whoever can. */
  readonly timeoutMs: number;
  /** The whole lease must be over this long after bind. The backend passes it on wherever it can be enforced. */
  readonly maxLifetimeMs: number;
  /** HMAC(namespace secret, key): lets a manifest or an endpoint prove that it belongs to this attempt. */
  readonly nonce: string;
  /** Strings for labels and tags at the backend: run, attempt, namespace. Never workload data. */
  readonly labels: Readonly<Record<string, string>>;
}

/** An answer to an order, judged like an offer. */
export type Bid = Offer;

/** A bid that may be taken, and what it is worth. */
export interface RankedBid {
  readonly offerId: string;
  /** Expected fully loaded cost plus penalties. */
  readonly totalUsd: number;
  readonly price: Price;
}

/** A decision on its way to being carried out. */
export interface Placement {
  /**
   * Names the lease everywhere: `[a-z][a-z0-9-]{0,47}`, unique for ever, derived from namespace, run and attempt. It begins with
   * the namespace's id and a dash, so that a name alone tells whose it is.
   * `bind` is idempotent on it.
   */
  readonly key: string;
  readonly offer: Offer;
  readonly launch: Launch;
  /** No agreement above this price, in USD per hour. */
  readonly priceCapUsdPerHour: number;
  /** What the caller wrote under `backendOptions[kind]`. */
  readonly options?: unknown;
  /**
   * Orders bids best first and drops those above the cap, excluded, or taken by a sibling attempt's operator by now.
   * Pure and synchronous; may be asked several times. An empty answer means NO_BIDS.
   */
  readonly rank: (bids: readonly Bid[]) => readonly RankedBid[];
}

/** What `collect` is to fetch. */
export interface OutputPlan {
  readonly outputs: readonly { readonly path: string; readonly optional: boolean }[];
  /**
   * Stores one file of a declared output under the attempt's own prefix and answers where. `member` is the path below
   * a declared directory, empty for a single file. Computes the digest on the way.
   */
  readonly put: (path: string, member: string, body: ByteSource) => Promise<Artifact>;
}

/** Bytes from somewhere: a file on this machine, or a stream. */
export type ByteSource = { readonly file: string } | { readonly stream: AsyncIterable<Uint8Array> } | { readonly bytes: Uint8Array };

/** A piece of what a command printed. */
export interface LogChunk {
  readonly stream: "stdout" | "stderr" | "system";
  readonly text: string;
  readonly atMs?: number;
}

/** What a `find` asks about: a key that was to be bound, and a partial reference if `progress` stored one. */
export interface Intent {
  readonly key: string;
  readonly partial?: import("../model/lease.js").LeaseRef;
  /** When bind was called: narrows a search at the backend. */
  readonly intendedAtMs: number;
}
