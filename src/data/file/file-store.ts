import { constants } from "node:fs";
import { copyFile, lstat, mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { checkedBytes } from "../../kit/objects/checked-bytes.js";
import {
  abortable,
  fileUriOf,
  isTemporaryName,
  pathOfFileUri,
  piecesOf,
  readPieces,
  temporaryBeside,
  writeWhole,
} from "../../kit/transfer/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ArtifactStore, TransferOptions } from "../../spec/artifact-store.js";

/** Options of {@link fileStore}. */
export interface FileStoreOptions {
  /**
   * Directory below which attempts write; made when first needed. Relative paths count from the working directory of
   * the process. Use one that every process sharing the scheduler's store sees under the same path.
   */
  readonly directory: string;
  /** Unique among the scheduler's artifact stores. Default `file`. */
  readonly id?: string;
}

/**
 * Keeps artifacts as files of this machine, or of a file system it mounts. Reads and writes whatever `file:` URIs name,
 * with the rights of the process; attempts write below `directory`. Files appear complete or not at all. The URLs it
 * hands out are `file:` URLs: they work for commands on this machine only, never expire, and no limit of size or digest
 * is enforced through them.
 *
 * URIs must be absolute, in the form `file:///path`, percent-encoded, without `.`, `..`, query or fragment; anything
 * else is refused with INVALID_WORKLOAD. Costs nothing.
 *
 * @throws INVALID_CONFIG when `directory` is missing.
 */
export function fileStore(options: FileStoreOptions): ArtifactStore {
  if (typeof options?.directory !== "string" || options.directory === "" || options.directory.includes("\0")) {
    throw new SchedulerError("INVALID_CONFIG", "fileStore: option `directory` must name the directory in which artifacts are kept.", {
      details: { field: "directory" },
    });
  }
  const base = resolve(options.directory);
  return {
    id: options.id ?? "file",
    schemes: ["file"],
    write: true,
    local: true,
    workspace: `${fileUriOf(base)}/`,
    prices: { egressUsdPerGB: 0, storageUsdPerGBMonth: 0 },

    async put(uri, body, { host, signal }) {
      const file = objectPath(uri);
      throwIfAborted({ signal });
      const write = () => writeWhole(file, piecesOf(body), { host, sync: true, ...(signal ? { signal } : {}) });
      return { uri, ...(await inDirectoryOf(file, write)) };
    },

    async read(uri, { host, signal, sha256 }) {
      const file = objectPath(uri);
      throwIfAborted({ signal });
      // Opened once before answering, so that a missing file is an error of this call.
      await probe(file).catch((error: unknown) => {
        throw notFound(uri, error);
      });
      const bytes = abortable(readPieces(file), signal);
      return sha256 === undefined ? bytes : checkedBytes(bytes, sha256, uri, host);
    },

    async readUrl(uri) {
      return fileUriOf(objectPath(uri));
    },

    async writeUrl(uri) {
      return fileUriOf(objectPath(uri));
    },

    async stat(uri) {
      const facts = await stat(objectPath(uri)).catch(absent);
      return facts?.isFile() ? { size: facts.size } : undefined;
    },

    async copy(from, to, { host, signal }) {
      const [source, target] = [objectPath(from), objectPath(to)];
      throwIfAborted({ signal });
      if (!(await stat(source).catch(absent))?.isFile()) throw notFound(from);
      if (source === target) return;
      const temporary = temporaryBeside(target, host);
      await inDirectoryOf(target, async () => {
        try {
          await copyFile(source, temporary, constants.COPYFILE_FICLONE);
          await flush(temporary);
          await rename(temporary, target);
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
      });
    },

    async remove(uri) {
      const file = objectPath(uri);
      if ((await lstat(file).catch(absent))?.isDirectory() ?? true) return;
      await unlink(file).catch(absent);
      await removeEmptyDirectories(dirname(file), base);
    },

    async list(prefix, { signal }) {
      const path = pathOfFileUri(prefix);
      throwIfAborted({ signal });
      // A prefix is text, not a directory: it may end inside a name.
      const [directory, begin] = prefix.endsWith("/") ? [path, ""] : [dirname(path), path.slice(path.lastIndexOf("/") + 1)];
      const found: string[] = [];
      await collectFiles(directory, begin, found, { signal });
      return found.map(fileUriOf);
    },
  };
}

const DIRECTORY_TRIES = 10;

/** The file that a URI names. A URI that ends in `/` names a directory, which is not an object. */
function objectPath(uri: string): string {
  const path = pathOfFileUri(uri);
  if (path === "/" || uri.endsWith("/")) {
    throw new SchedulerError("INVALID_WORKLOAD", `The URI ${JSON.stringify(uri)} names a directory: name a file.`, {
      details: { field: "uri" },
    });
  }
  return path;
}

/** Files below a directory, sorted, links left out: what a listing shows may be removed, and a link may lead anywhere. */
async function collectFiles(directory: string, begin: string, found: string[], options: Pick<Signals, "signal">): Promise<void> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(absent)) ?? [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    throwIfAborted(options);
    if (!entry.name.startsWith(begin) || isTemporaryName(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await collectFiles(path, "", found, options);
    else if (entry.isFile()) found.push(path);
  }
}

/** Leaves no skeleton of directories behind in the workspace; outside of it nothing but the named file is touched. */
async function removeEmptyDirectories(directory: string, base: string): Promise<void> {
  for (let current = directory; current.startsWith(base + sep); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return;
    }
  }
}

/**
 * Does something in a directory that is made first, and again when a removal elsewhere in the workspace took the empty
 * directory away in between.
 */
async function inDirectoryOf<T>(file: string, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(dirname(file), { recursive: true });
      return await work();
    } catch (error) {
      if (!isAbout(error, dirname(file)) || tries === DIRECTORY_TRIES) throw error;
    }
  }
}

/** Whether a directory, or something in it, was not there. Not found out by looking: by now somebody may have made it again. */
function isAbout(error: unknown, directory: string): boolean {
  const { code, path } = error as NodeJS.ErrnoException;
  return code === "ENOENT" && path !== undefined && (`${path}${sep}`.startsWith(directory + sep) || directory.startsWith(path + sep));
}

/** Fails unless there is a regular file that can be read. */
async function probe(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    if (!(await handle.stat()).isFile()) throw new Error("not a regular file");
  } finally {
    await handle.close();
  }
}

/** Waits until a copy has left the page cache. */
async function flush(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Signals {
  readonly signal: TransferOptions["signal"];
}

function throwIfAborted({ signal }: Signals): void {
  if (signal?.aborted) throw signal.reason;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

function notFound(uri: string, cause?: unknown): SchedulerError {
  return new SchedulerError(
    "ARTIFACT_NOT_FOUND",
    `There is no file at ${uri}, or it cannot be read.`,
    cause === undefined ? {} : { cause },
  );
}
