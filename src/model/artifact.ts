/** A stored byte sequence. The digest is the identity, the URI a place. */
export interface Artifact {
  readonly uri: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** One file of a result: which declared path it belongs to, and where it is. */
export interface OutputArtifact extends Artifact {
  /** The declared output path, as the workload wrote it. */
  readonly path: string;
  /** Path below a declared directory with `/` separators; empty when the output is a single file. */
  readonly member: string;
}

/**
 * What an attempt claims to have produced. A claim, not a fact: digests are compared with the stored objects and
 * with other attempts' manifests before anything is accepted.
 */
export interface ResultManifest {
  readonly version: 1;
  readonly exitCode: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly outputs: readonly OutputArtifact[];
  /** Echo of the launch's nonce; a manifest without the right one belongs to somebody else. */
  readonly nonce?: string;
  /** Set when staging, not the command, failed. */
  readonly failure?: { readonly stage: "fetch" | "digest" | "output" | "upload"; readonly message: string };
}
