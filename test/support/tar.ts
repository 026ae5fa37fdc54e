/** One entry of an archive that a test makes by hand, right or wrong. */
export interface RawEntry {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly link?: string;
  readonly body?: Buffer | string;
  /** What the header says instead of the body's size, as it stands there. */
  readonly size?: Buffer | string;
  readonly prefix?: string;
  readonly magic?: string;
  readonly checksum?: string;
}

/** The bytes of a tar archive. Nothing is checked. */
export function tarOf(entries: readonly RawEntry[], end: Buffer = Buffer.alloc(1_024)): Buffer {
  return Buffer.concat([...entries.map(blocksOf), end]);
}

function blocksOf({ name, type = "0", link = "", body = "", size, prefix = "", magic = "ustar\u000000", checksum }: RawEntry): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(512);
  Buffer.from(name).copy(header, 0, 0, 100);
  header.write("0000644\0", 100);
  Buffer.from(size ?? `${bytes.length.toString(8).padStart(11, "0")}\0`).copy(header, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write(magic, 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A pax header with records. */
export const pax = (records: Readonly<Record<string, string>>, type = "x"): RawEntry => ({
  name: "PaxHeader",
  type,
  body: Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest + 1;
      while (String(length).length + rest !== length) length = String(length).length + rest;
      return Buffer.from(`${length} ${key}=${value}\n`);
    }),
  ),
});

/** Bytes in pieces of a size. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
