/** Where the digest of what this library writes is kept with the object. */
const HEADER = "x-amz-meta-spillway-sha256";

/** Stores a digest with an object. */
export const digestHeaders = (sha256: string | undefined): Readonly<Record<string, string>> =>
  sha256 === undefined ? {} : { [HEADER]: sha256 };

/** The digest that is stored with an object, if there is one. */
export function storedDigest(headers: Headers): string | undefined {
  const value = headers.get(HEADER);
  return value !== null && /^[0-9a-f]{64}$/.test(value) ? value : undefined;
}
