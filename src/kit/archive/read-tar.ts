import { decodeUtf8 } from "../../model/utf8.js";
import { ArchiveRefused } from "./archive-refused.js";
import { ByteReader } from "./byte-reader.js";

/** Something in an archive. Directories are told too, since they must not clash with files. */
export type TarEntry =
  | { readonly kind: "file"; readonly member: string; readonly size: number; readonly body: AsyncIterable<Uint8Array> }
  /** `target` is a member that came before. */
  | { readonly kind: "hard-link"; readonly member: string; readonly target: string }
  /** `target` as the link holds it. */
  | { readonly kind: "symbolic-link"; readonly member: string; readonly target: string }
  | { readonly kind: "directory"; readonly member: string };

const BLOCK_BYTES = 512;
/** Longest name, as on Linux (PATH_MAX), and longest extended header: names, and numbers that nobody asked for. Bytes. */
const MOST_NAME_BYTES = 4_096;
const MOST_META_BYTES = 65_536;

/**
 * Reads a tar archive as GNU tar, busybox and bsdtar write it (ustar, GNU long names, pax), in one pass and without trusting it: names are
 * relative and stay inside, in UTF-8, and only files, directories and links are let through. To its very end, whatever follows the last entry.
 * The body of a file has to be read before the next entry is asked for; what is left of it is passed over.
 *
 * @throws ArchiveRefused saying what is wrong.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source);
  let meta: Meta = {};
  for (;;) {
    const block = await reader.exactly(BLOCK_BYTES);
    if (block.every((byte) => byte === 0)) break;
    const header = readHeader(block);
    if (header.type === "L" || header.type === "K" || header.type === "x" || header.type === "g") {
      meta = withMeta(meta, header.type, await readMeta(reader, header.size));
      continue;
    }
    const size = meta.size ?? header.size;
    const name = meta.name ?? header.name;
    const link = meta.link ?? header.link;
    meta = {};
    const entry = entryOf(header.type, name, link);
    if (entry === undefined) throw new ArchiveRefused("malformed", `holds an entry of the unknown kind ${JSON.stringify(header.type)}`);
    const holds = entry.kind === "file" ? size : 0;
    let left = holds;
    const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const piece of reader.next(holds)) {
        left -= piece.length;
        yield piece;
      }
    };
    if (entry.kind === "file") yield { ...entry, size, body: body() };
    // A name for the directory itself says nothing.
    else if (entry.member !== "") yield entry;
    await reader.skip(left + paddingOf(holds));
  }
  await reader.drain();
}

interface Header {
  readonly name: Uint8Array;
  readonly link: Uint8Array;
  readonly size: number;
  readonly type: string;
}

/** Everything fills whole blocks. */
const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

/** What headers before an entry say of it. */
interface Meta {
  readonly name?: Uint8Array;
  readonly link?: Uint8Array;
  readonly size?: number;
}

function readHeader(block: Uint8Array): Header {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (numberIn(block.subarray(148, 156)) !== sum) throw new ArchiveRefused("malformed", "has a header whose checksum is wrong");
  const magic = asciiOf(block.subarray(257, 263));
  // GNU's own form uses the place of the prefix for other things.
  const isPosix = magic === "ustar\0";
  if (!isPosix && magic !== "ustar ") throw new ArchiveRefused("malformed", "is of a form that is not read: neither ustar nor GNU's");
  const prefix = isPosix ? upToNul(block.subarray(345, 500)) : new Uint8Array();
  const name = upToNul(block.subarray(0, 100));
  return {
    name: prefix.length === 0 ? name : joined(prefix, new Uint8Array([0x2f]), name),
    link: upToNul(block.subarray(157, 257)),
    size: numberIn(block.subarray(124, 136)),
    type: asciiOf(block.subarray(156, 157)),
  };
}

async function readMeta(reader: ByteReader, size: number): Promise<Uint8Array> {
  if (size > MOST_META_BYTES) throw new ArchiveRefused("limit", `has an extended header of ${size} bytes`);
  const bytes = await reader.exactly(size);
  await reader.skip(paddingOf(size));
  return bytes;
}

function withMeta(meta: Meta, type: string, bytes: Uint8Array): Meta {
  if (type === "L") return { ...meta, name: upToNul(bytes) };
  if (type === "K") return { ...meta, link: upToNul(bytes) };
  const records = paxRecords(bytes);
  // What holds for all entries that follow is times and owners, which say nothing here, or a trick.
  if (type === "g" && ["path", "linkpath", "size"].some((key) => records.has(key)))
    throw new ArchiveRefused("malformed", "gives many entries one name, link or size");
  if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) throw new ArchiveRefused("malformed", "holds a sparse file");
  if (type === "g") return meta;
  const [name, link, size] = [records.get("path"), records.get("linkpath"), records.get("size")];
  return {
    ...meta,
    ...(name === undefined ? {} : { name }),
    ...(link === undefined ? {} : { link }),
    ...(size === undefined ? {} : { size: wholeNumber(asciiOf(size), /^\d{1,16}$/, 10) }),
  };
}

/** Lines `<length> <key>=<value>\n`, in which the length counts itself. */
function paxRecords(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? 0 : wholeNumber(asciiOf(bytes.subarray(at, blank)), /^\d{1,6}$/, 10);
    const equals = bytes.indexOf(0x3d, blank);
    const end = at + length;
    if (equals < 0 || equals >= end || end > bytes.length || bytes[end - 1] !== 0x0a)
      throw new ArchiveRefused("malformed", "has an extended header that cannot be read");
    records.set(asciiOf(bytes.subarray(blank + 1, equals)), bytes.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

type Bodiless<E> = E extends { readonly kind: "file" } ? Omit<E, "size" | "body"> : E;

function entryOf(type: string, name: Uint8Array, link: Uint8Array): Bodiless<TarEntry> | undefined {
  switch (type) {
    case "0":
    case "\0":
    case "7":
      return { kind: "file", member: memberIn(name, "file") };
    case "1":
      return { kind: "hard-link", member: memberIn(name, "file"), target: memberIn(link, "file") };
    case "2":
      return { kind: "symbolic-link", member: memberIn(name, "file"), target: textOf(link) };
    case "5":
      return { kind: "directory", member: memberIn(name, "directory") };
    case "3":
    case "4":
    case "6":
      throw new ArchiveRefused("content", `holds ${JSON.stringify(memberIn(name, "file"))}, which is neither a file nor a directory`);
    default:
      return undefined;
  }
}

/** A name as a path below the directory. Only a directory may be the directory itself, which is empty here. */
function memberIn(name: Uint8Array, kind: "file" | "directory"): string {
  const text = textOf(name);
  const path = (kind === "directory" ? text.replace(/\/+$/, "") : text).replace(/^\.(\/|$)/, "");
  if (path === "" && kind === "directory" && text !== "" && !text.startsWith("/")) return "";
  if (path.split("/").some((part) => part === "" || part === "." || part === ".."))
    throw new ArchiveRefused("malformed", `holds the name ${JSON.stringify(text)}, which leads out of it or nowhere`);
  return path;
}

function textOf(name: Uint8Array): string {
  const text = name.length > MOST_NAME_BYTES ? undefined : decodeUtf8(name);
  if (text === undefined) throw new ArchiveRefused("content", "holds a name that is too long or not UTF-8");
  if (/[\p{Cc}\\]/u.test(text))
    throw new ArchiveRefused("content", `holds the name ${JSON.stringify(text)}, with a backslash or control character`);
  return text;
}

/** Octal digits, or, for what needs more than those, GNU's binary form. */
function numberIn(field: Uint8Array): number {
  if (((field[0] ?? 0) & 0x80) === 0)
    return wholeNumber(
      asciiOf(field)
        .replace(/[\0 ]+$/, "")
        .trimStart(),
      /^[0-7]{1,12}$/,
      8,
    );
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
  if (!Number.isSafeInteger(value)) throw new ArchiveRefused("malformed", "holds a number out of range");
  return value;
}

function wholeNumber(text: string, form: RegExp, radix: 8 | 10): number {
  const value = form.test(text) ? Number.parseInt(text, radix) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new ArchiveRefused("malformed", "holds a number that cannot be read");
  return value;
}

const upToNul = (field: Uint8Array): Uint8Array => {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
};

const asciiOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
