import { ArchiveRefused } from "./archive-refused.js";

/** Bytes from pieces of any size, in amounts that somebody asks for. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** So many bytes, whole: for small amounts. @throws ArchiveRefused when there are fewer */
  async exactly(size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let at = 0;
    for await (const piece of this.next(size)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** The next bytes, as they come. @throws ArchiveRefused when there are fewer */
  async *next(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0; ) {
      if (!(await this.#fill())) throw new ArchiveRefused("malformed", "ends in the middle");
      const piece = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Passes over bytes. @throws ArchiveRefused when there are fewer */
  async skip(size: number): Promise<void> {
    for await (const _ of this.next(size));
  }

  /** Reads to the end. */
  async drain(): Promise<void> {
    do this.#held = new Uint8Array();
    while (await this.#fill());
  }

  /** False at the end. */
  async #fill(): Promise<boolean> {
    while (this.#held.length === 0) {
      const step = await this.#source.next();
      if (step.done === true) return false;
      this.#held = step.value;
    }
    return true;
  }
}
