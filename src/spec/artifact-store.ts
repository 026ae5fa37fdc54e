import type { Artifact } from "../model/artifact.js";
import type { AbortSignalLike, Host } from "./host.js";
import type { ByteSource } from "./launch.js";

/** Version of {@link ArtifactStore}. Raised when a plug-in that is right today would be wrong tomorrow. */
export const ARTIFACT_STORE_SPEC_VERSION = 1;

/** Options of calls that move bytes. */
export interface TransferOptions {
  readonly host: Host;
  readonly signal?: AbortSignalLike;
}

/** Options of calls that use an object which is there already. */
export interface ReadOptions extends TransferOptions {
  /**
   * The digest that the bytes must have, lower-case hex. `read` then fails with INPUT_DIGEST_MISMATCH before it gives the last
   * piece of other bytes. Stores with {@link ArtifactStore.needsDigest} refuse to read, or to give a URL, without it.
   */
  readonly sha256?: string;
  /**
   * A {@link ObjectStat.version} seen before: the call fails with OUTPUT_DIGEST_MISMATCH when the object is another one by now. Whoever
   * checked an object that a node may still overwrite passes it when using the object. Stores that tell no version ignore it.
   */
  readonly ifVersion?: string;
}

/** What a store knows of an object. */
export interface ObjectStat {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex, where the store knows it and nobody else can have set it. */
  readonly sha256?: string;
  /** Opaque; another one as soon as the bytes are others. */
  readonly version?: string;
}

/** Limits of a right to write. Which ones a store can hold a stranger to differs: see its page in `docs/artifacts.md`. */
export interface WriteLimits {
  /** Nothing but these bytes may be stored. */
  readonly sha256?: string;
  /** Bytes. A hint: signed URLs cannot enforce it. */
  readonly maxBytes?: number;
  /** Nothing may be stored once something is there. */
  readonly once?: boolean;
}

/** A right to store one object, for somebody without credentials. */
export interface WriteGrant {
  /** For PUT. */
  readonly url: string;
  /** To be sent with the PUT exactly so, beside `content-length`. The store refuses the PUT without them. Often empty. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the URL stops working, ms since 1970. Absent: never. */
  readonly expiresAtMs?: number;
  /** The limits that the store enforces. */
  readonly enforced: readonly ("sha256" | "once")[];
}

/** An upload in parts that has begun. Plain data: it can be stored and taken up by another process. */
export interface PartedUpload {
  readonly uri: string;
  /** The store's own name for it. Worthless without credentials. */
  readonly uploadId: string;
  /** Size of each part but the last. */
  readonly partBytes: number;
  /** Parts that fit `maxBytes`; unused ones are never paid for. */
  readonly parts: number;
}

/** Uploads in parts, for objects that a node makes and whose size is not known beforehand. */
export interface PartedUploads {
  /**
   * Begins an upload. Until it is completed or aborted the store may keep, and bill, the parts.
   *
   * @param limits `maxBytes`: largest object. `partBytes`: size of a part; default and least are the store's.
   * @throws UNSUPPORTED_WORKLOAD when so many bytes do not fit into the store's number of parts.
   */
  create(uri: string, limits: { readonly maxBytes: number; readonly partBytes?: number }, options: TransferOptions): Promise<PartedUpload>;
  /** One URL for PUT per part, in order; sending a part again replaces it. */
  partUrls(upload: PartedUpload, ttlMs: number, options: TransferOptions): Promise<readonly string[]>;
  /**
   * Makes the object of the parts that the store has, which must be the first ones without a gap. Idempotent as long as the object
   * is there. Answers what the store then knows of it; the digest has to be found by reading.
   *
   * @throws STAGING_FAILED when parts are missing, none was sent, or other than `parts` (if given) were.
   */
  complete(upload: PartedUpload, options: TransferOptions & { readonly parts?: number }): Promise<ObjectStat>;
  /** Drops the parts. Idempotent. */
  abort(upload: Pick<PartedUpload, "uri" | "uploadId">, options: TransferOptions): Promise<void>;
  /** Uploads below a prefix that have begun and not ended, for clean-up. */
  list(prefix: string, options: TransferOptions): Promise<readonly Pick<PartedUpload, "uri" | "uploadId">[]>;
}

/**
 * A place for files, addressed by URI. Every store reads the schemes it declares; `write` stores also keep attempt
 * outputs under {@link ArtifactStore.workspace}. Nothing long-lived is ever handed to a node: nodes get URLs.
 *
 * Failures of the store itself are ARTIFACT_STORE_DENIED and ARTIFACT_STORE_UNAVAILABLE; a URI it cannot use is INVALID_WORKLOAD.
 */
export interface ArtifactStore {
  readonly id: string;
  /** URI schemes without the colon, such as `s3`. */
  readonly schemes: readonly string[];
  readonly write: boolean;
  /** Base URI, ending in `/`, below which attempts write. Present when `write`. */
  readonly workspace?: string;
  /** Its URLs work on this machine only, so that whatever a machine elsewhere needs is copied to another store first. Default false. */
  readonly local?: boolean;
  /** USD, for costs. */
  readonly prices: { readonly egressUsdPerGB: number; readonly storageUsdPerGBMonth: number };
  /** What stands behind the scheme is not trusted to give the right bytes: inputs from here need their sha256. Default false. */
  readonly needsDigest?: boolean;
  /** `remove` ends the existence of the bytes, as an erasure must; false where old versions or copies of others stay. Default: equal to `write`. */
  readonly erasable?: boolean;

  /** Stores bytes at the URI and answers their digest. Overwrites. */
  put(uri: string, body: ByteSource, options: TransferOptions): Promise<Artifact>;
  /** Opens the bytes. @throws ARTIFACT_NOT_FOUND */
  read(uri: string, options: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * A URL from which anyone holding it can GET the object for `ttlMs`. `file:` URLs are for this machine only.
   *
   * @throws UNSUPPORTED_WORKLOAD when the store's URLs cannot live so long.
   */
  readUrl(uri: string, ttlMs: number, options: ReadOptions): Promise<string>;
  /**
   * A URL to which anyone holding it can PUT the object once or more for `ttlMs`. Absent: nodes cannot write here. No header is needed, unless
   * `sha256` or `once` is given and the store enforces it by headers: {@link ArtifactStore.grantWrite} tells which.
   *
   * @throws UNSUPPORTED_WORKLOAD when the store's URLs cannot live so long.
   */
  writeUrl?(uri: string, ttlMs: number, limits: WriteLimits, options: TransferOptions): Promise<string>;
  /**
   * The same with everything that the PUT needs; also asks for what is configured by headers, such as encryption at rest. Preferred to `writeUrl` where
   * present. Equal limits give equal headers.
   */
  grantWrite?(uri: string, ttlMs: number, limits: WriteLimits, options: TransferOptions): Promise<WriteGrant>;
  /** For objects too large for one PUT, or for the memory of whoever sends them. */
  readonly parted?: PartedUploads;
  /** Size, and digest where the store knows it. `undefined`: no such object. */
  stat(uri: string, options: TransferOptions): Promise<ObjectStat | undefined>;
  /** Copies within this store. Overwrites; idempotent. @throws ARTIFACT_NOT_FOUND */
  copy(from: string, to: string, options: ReadOptions): Promise<void>;
  /** Idempotent: a missing object is fine. */
  remove(uri: string, options: TransferOptions): Promise<void>;
  /** URIs below a prefix, for clean-up. */
  list(prefix: string, options: TransferOptions): Promise<readonly string[]>;
  /** Frees sockets and the like. Idempotent. */
  close?(): Promise<void>;
}
