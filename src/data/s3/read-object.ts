import { checkedBytes, discard, isEncoded, resumableBody, unavailable } from "../../kit/objects/index.js";
import type { ReadOptions } from "../../spec/artifact-store.js";
import { locationOf } from "./location.js";
import type { S3Client, S3Query } from "./s3-client.js";

/** Opens an object. What breaks off on the way is continued, as long as it is the same object. */
export async function readObject(client: S3Client, uri: string, options: ReadOptions): Promise<AsyncIterable<Uint8Array>> {
  const at = locationOf(uri);
  const { ifVersion, sha256, host } = options;
  const get = (headers: Readonly<Record<string, string>>, query: S3Query = {}): Promise<Response> =>
    client.open({ method: "GET", at, headers: { ...headers, "accept-encoding": "identity" }, query }, options);
  const condition = ifVersion === undefined ? {} : { "if-match": ifVersion };
  let query: S3Query = {};
  let response = await get(condition);
  if (isEncoded(response)) {
    // Stored with a Content-Encoding, which `fetch` would undo: the bytes would not be those that are stored. The service can be asked to keep quiet about it.
    discard(response);
    query = { "response-content-encoding": "identity" };
    response = await get(condition, query);
    if (isEncoded(response)) {
      discard(response);
      throw unavailable(client.config.id, `${uri} is stored with a Content-Encoding and cannot be read as it is. Store it without one.`);
    }
  }
  const source = {
    what: uri,
    maxBytes: Number.POSITIVE_INFINITY,
    reopen: (fromByte: number, etag: string) => get({ range: `bytes=${fromByte}-`, "if-match": etag }, query),
  };
  const bytes = resumableBody(response, source, client.config.wire, options);
  return sha256 === undefined ? bytes : checkedBytes(bytes, sha256, uri, host);
}
