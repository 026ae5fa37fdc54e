/** Writes PNG files, still and animated (APNG), with nothing but Node's zlib. */
import { crc32, deflateSync } from "node:zlib";
import type { Picture } from "./picture.js";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const EIGHT_BITS = 8;
const TRUE_COLOUR = 2;

/** A still picture. */
export function encodePng(picture: Picture): Uint8Array {
  return Buffer.concat([SIGNATURE, header(picture), chunk("IDAT", compressed(picture)), chunk("IEND")]);
}

/** A picture that moves in every current browser and shows its first frame elsewhere. All frames have one size. */
export function encodeAnimation(frames: readonly Picture[], framesPerSecond: number): Uint8Array {
  const [first, ...others] = frames;
  if (first === undefined) throw new Error("An animation needs at least one frame.");
  const chunks = [SIGNATURE, header(first), chunk("acTL", numbers(frames.length, 0))];
  let sequence = 0;
  const control = (): Uint8Array => {
    const timing = Buffer.alloc(6);
    timing.writeUInt16BE(1, 0);
    timing.writeUInt16BE(framesPerSecond, 2);
    return chunk("fcTL", Buffer.concat([numbers(sequence++, first.width, first.height, 0, 0), timing]));
  };
  chunks.push(control(), chunk("IDAT", compressed(first)));
  for (const frame of others) {
    chunks.push(control(), chunk("fdAT", Buffer.concat([numbers(sequence++), compressed(frame)])));
  }
  return Buffer.concat([...chunks, chunk("IEND")]);
}

const header = ({ width, height }: Picture): Uint8Array =>
  chunk("IHDR", Buffer.concat([numbers(width, height), Uint8Array.of(EIGHT_BITS, TRUE_COLOUR, 0, 0, 0)]));

/** Rows, each after the number of its filter: 0, none. */
function compressed({ width, height, pixels }: Picture): Uint8Array {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let row = 0; row < height; row++) rows.set(pixels.subarray(row * width * 3, (row + 1) * width * 3), row * (1 + width * 3) + 1);
  return deflateSync(rows);
}

function chunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  return Buffer.concat([numbers(data.length), body, numbers(crc32(body))]);
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
