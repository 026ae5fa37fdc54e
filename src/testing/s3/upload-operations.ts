import type { Upload } from "./buckets.js";
import { copySource, encryptionOf } from "./object-operations.js";
import { invalidArgument, S3Failure } from "./s3-failure.js";
import { type S3Call, type S3Reply, xmlReply } from "./s3-reply.js";
import { queryOf } from "./s3-request.js";
import { checkWriteCondition, storedHeaders } from "./stored-headers.js";
import { document, elements } from "./xml.js";

const MOST_PARTS = 10_000;

export function createUpload(call: S3Call): S3Reply {
  const { bucket, key } = call.request;
  const headers = storedHeaders(call);
  const { uploadId } = call.buckets.begin(bucket, key, headers);
  const answer = xmlReply(document("InitiateMultipartUploadResult", elements({ Bucket: bucket, Key: key, UploadId: uploadId })));
  return { ...answer, headers: { ...answer.headers, ...encryptionOf(headers) } };
}

export function putPart(call: S3Call): S3Reply {
  const upload = uploadOf(call);
  const etag = call.buckets.etagOf(call.body);
  upload.parts.set(partNumber(call), { bytes: call.body, etag });
  return { status: 200, headers: { etag } };
}

export function copyPart(call: S3Call): S3Reply {
  const upload = uploadOf(call);
  const source = copySource(call);
  const range = call.request.headers.get("x-amz-copy-source-range");
  const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? `bytes=0-${source.bytes.length - 1}`);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || from > to || to >= source.bytes.length) {
    throw invalidArgument(
      "x-amz-copy-source-range",
      "The x-amz-copy-source-range value must be of the form bytes=first-last within the source",
    );
  }
  if (to - from + 1 > call.habits.maxPutBytes) throw new S3Failure(400, "InvalidRequest", "The specified range is too large for a part");
  const bytes = source.bytes.subarray(from, to + 1);
  const etag = call.buckets.etagOf(bytes);
  upload.parts.set(partNumber(call), { bytes, etag });
  return xmlReply(document("CopyPartResult", elements({ ETag: etag, LastModified: new Date(call.host.now()).toISOString() })));
}

export function completeUpload(call: S3Call): S3Reply {
  const { request, buckets, habits } = call;
  const upload = uploadOf(call);
  const listed = listedParts(Buffer.from(call.body).toString("utf8"));
  const numbers = listed.map(({ number }) => number);
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    throw new S3Failure(400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.");
  }
  const parts = listed.map(({ number, etag }) => {
    const part = upload.parts.get(number);
    if (part === undefined || unquoted(part.etag) !== unquoted(etag)) {
      throw new S3Failure(400, "InvalidPart", "One or more of the specified parts could not be found, or its entity tag did not match.", {
        PartNumber: String(number),
      });
    }
    return part;
  });
  const small = parts.findIndex(({ bytes }, index) => index < parts.length - 1 && bytes.length < habits.minPartBytes);
  if (small >= 0) {
    throw new S3Failure(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
      PartNumber: String(numbers[small]),
      MinSizeAllowed: String(habits.minPartBytes),
    });
  }
  checkWriteCondition(call);
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const etag = `"${unquoted(buckets.etagOf(Buffer.from(parts.map((part) => part.etag).join(""))))}-${parts.length}"`;
  buckets.put(request.bucket, request.key, bytes, upload.headers, etag);
  buckets.end(upload.uploadId);
  return xmlReply(document("CompleteMultipartUploadResult", elements({ Bucket: request.bucket, Key: request.key, ETag: etag })));
}

export function abortUpload(call: S3Call): S3Reply {
  call.buckets.end(uploadOf(call).uploadId);
  return { status: 204 };
}

export function listParts(call: S3Call): S3Reply {
  const upload = uploadOf(call);
  const after = Number(queryOf(call.request, "part-number-marker") ?? "0");
  const most = Math.min(Number(queryOf(call.request, "max-parts") ?? "1000"), call.habits.pageSize);
  const numbers = [...upload.parts.keys()].sort((a, b) => a - b).filter((number) => number > after);
  const page = numbers.slice(0, most);
  const more = numbers.length > page.length;
  const head = elements({ UploadId: upload.uploadId, IsTruncated: more, NextPartNumberMarker: more ? page.at(-1) : undefined });
  const inner = page.map((number) => {
    const part = upload.parts.get(number);
    return `<Part>${elements({ PartNumber: number, ETag: part?.etag, Size: part?.bytes.length })}</Part>`;
  });
  return xmlReply(document("ListPartsResult", head + inner.join("")));
}

function uploadOf({ request, buckets }: S3Call): Upload {
  return buckets.upload(request.bucket, request.key, queryOf(request, "uploadId") ?? "");
}

function partNumber({ request }: S3Call): number {
  const number = Number(queryOf(request, "partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS) {
    throw invalidArgument("partNumber", `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  }
  return number;
}

function listedParts(xml: string): readonly { readonly number: number; readonly etag: string }[] {
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, inner = ""]) => ({
    number: Number(/<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(inner)?.[1] ?? "0"),
    etag: (/<ETag>(.*?)<\/ETag>/s.exec(inner)?.[1] ?? "").replaceAll("&quot;", '"').replaceAll("&#34;", '"').trim(),
  }));
  if (parts.length === 0 || parts.some(({ number, etag }) => number < 1 || etag === "")) {
    throw new S3Failure(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  }
  return parts;
}

const unquoted = (etag: string): string => etag.replaceAll('"', "");
