import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import type { LogChunk } from "../../spec/launch.js";
import { pause } from "./pause.js";
import { readProcessState } from "./process-state.js";
import { RECORD_FILES } from "./records.js";

/** How {@link followOutput} reads. */
export interface FollowOptions {
  readonly host: Host;
  readonly signal?: AbortSignalLike;
  /** True once nothing more will be printed. Default: the command has exited or was lost. */
  readonly over?: () => Promise<boolean>;
}

const CHUNK_BYTES = 64 * 1024;
const LEAST_WAIT_MS = 20;
const MOST_WAIT_MS = 500;

/**
 * What the command in a directory printed, from the beginning until it ends, in any process and any number of times.
 * Each stream is in order; between the two streams the order is that of reading. Rejects with the signal's reason.
 */
export async function* followOutput(directory: string, options: FollowOptions): AsyncGenerator<LogChunk, void, undefined> {
  const over = options.over ?? (async () => ["exited", "lost"].includes((await readProcessState(directory)).kind));
  const tails = [new Tail("stdout", join(directory, RECORD_FILES.stdout)), new Tail("stderr", join(directory, RECORD_FILES.stderr))];
  try {
    let waitMs = LEAST_WAIT_MS;
    for (;;) {
      // Asked before reading, so that whatever was printed until the end is read after it.
      const last = await over();
      let quiet = true;
      for (const tail of tails) {
        for (let text = await tail.next(); text !== undefined; text = await tail.next()) {
          if (options.signal?.aborted) throw options.signal.reason;
          quiet = false;
          if (text !== "") yield { stream: tail.stream, text, atMs: options.host.now() };
        }
      }
      if (last) break;
      waitMs = quiet ? Math.min(MOST_WAIT_MS, waitMs * 1.5) : LEAST_WAIT_MS;
      await pause(options.host, waitMs, options.signal);
    }
    for (const tail of tails) {
      const text = tail.rest();
      if (text !== "") yield { stream: tail.stream, text, atMs: options.host.now() };
    }
  } finally {
    await Promise.all(tails.map((tail) => tail.close()));
  }
}

/** Reads a growing file of UTF-8 text without splitting characters. */
class Tail {
  readonly stream: "stdout" | "stderr";
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  #file: FileHandle | undefined;

  constructor(stream: "stdout" | "stderr", path: string) {
    this.stream = stream;
    this.#path = path;
  }

  /** More text, perhaps empty; nothing when all that is there now was read. */
  async next(): Promise<string | undefined> {
    // Kept open: what was printed can be read to the end even when the directory is removed meanwhile.
    this.#file ??= await open(this.#path, "r").catch(() => undefined);
    if (this.#file === undefined) return undefined;
    const { bytesRead } = await this.#file.read(this.#buffer, 0, CHUNK_BYTES, null);
    return bytesRead === 0 ? undefined : this.#decoder.decode(this.#buffer.subarray(0, bytesRead), { stream: true });
  }

  /** What an unfinished character at the very end is worth. */
  rest(): string {
    return this.#decoder.decode();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
