import { ArchiveRefused } from "./archive-refused.js";

/** Something below the directory that was packed. */
export type TreeNode =
  | { readonly kind: "file"; readonly sha256: string; readonly size: number; readonly source: string }
  | { readonly kind: "symbolic-link"; readonly target: string }
  /** `children`: whole paths. */
  | { readonly kind: "directory"; readonly children: Set<string> };

/** What a path leads to in the end. */
export interface LinkTarget {
  readonly member: string;
  readonly node: Exclude<TreeNode, { kind: "symbolic-link" }>;
}

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/**
 * Follows a path through symbolic links as a kernel would, but never out of the directory.
 *
 * @throws ArchiveRefused when it leads out, nowhere, or round.
 */
export function resolveLink(nodes: ReadonlyMap<string, TreeNode>, member: string): LinkTarget {
  const refuse = (where: string): never => {
    throw new ArchiveRefused("content", `holds ${JSON.stringify(member)}, a symbolic link that leads ${where}`);
  };
  let left = member.split("/");
  let at: string[] = [];
  for (let links = 0; ; ) {
    const name = left.shift();
    if (name === undefined) break;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.pop() === undefined) refuse("out of the directory");
      continue;
    }
    at.push(name);
    const node = nodes.get(at.join("/"));
    if (node === undefined) return refuse("nowhere");
    if (node.kind === "file" && left.some((more) => more !== "" && more !== ".")) return refuse("nowhere");
    if (node.kind !== "symbolic-link") continue;
    if (node.target.startsWith("/")) refuse("out of the directory");
    if (++links > MOST_LINKS) refuse("round");
    left = [...node.target.split("/"), ...left];
    at = at.slice(0, -1);
  }
  const node = nodes.get(at.join("/"));
  return node === undefined || node.kind === "symbolic-link" ? refuse("nowhere") : { member: at.join("/"), node };
}
