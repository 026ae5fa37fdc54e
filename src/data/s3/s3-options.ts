import type { Environment } from "../../kit/environment.js";
import type { StorePrices, StoreWireOptions } from "../../kit/objects/index.js";
import type { Secret } from "../../model/secret.js";

/** Keys of an account. They stay in this process: nodes get signed URLs only. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string | Secret;
  /** Of temporary credentials. */
  readonly sessionToken?: string | Secret;
  /**
   * When temporary credentials end, ms since 1970. No URL is signed that would have to outlive them, and a function that gives credentials
   * is asked anew five minutes before.
   */
  readonly expiresAtMs?: number;
}

/** Signs requests; an `AwsClient` of aws4fetch fits as it is. */
export interface S3Signer {
  /** The URL and headers with the signature in one of them. Must not send anything. */
  sign(url: string, request: S3SignRequest): Promise<{ readonly url: string; readonly headers: Headers }>;
}

/** What is to be signed. */
export interface S3SignRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly aws: {
    readonly service: "s3";
    readonly region: string;
    /** `20260102T030405Z`: the host's time, not the process's. */
    readonly datetime: string;
    /** Into the URL instead of a header. */
    readonly signQuery?: boolean;
    /** Signs `content-type` too, which is otherwise left out. */
    readonly allHeaders?: boolean;
  };
}

/** Options of {@link s3}. */
export interface S3Options extends StoreWireOptions {
  /** Where attempts write. Objects of other buckets can be read, copied and removed as far as the credentials allow. */
  readonly bucket: string;
  /** Put before everything that attempts write, ending in `/`. Default `spillway/`; empty: the whole bucket. */
  readonly prefix?: string;
  /**
   * Address of another service than AWS, or another address of AWS: `https://<account>.r2.cloudflarestorage.com`,
   * `https://s3.us-west-004.backblazeb2.com`, `https://storage.googleapis.com`, `http://127.0.0.1:9000`. Default: AWS_ENDPOINT_URL_S3,
   * AWS_ENDPOINT_URL, else AWS in `region`.
   */
  readonly endpoint?: string;
  /**
   * Default: AWS_REGION, AWS_DEFAULT_REGION, else what the endpoint's name says (`auto` for R2 and Google), else `us-east-1` for other
   * services than AWS.
   */
  readonly region?: string;
  /** Default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. A function is asked when credentials are needed; it should remember its answer. */
  readonly credentials?: S3Credentials | (() => S3Credentials | Promise<S3Credentials>);
  /** Instead of `credentials`: something that signs, and knows them itself. The package aws4fetch is then not loaded. */
  readonly signer?: S3Signer;
  /**
   * Addresses of the form `endpoint/bucket/key` instead of `bucket.endpoint/key`. Default: true for other services than AWS, and for buckets with a dot
   * in their name.
   */
  readonly pathStyle?: boolean;
  /** Overrides the list prices of the service, USD. See `docs/artifacts.md` for what is known and since when. */
  readonly prices?: Partial<StorePrices>;
  /**
   * Encryption at rest to ask for with each write: the service's own keys, or those of a key management service. Default: whatever the bucket
   * does by itself (AWS encrypts everything).
   */
  readonly serverSideEncryption?: "AES256" | { readonly kmsKeyId?: string };
  /**
   * Whether the service honours `if-none-match: *`, so that a signed URL can be made to write only once.
   * Default: known for AWS and R2, else false.
   */
  readonly conditionalWrites?: boolean;
  /**
   * Whether digests that this library stores as metadata are believed when an object is looked at. Safe only where the service refuses requests with unsigned
   * `x-amz-*` headers: else a node could store a false digest with its output. Default: true for AWS, else false.
   */
  readonly digestMetadata?: boolean;
  /** Whether removing ends the bytes. Say false for buckets that keep versions or lock objects. Default true. */
  readonly erasable?: boolean;
  /**
   * Objects up to this size are sent in one request, larger ones in parts of it. Each part is held in memory while it is sent.
   * @unit bytes
   * @defaultValue 16_777_216
   * @minimum 5_242_880
   */
  readonly partBytes?: number;
  /**
   * Parts that are sent at once. Memory used: `partBytes` times one more than this.
   * @defaultValue 3
   * @minimum 1
   */
  readonly concurrency?: number;
  /**
   * Largest object that `put` stores.
   * @unit bytes
   * @defaultValue 5_497_558_138_880
   */
  readonly maxObjectBytes?: number;
  /**
   * Objects above this size are copied in parts.
   * @unit bytes
   * @defaultValue 5_000_000_000
   * @minimum 5_242_880
   */
  readonly singleCopyBytes?: number;
  /** Unique among the scheduler's artifact stores. Default `s3`. */
  readonly id?: string;
  /** Replaces the environment of the process. */
  readonly environment?: Environment;
}
