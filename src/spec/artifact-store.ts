import type { Artifact } from "../model/artifact.js";
import type { AbortSignalLike, Host } from "./host.js";
import type { ByteSource } from "./launch.js";

/** Options of calls that move bytes. */
export interface TransferOptions {
  readonly host: Host;
  readonly signal?: AbortSignalLike;
}

/**
 * A place for files, addressed by URI. Every store reads the schemes it declares; `write` stores also keep attempt
 * outputs under {@link ArtifactStore.workspace}. Nothing long-lived is ever handed to a node: nodes get URLs.
 */
export interface ArtifactStore {
  readonly id: string;
  /** URI schemes without the colon, such as `s3`. */
  readonly schemes: readonly string[];
  readonly write: boolean;
  /** Base URI, ending in `/`, below which attempts write. Present when `write`. */
  readonly workspace?: string;
  /** USD, for costs. */
  readonly prices: { readonly egressUsdPerGB: number; readonly storageUsdPerGBMonth: number };

  /** Stores bytes at the URI and answers their digest. Overwrites. */
  put(uri: string, body: ByteSource, options: TransferOptions): Promise<Artifact>;
  /** Opens the bytes. @throws ARTIFACT_NOT_FOUND */
  read(uri: string, options: TransferOptions): Promise<AsyncIterable<Uint8Array>>;
  /** A URL from which anyone holding it can GET the object for `ttlMs`. `file:` URLs are for this machine only. */
  readUrl(uri: string, ttlMs: number, options: TransferOptions): Promise<string>;
  /** A URL to which anyone holding it can PUT the object once or more for `ttlMs`. Absent: nodes cannot write here. */
  writeUrl?(uri: string, ttlMs: number, limits: { readonly sha256?: string; readonly maxBytes?: number }, options: TransferOptions): Promise<string>;
  /** Size, and digest where the store knows it. `undefined`: no such object. */
  stat(uri: string, options: TransferOptions): Promise<{ readonly size: number; readonly sha256?: string } | undefined>;
  /** Copies within this store. Overwrites; idempotent. @throws ARTIFACT_NOT_FOUND */
  copy(from: string, to: string, options: TransferOptions): Promise<void>;
  /** Idempotent: a missing object is fine. */
  remove(uri: string, options: TransferOptions): Promise<void>;
  /** URIs below a prefix, for clean-up. */
  list(prefix: string, options: TransferOptions): Promise<readonly string[]>;
  close?(): Promise<void>;
}
