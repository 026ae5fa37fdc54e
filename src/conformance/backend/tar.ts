const BLOCK = 512;

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, "");

/** The plain files in a tar archive, name -> text. Enough for what the cases write: short names in ASCII, as every tar stores them. */
export function filesInTar(archive: Uint8Array): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    const name = text(header.subarray(0, 100));
    const size = Number.parseInt(text(header.subarray(124, 136)).trim() || "0", 8);
    const type = text(header.subarray(156, 157));
    at += BLOCK;
    if (name !== "" && (type === "0" || type === ""))
      files[name.replace(/^\.\//, "")] = new TextDecoder().decode(archive.subarray(at, at + size));
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
