import { invalidArgument, S3Failure } from "./s3-failure.js";
import { type S3Call, type S3Reply, xmlReply } from "./s3-reply.js";
import { queryOf } from "./s3-request.js";
import { document, elements } from "./xml.js";

/** ListObjectsV2, without delimiters. */
export function listObjects(call: S3Call): S3Reply {
  const { request, buckets, habits } = call;
  if (queryOf(request, "delimiter") !== undefined) throw new S3Failure(501, "NotImplemented", "Delimiters are not implemented.");
  const encode = nameEncoder(call);
  const prefix = queryOf(request, "prefix") ?? "";
  const token = queryOf(request, "continuation-token");
  const after = token === undefined ? (queryOf(request, "start-after") ?? "") : fromToken(token);
  const most = Math.min(Number(queryOf(request, "max-keys") ?? "1000"), habits.pageSize);
  const objects = buckets.objects(request.bucket);
  // The service sorts by bytes of UTF-8, not by UTF-16.
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && isAfter(key, after)).sort(byBytes);
  const page = keys.slice(0, most);
  const more = keys.length > page.length;
  const head = elements({
    Name: request.bucket,
    Prefix: encode(prefix),
    KeyCount: page.length,
    MaxKeys: most,
    IsTruncated: more,
    EncodingType: queryOf(request, "encoding-type"),
    NextContinuationToken: more ? toToken(page.at(-1) ?? "") : undefined,
  });
  const inner = page.map((key) => {
    const object = objects.get(key);
    const at = new Date(object?.modifiedAtMs ?? 0).toISOString();
    return `<Contents>${elements({ Key: encode(key), LastModified: at, ETag: object?.etag, Size: object?.bytes.length })}</Contents>`;
  });
  return xmlReply(document("ListBucketResult", head + inner.join("")));
}

/** ListMultipartUploads. */
export function listUploads(call: S3Call): S3Reply {
  const { request, buckets, habits } = call;
  buckets.objects(request.bucket);
  const encode = nameEncoder(call);
  const prefix = queryOf(request, "prefix") ?? "";
  const all = buckets.uploads(request.bucket).filter(({ key }) => key.startsWith(prefix));
  const [keyMarker, idMarker] = [queryOf(request, "key-marker"), queryOf(request, "upload-id-marker")];
  const begin = keyMarker === undefined ? 0 : all.findIndex(({ key, uploadId }) => key === keyMarker && uploadId === idMarker) + 1;
  const page = all.slice(begin, begin + habits.pageSize);
  const more = begin + page.length < all.length;
  const last = page.at(-1);
  const head = elements({
    Bucket: request.bucket,
    EncodingType: queryOf(request, "encoding-type"),
    IsTruncated: more,
    NextKeyMarker: more && last ? encode(last.key) : undefined,
    NextUploadIdMarker: more ? last?.uploadId : undefined,
  });
  const inner = page.map(({ key, uploadId }) => `<Upload>${elements({ Key: encode(key), UploadId: uploadId })}</Upload>`);
  return xmlReply(document("ListMultipartUploadsResult", head + inner.join("")));
}

/** How names are written: with `encoding-type=url` as in a form, blanks as `+`. */
function nameEncoder({ request }: S3Call): (name: string) => string {
  const type = queryOf(request, "encoding-type");
  if (type === undefined) return (name) => name;
  if (type !== "url") throw invalidArgument("encoding-type", "Invalid Encoding Method specified in Request");
  return (name) => encodeURIComponent(name).replaceAll("%20", "+").replaceAll("%2F", "/");
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const isAfter = (key: string, marker: string): boolean => marker === "" || byBytes(key, marker) > 0;
const toToken = (key: string): string => Buffer.from(`next:${key}`, "utf8").toString("base64");

function fromToken(token: string): string {
  const text = Buffer.from(token, "base64").toString("utf8");
  if (!text.startsWith("next:")) throw invalidArgument("continuation-token", "The continuation token provided is incorrect");
  return text.slice("next:".length);
}
