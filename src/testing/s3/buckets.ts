import type { Host } from "../../spec/host.js";
import { noSuchUpload, S3Failure } from "./s3-failure.js";
import type { S3TestObject, S3TestUpload } from "./s3-options.js";

export interface StoredPart {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** An upload in parts under way. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredPart>;
}

/** Everything the server keeps. */
export class Buckets {
  readonly #buckets = new Map<string, Map<string, S3TestObject>>();
  readonly #uploads = new Map<string, Upload>();
  readonly #host: Host;

  constructor(names: readonly string[], host: Host) {
    for (const name of names) this.#buckets.set(name, new Map());
    this.#host = host;
  }

  /** @throws S3Failure NoSuchBucket */
  objects(bucket: string): Map<string, S3TestObject> {
    const found = this.#buckets.get(bucket);
    if (found === undefined) throw new S3Failure(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName: bucket });
    return found;
  }

  put(bucket: string, key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>, etag = this.etagOf(bytes)): S3TestObject {
    const object = { bytes, etag, headers, modifiedAtMs: this.#host.now() };
    this.objects(bucket).set(key, object);
    return object;
  }

  /** Stands for the bytes, as long as it needs to be. */
  etagOf(bytes: Uint8Array): string {
    return `"${this.#host.sha256(bytes).slice(0, 32)}"`;
  }

  begin(bucket: string, key: string, headers: Readonly<Record<string, string>>): Upload {
    this.objects(bucket);
    const upload: Upload = { bucket, key, uploadId: this.#host.newId(), headers, parts: new Map() };
    this.#uploads.set(upload.uploadId, upload);
    return upload;
  }

  /** @throws S3Failure NoSuchUpload, also for another key's upload. */
  upload(bucket: string, key: string, uploadId: string): Upload {
    this.objects(bucket);
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined || upload.bucket !== bucket || upload.key !== key) throw noSuchUpload(uploadId);
    return upload;
  }

  end(uploadId: string): void {
    this.#uploads.delete(uploadId);
  }

  /** Uploads under way, by key and then by age. */
  uploads(bucket?: string): readonly Upload[] {
    const all = [...this.#uploads.values()].filter((upload) => bucket === undefined || upload.bucket === bucket);
    return all.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  shownUploads(): readonly S3TestUpload[] {
    return this.uploads().map(({ bucket, key, uploadId, parts }) => ({
      bucket,
      key,
      uploadId,
      parts: [...parts.keys()].sort((a, b) => a - b),
    }));
  }
}
