/** Pictures in memory: reading the frames that came back, and putting them together. */

/** Three bytes for each pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const GAP = 4;

/** Reads a binary PPM file. Throws when the bytes are no such picture: a frame that somebody has tampered with may be anything. */
export function readPpm(bytes: Uint8Array): Picture {
  const header = /^P6\n(\d+) (\d+)\n255\n/.exec(new TextDecoder("latin1").decode(bytes.subarray(0, 32)));
  const [width, height] = [Number(header?.[1]), Number(header?.[2])];
  const pixels = bytes.subarray(header?.[0].length ?? 0);
  if (header === null || pixels.length !== width * height * 3) throw new Error(`These ${bytes.length} bytes are not a PPM picture.`);
  return { width, height, pixels };
}

/** All frames on one sheet, left to right and top to bottom. */
export function contactSheet(frames: readonly Picture[], columns: number): Picture {
  const { width: frameWidth, height: frameHeight } = frames[0] ?? { width: 0, height: 0 };
  const rows = Math.ceil(frames.length / columns);
  const width = columns * (frameWidth + GAP) + GAP;
  const height = rows * (frameHeight + GAP) + GAP;
  const pixels = new Uint8Array(width * height * 3).fill(24);
  for (const [index, frame] of frames.entries()) {
    const left = GAP + (index % columns) * (frameWidth + GAP);
    const top = GAP + Math.floor(index / columns) * (frameHeight + GAP);
    for (let row = 0; row < frameHeight; row++) {
      const line = frame.pixels.subarray(row * frameWidth * 3, (row + 1) * frameWidth * 3);
      pixels.set(line, ((top + row) * width + left) * 3);
    }
  }
  return { width, height, pixels };
}
