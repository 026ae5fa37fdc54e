import type { Host } from "../../spec/host.js";
import { type TreeEntry, treeDigest } from "../runner/tree-digest.js";
import { type Digest, digesting } from "../transfer/digest.js";
import { ArchiveRefused } from "./archive-refused.js";
import { type LinkTarget, resolveLink, type TreeNode } from "./links.js";
import { readTar } from "./read-tar.js";

/** A file as it comes out of an archive, links followed. */
export interface UnpackedFile extends Digest {
  /** Path below the directory. */
  readonly member: string;
  /** The file of the archive whose bytes these are; equal to `member` but for links. */
  readonly source: string;
}

/** What an archive holds. */
export interface ArchiveTree {
  /** What the manifest calls `treeSha256`. */
  readonly treeSha256: string;
  /** All files, sorted by name. Absent: too many, or too much more than the archive's size, to be taken out. */
  readonly files?: readonly UnpackedFile[];
}

/** Limits of {@link readTree}. */
export interface TreeLimits {
  /** Entries that are read at all; each costs memory. @defaultValue 200_000 */
  readonly entries?: number;
  /** Files that are taken out of one archive, links followed: each becomes an object and a line of the result. @defaultValue 10_000 */
  readonly files?: number;
}

/** Links may make that much more of an archive, in bytes. */
const MOST_GROWTH = 4;
/** Following each costs time, and time is what a hostile archive is after. */
const MOST_SYMBOLIC_LINKS = 10_000;
/** Directories and files looked at for each file that may be taken out, so that links among empty directories end. */
const MOST_LOOKS = 10;

/**
 * Reads a directory out of a tar archive without trusting it, in one pass.
 *
 * @param take gets each file as it comes, and answers what it was; default: it is digested.
 * @throws ArchiveRefused when names lead out or clash, links lead out, nowhere or round, or something is neither file, directory nor link.
 */
export async function readTree(
  source: AsyncIterable<Uint8Array>,
  host: Host,
  { take = digestOf(host), limits = {} }: { readonly take?: TakeFile; readonly limits?: TreeLimits } = {},
): Promise<ArchiveTree> {
  const { entries = 200_000, files = 10_000 } = limits;
  const nodes = new Map<string, TreeNode>([["", { kind: "directory", children: new Set() }]]);
  let count = 0;
  let links = 0;
  for await (const entry of readTar(source)) {
    if (++count > entries) throw new ArchiveRefused("limit", `holds more than ${entries} files: let the command pack them into one`);
    const directory = makeDirectory(nodes, entry.member.split("/").slice(0, -1));
    if (entry.kind === "directory") {
      makeDirectory(nodes, entry.member.split("/"));
      continue;
    }
    if (nodes.has(entry.member)) throw clash(entry.member);
    if (entry.kind === "file") {
      const { sha256, size } = await take(entry.member, entry.body);
      nodes.set(entry.member, { kind: "file", sha256, size, source: entry.member });
    } else if (entry.kind === "hard-link") {
      const target = nodes.get(entry.target);
      if (target?.kind !== "file")
        throw new ArchiveRefused("malformed", `holds a link to ${JSON.stringify(entry.target)}, which is no file`);
      nodes.set(entry.member, target);
    } else {
      if (++links > MOST_SYMBOLIC_LINKS) throw new ArchiveRefused("limit", `holds more than ${MOST_SYMBOLIC_LINKS} symbolic links`);
      nodes.set(entry.member, entry);
    }
    directory.children.add(entry.member);
  }
  for (const [member, node] of nodes) if (node.kind === "symbolic-link") resolveLink(nodes, member);
  return { treeSha256: treeDigest(treeEntries(nodes), host), ...unpacked(nodes, files) };
}

/** Takes the bytes of one file, all of them. */
export type TakeFile = (member: string, body: AsyncIterable<Uint8Array>) => Promise<Digest>;

function digestOf(host: Host): TakeFile {
  return async (_, body) => {
    const { pieces, result } = digesting(body, host);
    for await (const _piece of pieces);
    return result();
  };
}

/** The node of a directory, made with those above it. @throws ArchiveRefused when one of them is a file or link */
function makeDirectory(nodes: Map<string, TreeNode>, names: readonly string[]): Extract<TreeNode, { kind: "directory" }> {
  let above = nodes.get("");
  for (let depth = 0; depth < names.length; depth++) {
    const member = names.slice(0, depth + 1).join("/");
    let node = nodes.get(member);
    if (node === undefined) {
      node = { kind: "directory", children: new Set() };
      nodes.set(member, node);
      if (above?.kind === "directory") above.children.add(member);
    }
    if (node.kind !== "directory") throw clash(member);
    above = node;
  }
  if (above?.kind !== "directory") throw clash(names.join("/"));
  return above;
}

const clash = (member: string): ArchiveRefused =>
  new ArchiveRefused("malformed", `holds ${JSON.stringify(member)} twice, or as a file and a directory`);

function* entriesOf(nodes: ReadonlyMap<string, TreeNode>): Generator<TreeEntry, void, undefined> {
  for (const [member, node] of nodes) {
    if (node.kind === "file") yield { member, sha256: node.sha256 };
    else if (node.kind === "symbolic-link") yield { member, target: node.target };
  }
}

const treeEntries = (nodes: ReadonlyMap<string, TreeNode>): readonly TreeEntry[] => [...entriesOf(nodes)];

/** All files with links followed, as a walk through the unpacked directory would find them. */
function unpacked(nodes: ReadonlyMap<string, TreeNode>, most: number): Pick<ArchiveTree, "files"> {
  const files: UnpackedFile[] = [];
  const packedBytes = [...nodes].reduce((sum, [member, node]) => sum + (node.kind === "file" && node.source === member ? node.size : 0), 0);
  let bytes = 0;
  let looks = 0;
  /** False once there is too much. `above`: the real directories on the way, in which a link back up would go round for ever. */
  const visit = (real: LinkTarget, member: string, above: readonly string[]): boolean => {
    const { node } = real;
    if (++looks > most * MOST_LOOKS) return false;
    if (node.kind === "file") {
      bytes += node.size;
      files.push({ member, source: node.source, sha256: node.sha256, size: node.size });
      return files.length <= most && bytes <= packedBytes * MOST_GROWTH;
    }
    if (above.includes(real.member))
      throw new ArchiveRefused("content", `holds ${JSON.stringify(member)}, a link to a directory above itself`);
    for (const child of [...node.children].sort()) {
      const name = child.slice(child.lastIndexOf("/") + 1);
      const below = member === "" ? name : `${member}/${name}`;
      if (!visit(resolveLink(nodes, child), below, [...above, real.member])) return false;
    }
    return true;
  };
  return visit(resolveLink(nodes, ""), "", []) ? { files } : {};
}
