/** What a flexbuffer can hold here. */
export type FlexValue = null | boolean | number | string | Uint8Array | readonly FlexValue[] | { readonly [key: string]: FlexValue };

/** Numbers of the format's types: https://flatbuffers.dev/flatbuffers_internals/ , section "FlexBuffers". */
export const FLEX_TYPE = {
  null: 0,
  int: 1,
  uint: 2,
  float: 3,
  key: 4,
  string: 5,
  indirectInt: 6,
  indirectUint: 7,
  indirectFloat: 8,
  map: 9,
  vector: 10,
  vectorOfInt: 11,
  vectorOfKey: 14,
  fixedVectorFirst: 16,
  fixedVectorLast: 24,
  blob: 25,
  bool: 26,
  vectorOfBool: 36,
} as const;

/** Reads a whole flexbuffer. Throws a RangeError when it is cut off. */
export function readFlexbuffer(bytes: Uint8Array): FlexValue {
  const reader = new Reader(bytes);
  return reader.root();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): FlexValue {
    const { length } = this.#bytes;
    const width = this.#view.getUint8(length - 1);
    return this.#value(length - 2 - width, width, this.#view.getUint8(length - 2));
  }

  /** A value in a slot of its parent; `packed` is its type and the width of what it points to. */
  #value(slot: number, parentWidth: number, packed: number): FlexValue {
    const type = packed >> 2;
    const width = 1 << (packed & 3);
    const target = slot - this.#uint(slot, parentWidth);
    switch (type) {
      case FLEX_TYPE.null:
        return null;
      case FLEX_TYPE.bool:
        return this.#uint(slot, parentWidth) !== 0;
      case FLEX_TYPE.int:
        return this.#int(slot, parentWidth);
      case FLEX_TYPE.uint:
        return this.#uint(slot, parentWidth);
      case FLEX_TYPE.float:
        return this.#float(slot, parentWidth);
      case FLEX_TYPE.indirectInt:
        return this.#int(target, width);
      case FLEX_TYPE.indirectUint:
        return this.#uint(target, width);
      case FLEX_TYPE.indirectFloat:
        return this.#float(target, width);
      case FLEX_TYPE.key:
        return this.#key(target);
      case FLEX_TYPE.string:
        return this.#text.decode(this.#slice(target, width));
      case FLEX_TYPE.blob:
        return this.#slice(target, width).slice();
      case FLEX_TYPE.map:
        return this.#map(target, width);
      default:
        return this.#vector(target, width, type);
    }
  }

  #map(target: number, width: number): FlexValue {
    const length = this.#uint(target - width, width);
    const keysSlot = target - 3 * width;
    const keys = keysSlot - this.#uint(keysSlot, width);
    const keyWidth = this.#uint(target - 2 * width, width);
    const entries: [string, FlexValue][] = [];
    for (let index = 0; index < length; index++) {
      const keySlot = keys + index * keyWidth;
      const packed = this.#view.getUint8(target + length * width + index);
      entries.push([this.#key(keySlot - this.#uint(keySlot, keyWidth)), this.#value(target + index * width, width, packed)]);
    }
    return Object.fromEntries(entries);
  }

  #vector(target: number, width: number, type: number): FlexValue {
    const fixed = type >= FLEX_TYPE.fixedVectorFirst && type <= FLEX_TYPE.fixedVectorLast;
    const length = fixed ? Math.floor((type - FLEX_TYPE.fixedVectorFirst) / 3) + 2 : this.#uint(target - width, width);
    const typed = (index: number): number => {
      if (type === FLEX_TYPE.vector) return this.#view.getUint8(target + length * width + index);
      if (type === FLEX_TYPE.vectorOfBool) return FLEX_TYPE.bool << 2;
      if (fixed) return (((type - FLEX_TYPE.fixedVectorFirst) % 3) + FLEX_TYPE.int) << 2;
      return (type - FLEX_TYPE.vectorOfInt + FLEX_TYPE.int) << 2;
    };
    return Array.from({ length }, (_, index) => this.#value(target + index * width, width, typed(index)));
  }

  #slice(target: number, width: number): Uint8Array {
    return this.#bytes.subarray(target, target + this.#uint(target - width, width));
  }

  #key(target: number): string {
    return this.#text.decode(this.#bytes.subarray(target, this.#bytes.indexOf(0, target)));
  }

  #uint(at: number, width: number): number {
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  #int(at: number, width: number): number {
    if (width === 1) return this.#view.getInt8(at);
    if (width === 2) return this.#view.getInt16(at, true);
    if (width === 4) return this.#view.getInt32(at, true);
    return Number(this.#view.getBigInt64(at, true));
  }

  #float(at: number, width: number): number {
    return width === 4 ? this.#view.getFloat32(at, true) : this.#view.getFloat64(at, true);
  }
}
