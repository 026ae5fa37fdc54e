import type { AbortSignalLike } from "../../spec/host.js";
import type { LogChunk } from "../../spec/launch.js";

/** What a command printed, kept from its beginning up to a number of bytes, for any number of readers. */
export class OutputLog {
  readonly #mostBytes: number;
  readonly #chunks: LogChunk[] = [];
  #bytes = 0;
  #isFull = false;
  #ended = false;
  #wake: (() => void)[] = [];

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  add(chunk: LogChunk): void {
    if (this.#ended || this.#isFull) return;
    this.#bytes += Buffer.byteLength(chunk.text);
    this.#isFull = this.#bytes > this.#mostBytes;
    this.#chunks.push(this.#isFull ? { stream: "system", text: `[no more than ${this.#mostBytes} bytes of output are kept]\n` } : chunk);
    this.#tell();
  }

  /** Nothing comes any more. */
  end(): void {
    this.#ended = true;
    this.#tell();
  }

  /** Everything from the beginning, then what comes, until the end or the abort. */
  async *read(signal: AbortSignalLike): AsyncGenerator<LogChunk, void, undefined> {
    for (let next = 0; ; next += 1) {
      while (next >= this.#chunks.length) {
        if (this.#ended || signal.aborted) return;
        await this.#more(signal);
      }
      if (signal.aborted) return;
      const chunk = this.#chunks[next];
      if (chunk !== undefined) yield chunk;
    }
  }

  #more(signal: AbortSignalLike): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done, { once: true });
      this.#wake.push(done);
    });
  }

  #tell(): void {
    const readers = this.#wake;
    this.#wake = [];
    for (const wake of readers) wake();
  }
}
