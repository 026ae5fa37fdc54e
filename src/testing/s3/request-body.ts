import type { IncomingMessage } from "node:http";
import type { Host } from "../../spec/host.js";
import { S3Failure } from "./s3-failure.js";
import type { S3Request } from "./s3-request.js";

/** Reads a request's body and holds it to what was signed. @throws S3Failure */
export async function readRequestBody(
  message: IncomingMessage,
  request: S3Request,
  payload: string,
  options: { readonly host: Pick<Host, "sha256">; readonly maxBytes: number; readonly onBytes: (count: number) => void },
): Promise<Buffer> {
  checkLength(request, options.maxBytes);
  if (payload.startsWith("STREAMING-")) {
    throw new S3Failure(501, "NotImplemented", "A header you provided implies functionality that is not implemented: signed chunks.");
  }
  if (payload !== "UNSIGNED-PAYLOAD" && !/^[0-9a-f]{64}$/.test(payload)) {
    throw new S3Failure(400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.");
  }
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    size += piece.length;
    options.onBytes(size);
    pieces.push(piece);
  }
  const body = Buffer.concat(pieces);
  if (payload !== "UNSIGNED-PAYLOAD" && options.host.sha256(body) !== payload) {
    throw new S3Failure(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return body;
}

function checkLength(request: S3Request, maxBytes: number): void {
  const length = request.headers.get("content-length");
  if (length === undefined && (request.method === "PUT" || request.headers.has("transfer-encoding"))) {
    throw new S3Failure(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  if (Number(length ?? "0") > maxBytes) {
    throw new S3Failure(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
      MaxSizeAllowed: String(maxBytes),
    });
  }
}
