import { escapeXml } from "./xml.js";

/** A refusal, as the service words it. */
export class S3Failure extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the answer. */
  readonly more: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, more: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
  }

  /** The answer's body. */
  toXml(): string {
    const elements = Object.entries({ Code: this.code, Message: this.message, ...this.more });
    const inner = elements.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join("");
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner}</Error>`;
  }
}

export const noSuchKey = (key: string): S3Failure => new S3Failure(404, "NoSuchKey", "The specified key does not exist.", { Key: key });

export const noSuchUpload = (uploadId: string): S3Failure =>
  new S3Failure(404, "NoSuchUpload", "The specified multipart upload does not exist.", { UploadId: uploadId });

export const preconditionFailed = (condition: string): S3Failure =>
  new S3Failure(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { Condition: condition });

export const invalidArgument = (name: string, message: string): S3Failure =>
  new S3Failure(400, "InvalidArgument", message, { ArgumentName: name });

export const accessDenied = (message = "Access Denied", more: Readonly<Record<string, string>> = {}): S3Failure =>
  new S3Failure(403, "AccessDenied", message, more);
