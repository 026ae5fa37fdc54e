import { unusableUri } from "../../kit/objects/index.js";
import type { S3Config } from "./s3-config.js";

/** One object. */
export interface Location {
  readonly bucket: string;
  readonly key: string;
}

/** Longest key, bytes of UTF-8 (AWS, "Naming Amazon S3 objects"). */
const LONGEST_KEY_BYTES = 1_024;

/**
 * The object that a URI names. Keys are percent-decoded: `s3://b/a%20b` is `a b`. What HTTP addresses cannot express (`.`
 * and `..` as names) is refused instead of being tidied up into another key.
 *
 * @throws INVALID_WORKLOAD saying what is wrong with it.
 */
export function locationOf(uri: string): Location {
  const { bucket, key } = split(uri);
  if (key === "" || key.endsWith("/")) throw unusableUri(uri, "names no object: it must not end in a slash");
  if (!isAddressable(key)) throw unusableUri(uri, "must not hold `.` or `..` between slashes");
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) throw unusableUri(uri, `has a key of more than ${LONGEST_KEY_BYTES} bytes`);
  return { bucket, key };
}

/** A prefix, which may be empty or end anywhere. @throws INVALID_WORKLOAD */
export function prefixOf(uri: string): { readonly bucket: string; readonly prefix: string } {
  const { bucket, key } = split(uri);
  return { bucket, prefix: key };
}

/** Whether an HTTP address can name a key. */
export const isAddressable = (key: string): boolean => !key.split("/").some((part) => part === "." || part === "..");

/** The URI of an object, everything special in it encoded. */
export const uriOf = ({ bucket, key }: Location): string => `s3://${bucket}/${encodeKey(key)}`;

/** The object's address at the service, without query. */
export function addressOf({ bucket, key }: Location, config: S3Config): string {
  const { protocol, host, pathname } = config.endpoint;
  const base = pathname.replace(/\/$/, "");
  // Only the configured bucket is known to be fit for a host name.
  const usesPath = config.pathStyle || !/^[a-z0-9-]+$/.test(bucket);
  return usesPath ? `${protocol}//${host}${base}/${bucket}/${encodeKey(key)}` : `${protocol}//${bucket}.${host}${base}/${encodeKey(key)}`;
}

/** Names encoded, slashes kept. The four that `encodeURIComponent` leaves must be encoded too: signatures want it. */
export const encodeKey = (key: string): string => key.split("/").map(encodeStrictly).join("/");

/** Everything but unreserved characters (RFC 3986). */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function split(uri: string): Location {
  const match = /^s3:\/\/([^/]*)\/(.*)$/is.exec(uri);
  const [, bucket = "", path = ""] = match ?? [];
  if (match === null) throw unusableUri(uri, "must have the form s3://bucket/key");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket))
    throw unusableUri(uri, "does not name a bucket: letters, digits, dots and dashes");
  if (/[?#]/.test(path)) throw unusableUri(uri, "must not have a query or fragment; write ? as %3F and # as %23");
  return { bucket, key: decode(path, uri) };
}

function decode(path: string, uri: string): string {
  let key: string;
  try {
    key = decodeURIComponent(path);
  } catch {
    throw unusableUri(uri, "has a stray %; write it as %25");
  }
  if (key.includes("\0")) throw unusableUri(uri, "must not hold a NUL");
  // Half of a surrogate pair has no UTF-8.
  if (/[\uD800-\uDFFF]/u.test(key)) throw unusableUri(uri, "holds characters that are not valid Unicode");
  return key;
}
