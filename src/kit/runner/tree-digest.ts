import type { Host } from "../../spec/host.js";

/** A file or symbolic link below a declared directory. */
export type TreeEntry =
  | { readonly member: string; readonly sha256: string }
  /** `target` as the link holds it. */
  | { readonly member: string; readonly target: string };

/**
 * Digest of a directory that two machines agree on when its files have equal names and bytes, whatever their times, owners and order: SHA-256
 * over the lines `<sha256>  ./<member>` for files and `./<member> -> <target>` for links, sorted by bytes. Empty directories do not count.
 * This is the manifest's `treeSha256`, so an unpacked archive can be compared with it.
 */
export function treeDigest(entries: readonly TreeEntry[], host: Pick<Host, "sha256">): string {
  const encoder = new TextEncoder();
  const lines = entries
    .map((entry) => ("target" in entry ? `./${entry.member} -> ${entry.target}\n` : `${entry.sha256}  ./${entry.member}\n`))
    .map((line) => encoder.encode(line))
    .sort(compareBytes);
  const whole = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
  let at = 0;
  for (const line of lines) {
    whole.set(line, at);
    at += line.length;
  }
  return host.sha256(whole);
}

/** The order of `LC_ALL=C sort`. JavaScript's own compares UTF-16 units, which puts some characters elsewhere. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
