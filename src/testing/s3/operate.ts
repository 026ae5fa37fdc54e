import { listObjects, listUploads } from "./list-operations.js";
import { copyObject, deleteObject, getObject, putObject } from "./object-operations.js";
import { S3Failure } from "./s3-failure.js";
import type { S3Operation } from "./s3-options.js";
import { type S3Call, type S3Reply, xmlReply } from "./s3-reply.js";
import { abortUpload, completeUpload, copyPart, createUpload, listParts, putPart } from "./upload-operations.js";
import { document, elements } from "./xml.js";

/** Carries a request out. @throws S3Failure */
export function operate(operation: S3Operation, call: S3Call): S3Reply {
  switch (operation) {
    case "GetObject":
    case "HeadObject":
      return getObject(call);
    case "PutObject":
      return putObject(call);
    case "CopyObject": {
      const { etag, modifiedAtMs } = copyObject(call);
      return xmlReply(document("CopyObjectResult", elements({ ETag: etag, LastModified: new Date(modifiedAtMs).toISOString() })));
    }
    case "DeleteObject":
      return deleteObject(call);
    case "ListObjectsV2":
      return listObjects(call);
    case "CreateMultipartUpload":
      return createUpload(call);
    case "UploadPart":
      return putPart(call);
    case "UploadPartCopy":
      return copyPart(call);
    case "CompleteMultipartUpload":
      return completeUpload(call);
    case "AbortMultipartUpload":
      return abortUpload(call);
    case "ListParts":
      return listParts(call);
    case "ListMultipartUploads":
      return listUploads(call);
    case "Unknown":
      throw new S3Failure(501, "NotImplemented", "This server does not implement what was asked for.");
  }
}
