const CHUNK = 8_192;

/**
 * Decodes UTF-8 strictly: ill-formed bytes answer `undefined`, never replacement characters. Here because the pure core
 * has no TextDecoder. A leading byte order mark is dropped.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const parts: string[] = [];
  let points: number[] = [];
  let index = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (index < bytes.length) {
    const first = bytes[index] ?? 0;
    const length =
      first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (length === 0 || index + length > bytes.length) return undefined;
    let point = length === 1 ? first : first & (0x7f >> length);
    for (let offset = 1; offset < length; offset++) {
      const next = bytes[index + offset] ?? 0;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    // Longer than necessary, half of a surrogate pair, or beyond Unicode.
    const least = length === 3 ? 0x800 : length === 4 ? 0x10000 : 0;
    if (point < least || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) return undefined;
    points.push(point);
    index += length;
    if (points.length === CHUNK) {
      parts.push(String.fromCodePoint(...points));
      points = [];
    }
  }
  parts.push(String.fromCodePoint(...points));
  return parts.join("");
}
