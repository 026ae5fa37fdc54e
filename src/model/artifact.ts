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
  /**
   * Set when the object is an archive of a declared directory, because the node could write one object only. `sha256` and
   * `size` are then the archive's, which differ between machines for equal files; `treeSha256` is the same for equal files. `files`: how many
   * it is taken apart into when the result is promoted; absent: not looked into yet, or too many, so that it stays an archive.
   */
  readonly archive?: { readonly format: "tar"; readonly treeSha256: string; readonly files?: number };
  /**
   * Set when the object was encrypted to the caller's key on the node. `sha256` and `size` are the ciphertext's; the plaintext's are not known, because
   * they would let whoever sees them try guesses. `holds`: what comes out of it, the file or a tar archive of the directory.
   */
  readonly encrypted?: { readonly format: "age"; readonly holds: "file" | "tar" };
  /** The store's version of the object whose bytes were checked, where it tells one; what is there under another version is not what was accepted. */
  readonly version?: string;
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
  /** Set when staging, not the command, failed. `setup`: the image lacks a tool that staging needs. */
  readonly failure?: { readonly stage: "setup" | "fetch" | "digest" | "output" | "upload"; readonly message: string };
  /** Set when the command was ended from outside: at its timeout, or by the platform's signal. */
  readonly ended?: "timeout" | "signal";
}
