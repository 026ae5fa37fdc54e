import type { Host } from "../../spec/host.js";

/**
 * Signature Version 4 from its description in the AWS documentation ("Authenticating Requests"), with nothing but SHA-256. Written
 * apart from any client, so that a mistake of the client cannot hide here.
 */

/** What a signature is made of. */
export interface SignedParts {
  readonly method: string;
  /** As it stands in the request line, before the question mark. */
  readonly rawPath: string;
  /** Name and value, decoded, without `X-Amz-Signature`. */
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case name and value, the signed ones only. */
  readonly headers: readonly (readonly [string, string])[];
  /** `x-amz-content-sha256`, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
}

/** What the key is bound to. */
export interface SignatureScope {
  /** `20130524T000000Z`. */
  readonly timestamp: string;
  readonly region: string;
}

/** The request in the one form that both sides digest. */
export function canonicalRequest(parts: SignedParts): string {
  const headers = [...parts.headers].sort(([a], [b]) => compare(a, b));
  const query = parts.query
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return [
    parts.method,
    // The object's name is encoded once; unlike other services, S3 does not tidy the path.
    uriEncode(percentDecode(parts.rawPath), "/"),
    query.map(([name, value]) => `${name}=${value}`).join("&"),
    ...headers.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    headers.map(([name]) => name).join(";"),
    parts.payload,
  ].join("\n");
}

/** Lower-case hex. */
export function signatureOf(parts: SignedParts, secretAccessKey: string, scope: SignatureScope, host: Pick<Host, "sha256">): string {
  const day = scope.timestamp.slice(0, 8);
  const text = ["AWS4-HMAC-SHA256", scope.timestamp, `${day}/${scope.region}/s3/aws4_request`, host.sha256(canonicalRequest(parts))].join(
    "\n",
  );
  const key = [day, scope.region, "s3", "aws4_request"].reduce<Uint8Array>(
    (previous, word) => hmac(previous, word, host),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return hex(hmac(key, text, host));
}

const BLOCK_BYTES = 64;

/** HMAC (RFC 2104) over SHA-256, whose key may be any bytes. */
function hmac(key: Uint8Array, text: string, host: Pick<Host, "sha256">): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? unhex(host.sha256(key)) : key);
  const inner = unhex(host.sha256(Buffer.concat([block.map((byte) => byte ^ 0x36), Buffer.from(text, "utf8")])));
  return unhex(host.sha256(Buffer.concat([block.map((byte) => byte ^ 0x5c), inner])));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => Buffer.from(text, "hex");

/** Everything but unreserved characters (RFC 3986) as upper-case percent codes of its UTF-8 bytes. */
export function uriEncode(text: string, keep = ""): string {
  let result = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9._~-]/.test(character) || (keep !== "" && keep.includes(character));
    result += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return result;
}

/** Undoes percent codes and nothing else: a plus is a plus. @throws URIError */
export const percentDecode = (text: string): string => decodeURIComponent(text);

/** Names and values of a query as it stands in the request line. @throws URIError */
export function parseQuery(raw: string): readonly (readonly [string, string])[] {
  return raw
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = equals < 0 ? pair : pair.slice(0, equals);
      return [percentDecode(name), equals < 0 ? "" : percentDecode(pair.slice(equals + 1))];
    });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
