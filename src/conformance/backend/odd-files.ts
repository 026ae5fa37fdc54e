/** A file as cases move it. */
export interface TrialFile {
  /** Below whatever directory the case uses. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** More than any buffer, pipe or argument vector holds. @unit bytes */
const LARGE_BYTES = 3 * 1_024 * 1_024 + 17;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes without a pattern, always the same. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let index = 0; index < length; index += 1) {
    // Xorshift (Marsaglia, 2003), 32 bits.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** Files of the kinds that transports have damaged: nothing, every byte, much, line ends, and names that shells and URLs read otherwise. */
export const oddFiles = (): readonly TrialFile[] => [
  { name: "empty", bytes: new Uint8Array() },
  { name: "every-byte.bin", bytes: Uint8Array.from({ length: 512 }, (_, index) => index) },
  { name: "large.bin", bytes: noise(LARGE_BYTES) },
  { name: "line ends & $HOME; 'quoted' (1).txt", bytes: utf8("one\r\ntwo\n\nlast without end") },
  { name: "Ünï☂/deep/50%25 of #1?.json", bytes: utf8('{"ü": "☂ 𝄞"}\n') },
  { name: "-n .hidden/.dot", bytes: utf8("-n\n") },
];
