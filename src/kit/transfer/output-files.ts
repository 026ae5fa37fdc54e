import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { confinedPath } from "./confine.js";

/** One file of a declared output. */
export interface OutputFile {
  /** Path below a declared directory with `/` between names; empty when the output is a single file. */
  readonly member: string;
  /** Absolute path without symbolic links. */
  readonly file: string;
}

/**
 * What lies at a declared output path. `refused`: there is something that must not be stored, such as a link that leads
 * out of the directory, or a pipe; `what` says so for people.
 */
export type OutputSearch =
  | { readonly kind: "missing" }
  | { readonly kind: "found"; readonly files: readonly OutputFile[] }
  | { readonly kind: "refused"; readonly what: string };

/**
 * Finds the files of one declared output below `root`: the file itself, or all files of a directory, recursively and
 * sorted by name. Symbolic links are followed as long as they stay below `root`. Call it when nothing runs there any more.
 *
 * @throws INVALID_WORKLOAD when the declared path itself leads out of `root`.
 */
export async function findOutputFiles(root: string, path: string): Promise<OutputSearch> {
  const start = confinedPath(root, path);
  if ((await lstat(start).catch(absent)) === undefined) return { kind: "missing" };
  const search = new Search(await realpath(root), path);
  await search.visit(start, "", []);
  return search.refusal === undefined ? { kind: "found", files: search.files } : { kind: "refused", what: search.refusal };
}

class Search {
  readonly files: OutputFile[] = [];
  refusal: string | undefined;
  readonly #root: string;
  readonly #path: string;

  constructor(root: string, path: string) {
    this.#root = root;
    this.#path = path;
  }

  /** `above`: the real directories on the way here, in which a link back up would go round for ever. */
  async visit(at: string, member: string, above: readonly string[]): Promise<void> {
    const real = await realpath(at).catch(absent);
    if (real === undefined) return this.#refuse(member, "is a symbolic link that leads nowhere");
    if (real !== this.#root && !real.startsWith(this.#root + sep))
      return this.#refuse(member, "is a symbolic link that leaves the attempt's directory");
    const facts = await stat(real);
    if (facts.isFile()) {
      this.files.push({ member, file: real });
      return;
    }
    if (!facts.isDirectory()) return this.#refuse(member, "is neither a file nor a directory");
    if (above.includes(real)) return this.#refuse(member, "is a symbolic link to a directory above itself");
    for (const name of (await readdir(real)).sort()) {
      if (this.refusal !== undefined) return;
      await this.visit(join(real, name), member === "" ? name : `${member}/${name}`, [...above, real]);
    }
  }

  #refuse(member: string, what: string): void {
    this.refusal = `${this.#path}${member === "" ? "" : `, member ${JSON.stringify(member)},`} ${what}`;
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP") return undefined;
  throw error;
}
