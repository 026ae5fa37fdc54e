import type { ArtifactStore, ObjectStat } from "../../spec/artifact-store.js";
import { copyObject } from "./copy-object.js";
import { grantRead, grantWrite } from "./grants.js";
import { headObject } from "./head-object.js";
import { listObjects } from "./list-objects.js";
import { locationOf, uriOf } from "./location.js";
import { partedUploads } from "./parted-uploads.js";
import { putObject } from "./put-object.js";
import { readObject } from "./read-object.js";
import { createS3Client } from "./s3-client.js";
import { s3Config } from "./s3-config.js";
import type { S3Options } from "./s3-options.js";

/**
 * Keeps artifacts in a bucket of Amazon S3 or of a service that speaks its protocol: Cloudflare R2, Backblaze B2, Google Cloud Storage
 * (interoperable keys), MinIO. Needs the package aws4fetch, unless a `signer` is passed.
 *
 * URIs have the form `s3://bucket/key`, percent-encoded. Nodes get URLs that are signed for one object, one method and a time of at most seven
 * days; the keys of the account never leave this process, and neither they nor signed queries appear in messages. Objects appear complete or
 * not at all, and what is sent is sent with its digest, so that the service refuses damaged bytes. Requests are repeated when that may help.
 *
 * @example
 * const store = s3({ bucket: "acme-jobs", endpoint: "https://0123.r2.cloudflarestorage.com" });
 *
 * @throws INVALID_CONFIG naming the option, and the environment variable that may stand for it. Nothing is sent yet.
 */
export function s3(options: S3Options): ArtifactStore {
  const config = s3Config(options);
  const client = createS3Client(config);
  return {
    id: config.id,
    schemes: ["s3"],
    write: true,
    workspace: uriOf({ bucket: config.bucket, key: config.prefix }),
    prices: config.prices,
    erasable: config.erasable,
    parted: partedUploads(client),

    put: (uri, body, transfer) => putObject(client, uri, body, transfer),
    read: (uri, reading) => readObject(client, uri, reading),
    readUrl: (uri, ttlMs, reading) => grantRead(client, uri, ttlMs, reading),
    // Works without headers wherever it can, so that encryption is left to the bucket's own rule; `grantWrite` asks for it.
    writeUrl: async (uri, ttlMs, limits, transfer) => (await grantWrite(client, uri, ttlMs, limits, { ...transfer, fixed: false })).url,
    grantWrite: (uri, ttlMs, limits, transfer) => grantWrite(client, uri, ttlMs, limits, { ...transfer, fixed: true }),

    async stat(uri, transfer) {
      const object = await headObject(client, locationOf(uri), transfer);
      if (object === undefined) return undefined;
      const { recorded: _, ...known }: ObjectStat & { readonly recorded?: string } = object;
      return known;
    },

    copy: (from, to, reading) => copyObject(client, from, to, reading),

    async remove(uri, transfer) {
      await client.head({ method: "DELETE", at: locationOf(uri), accept: [404] }, transfer);
    },

    list: (prefix, transfer) => listObjects(client, prefix, transfer),
  };
}
