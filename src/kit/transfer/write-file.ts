import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import { abortable } from "./abort.js";
import { type Digest, digesting } from "./digest.js";

/** Name of a file that is not complete yet, beside the one it will become. */
const TEMPORARY = /^\.spillway-[0-9a-z]+\.part$/;

/** True for the name of a file that {@link writeWhole} has not finished, or never will because its process died. */
export const isTemporaryName = (name: string): boolean => TEMPORARY.test(name);

/** A name beside a file under which it can be prepared. */
export const temporaryBeside = (file: string, host: Host): string => join(dirname(file), `.spillway-${host.newId()}.part`);

/** How {@link writeWhole} writes. */
export interface WriteOptions {
  readonly host: Host;
  readonly signal?: AbortSignalLike;
  /** Waits until the bytes have left the page cache, so that they survive a loss of power. Default false. */
  readonly sync?: boolean;
  /** Looks at the digest before the file appears under its name; throw to keep it from appearing. */
  readonly check?: (digest: Digest) => void;
}

/**
 * Writes a file so that its name stands for all of the bytes or for what it stood for before. Its directory must exist.
 * Fails with the source's or Node's own error, or the signal's reason, and then leaves nothing behind.
 */
export async function writeWhole(file: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Digest> {
  const temporary = temporaryBeside(file, options.host);
  const handle = await open(temporary, "wx", 0o644);
  try {
    const { pieces, result } = digesting(abortable(source, options.signal), options.host);
    try {
      for await (const piece of pieces) await handle.writeFile(piece);
      if (options.sync) await handle.sync();
    } finally {
      await handle.close();
    }
    const digest = result();
    options.check?.(digest);
    await rename(temporary, file);
    return digest;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
