import type { TransferOptions } from "../../spec/artifact-store.js";
import { isAddressable, type Location, prefixOf, uriOf } from "./location.js";
import type { S3Client } from "./s3-client.js";
import { blocksOf, textOf } from "./xml.js";

/**
 * URIs of all objects below a prefix, page by page. Left out is what no URI of ours can name: markers of directories, whose keys end in a
 * slash, and keys with `.` or `..` between slashes.
 */
export async function listObjects(client: S3Client, uri: string, options: TransferOptions): Promise<readonly string[]> {
  const { bucket, prefix } = prefixOf(uri);
  const found: string[] = [];
  for (let token: string | undefined; ; ) {
    const query = { "list-type": 2, prefix, "encoding-type": "url", "continuation-token": token };
    const xml = await client.xml({ method: "GET", at: { bucket, key: "" }, query }, options);
    for (const block of blocksOf(xml, "Contents")) {
      const key = keyIn(block, xml);
      if (isListed(key, prefix)) found.push(uriOf({ bucket, key }));
    }
    const next = textOf(xml, "NextContinuationToken");
    if (textOf(xml, "IsTruncated") !== "true" || next === undefined || next === token) return found;
    token = next;
  }
}

/** Uploads in parts below a prefix that have begun and not ended. */
export async function listUploads(
  client: S3Client,
  uri: string,
  options: TransferOptions,
): Promise<readonly { readonly at: Location; readonly uploadId: string }[]> {
  const { bucket, prefix } = prefixOf(uri);
  const found: { readonly at: Location; readonly uploadId: string }[] = [];
  for (let marker: { readonly key: string; readonly id: string } | undefined; ; ) {
    const query = { uploads: true, prefix, "encoding-type": "url", "key-marker": marker?.key, "upload-id-marker": marker?.id } as const;
    const xml = await client.xml({ method: "GET", at: { bucket, key: "" }, query }, options);
    for (const block of blocksOf(xml, "Upload")) {
      const key = keyIn(block, xml);
      const uploadId = textOf(block, "UploadId");
      if (isListed(key, prefix) && uploadId !== undefined) found.push({ at: { bucket, key }, uploadId });
    }
    const next = { key: nameIn(textOf(xml, "NextKeyMarker") ?? "", xml), id: textOf(xml, "NextUploadIdMarker") ?? "" };
    if (textOf(xml, "IsTruncated") !== "true" || next.key === "" || (next.key === marker?.key && next.id === marker.id)) return found;
    marker = next;
  }
}

const keyIn = (block: string, xml: string): string => nameIn(textOf(block, "Key") ?? "", xml);

/** A name as the service wrote it: as in a form where it says so, since not every service knows `encoding-type`. */
function nameIn(text: string, xml: string): string {
  if (textOf(xml, "EncodingType") !== "url") return text;
  return decodeURIComponent(text.replaceAll("+", " "));
}

/** Also a guard against services that do not heed the prefix: what is listed may be removed. */
const isListed = (key: string, prefix: string): boolean => key !== "" && key.startsWith(prefix) && !key.endsWith("/") && isAddressable(key);
