import { FLEX_TYPE, type FlexValue } from "./flexbuffer-reader.js";

/** Every slot has four bytes: wide enough for all that is sent, and always aligned. */
const WIDTH = 4;
const WIDTH_CODE = 2;

/** Where a value is, or, without an offset, what it is. */
interface Written {
  readonly type: number;
  readonly inline?: number;
  readonly offset?: number;
}

/** Writes a flexbuffer. Whole numbers must fit into 32 bits. */
export function writeFlexbuffer(value: FlexValue): Uint8Array {
  const writer = new Writer();
  return writer.finish(writer.add(value));
}

class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  readonly #text = new TextEncoder();

  add(value: FlexValue): Written {
    if (value === null) return { type: FLEX_TYPE.null, inline: 0 };
    if (typeof value === "boolean") return { type: FLEX_TYPE.bool, inline: value ? 1 : 0 };
    if (typeof value === "number") return { type: FLEX_TYPE.int, inline: value };
    if (typeof value === "string") return this.#sized(FLEX_TYPE.string, this.#text.encode(value), 1);
    if (value instanceof Uint8Array) return this.#sized(FLEX_TYPE.blob, value, 0);
    if (Array.isArray(value)) return this.#vector(value.map((member: FlexValue) => this.add(member)));
    return this.#map(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  finish(root: Written): Uint8Array {
    this.#align();
    this.#slot(root);
    this.#byte(packed(root));
    this.#byte(WIDTH);
    return this.#bytes.slice(0, this.#at);
  }

  #map(entries: readonly (readonly [string, FlexValue])[]): Written {
    const keys = entries.map(([key]) => this.#key(key));
    const values = entries.map(([, value]) => this.add(value));
    this.#align();
    this.#word(keys.length);
    const keyVector = this.#at;
    for (const offset of keys) this.#slot({ type: FLEX_TYPE.key, offset });
    this.#slot({ type: FLEX_TYPE.vectorOfKey, offset: keyVector });
    this.#word(WIDTH);
    return this.#members(FLEX_TYPE.map, values);
  }

  #vector(values: readonly Written[]): Written {
    this.#align();
    return this.#members(FLEX_TYPE.vector, values);
  }

  #members(type: number, values: readonly Written[]): Written {
    this.#word(values.length);
    const offset = this.#at;
    for (const value of values) this.#slot(value);
    for (const value of values) this.#byte(packed(value));
    return { type, offset };
  }

  #sized(type: number, content: Uint8Array, zeros: number): Written {
    this.#align();
    this.#word(content.length);
    const offset = this.#at;
    this.#raw(content, zeros);
    return { type, offset };
  }

  #key(text: string): number {
    const offset = this.#at;
    this.#raw(this.#text.encode(text), 1);
    return offset;
  }

  #slot({ inline, offset }: Written): void {
    this.#word(offset === undefined ? (inline ?? 0) : this.#at - offset);
  }

  #align(): void {
    this.#reserve(WIDTH);
    this.#at += (WIDTH - (this.#at % WIDTH)) % WIDTH;
  }

  #word(value: number): void {
    this.#reserve(WIDTH);
    this.#view.setInt32(this.#at, value, true);
    this.#at += WIDTH;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  #raw(content: Uint8Array, zeros: number): void {
    this.#reserve(content.length + zeros);
    this.#bytes.set(content, this.#at);
    this.#at += content.length + zeros;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#at + size));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

const packed = ({ type }: Written): number => (type << 2) | WIDTH_CODE;
