import { z } from "zod";
import { processEnvironment } from "../../kit/environment.js";
import { invalidOption, type StorePrices, type StoreWire, storePrices, storeShape, storeWire } from "../../kit/objects/index.js";
import { type SettingReader, settingsFor } from "../../kit/settings.js";
import { isSecret, validateInput } from "../../kit/validation.js";
import type { S3Credentials, S3Options, S3Signer } from "./s3-options.js";
import { awsEndpoint, regionOf, type S3Service, serviceOf } from "./service.js";

const MIB = 1024 ** 2;
/** Least size of a part that is not the last (AWS, "Amazon S3 multipart upload limits"). */
export const LEAST_PART_BYTES = 5 * MIB;
/** Most parts of an upload (same page). */
export const MOST_PARTS = 10_000;
/** Longest life of a signed URL: seven days (AWS, "Authenticating Requests: Using Query Parameters"). */
export const LONGEST_URL_MS = 604_800_000;

/** {@link S3Options}, checked and completed. */
export interface S3Config {
  readonly id: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: URL;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly service: S3Service;
  readonly prices: StorePrices;
  /** A signer, or credentials to make one of. */
  readonly identity: { readonly signer: S3Signer } | { readonly credentials: () => S3Credentials | Promise<S3Credentials> };
  /** Headers by which writes ask for encryption. */
  readonly encryption: Readonly<Record<string, string>>;
  readonly conditionalWrites: boolean;
  readonly digestMetadata: boolean;
  readonly erasable: boolean;
  readonly partBytes: number;
  readonly concurrency: number;
  readonly maxObjectBytes: number;
  readonly singleCopyBytes: number;
  readonly wire: StoreWire;
}

const secretText = z.custom<S3Credentials["secretAccessKey"]>(
  (value) => (typeof value === "string" && value !== "") || isSecret(value),
  "must be a text that is not empty, or a Secret",
);

const credentialsSchema = z.strictObject({
  accessKeyId: z.string().min(1, "must not be empty"),
  secretAccessKey: secretText,
  sessionToken: secretText.optional(),
  expiresAtMs: z.number().optional(),
});

type CredentialFunction = () => S3Credentials | Promise<S3Credentials>;

const schema = z.object({
  ...storeShape,
  bucket: z
    .string("must name the bucket in which attempts write")
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes"),
  prefix: z
    .string()
    .regex(/^(?!\/)(|.*\/)$/s, "must be empty or end in a slash, and not begin with one")
    .refine((prefix) => !prefix.split("/").some((part) => part === "." || part === ".."), "must not hold `.` or `..`")
    .default("spillway/"),
  endpoint: z.string().min(1, "must not be empty").optional(),
  region: z.string().min(1, "must not be empty").optional(),
  credentials: z
    .union(
      [credentialsSchema, z.custom<CredentialFunction>((value) => typeof value === "function")],
      "must be an object with `accessKeyId` and `secretAccessKey`, or a function that gives one",
    )
    .optional(),
  signer: z
    .custom<S3Signer>(
      (value) => typeof (value as S3Signer | null)?.sign === "function",
      "must have a function `sign`, as an AwsClient of aws4fetch has",
    )
    .optional(),
  pathStyle: z.boolean().optional(),
  serverSideEncryption: z
    .union(
      [z.literal("AES256"), z.strictObject({ kmsKeyId: z.string().min(1).optional() })],
      'must be "AES256" or an object, perhaps with `kmsKeyId`',
    )
    .optional(),
  conditionalWrites: z.boolean().optional(),
  digestMetadata: z.boolean().optional(),
  erasable: z.boolean().default(true),
  partBytes: z
    .int("must be a whole number")
    .min(LEAST_PART_BYTES, "must be at least 5 MiB")
    .max(1024 * MIB, "must be at most 1 GiB, since parts are held in memory")
    .default(16 * MIB),
  concurrency: z.int("must be a whole number").min(1, "must be at least 1").default(3),
  maxObjectBytes: z
    .number()
    .min(1, "must be at least 1")
    .default(5 * 1024 ** 4),
  singleCopyBytes: z
    .number()
    .min(LEAST_PART_BYTES, "must be at least 5 MiB")
    .max(5_000_000_000, "must be at most 5 GB")
    .default(5_000_000_000),
  environment: z.custom<NonNullable<S3Options["environment"]>>((value) => typeof value === "function", "must be a function").optional(),
});

/** @throws INVALID_CONFIG naming the option, and the variable that may stand for it. */
export function s3Config(given: S3Options): S3Config {
  const options = validateInput(schema, given ?? {}, { subject: "s3" });
  const subject = options.id ?? "s3";
  const setting = settingsFor(subject, options.environment ?? processEnvironment);
  const named = setting("endpoint", { option: options.endpoint, env: ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"], fallback: "" });
  const endpoint = named === "" ? undefined : checkedEndpoint(subject, named);
  const region = regionFor(setting, options.region, endpoint);
  const address = endpoint ?? awsEndpoint(region);
  const service = serviceOf(address);
  return {
    id: subject,
    bucket: options.bucket,
    prefix: options.prefix,
    endpoint: address,
    region,
    pathStyle: options.pathStyle ?? (service.name !== "aws" || options.bucket.includes(".")),
    service,
    prices: storePrices(options.prices, service.prices),
    identity: identityOf(setting, given),
    encryption: encryptionHeaders(options.serverSideEncryption),
    conditionalWrites: options.conditionalWrites ?? service.conditionalWrites,
    digestMetadata: options.digestMetadata ?? service.refusesUnsignedHeaders,
    erasable: options.erasable,
    partBytes: options.partBytes,
    concurrency: options.concurrency,
    maxObjectBytes: options.maxObjectBytes,
    singleCopyBytes: options.singleCopyBytes,
    wire: storeWire(subject, options),
  };
}

function checkedEndpoint(subject: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw invalidOption(subject, "endpoint", "must be an http or https address");
  if (url.username !== "" || url.password !== "") throw invalidOption(subject, "endpoint", "must not hold a login; pass `credentials`");
  if (url.search !== "" || url.hash !== "") throw invalidOption(subject, "endpoint", "must not hold a query or fragment");
  return url;
}

function regionFor(setting: SettingReader, option: string | undefined, endpoint: URL | undefined): string {
  const isAws = endpoint === undefined || serviceOf(endpoint).name === "aws";
  const named = endpoint === undefined ? undefined : regionOf(endpoint);
  // The variables speak of AWS; what the name of another service's endpoint says is surer.
  if (!isAws) return option ?? named ?? setting("region", { option, env: ["AWS_REGION", "AWS_DEFAULT_REGION"], fallback: "us-east-1" });
  return setting("region", {
    option,
    env: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    what: "a region",
    ...(named === undefined ? {} : { fallback: named }),
  });
}

/** Credentials come from one place: a key of the options is never joined with a secret of the environment. */
function identityOf(setting: SettingReader, { signer, credentials }: S3Options): S3Config["identity"] {
  if (signer !== undefined) return { signer };
  if (typeof credentials === "function") return { credentials };
  if (credentials !== undefined) return { credentials: () => credentials };
  const accessKeyId = setting("credentials", { option: undefined, env: "AWS_ACCESS_KEY_ID", what: "an access key" });
  const secretAccessKey = setting("credentials", {
    option: undefined,
    env: "AWS_SECRET_ACCESS_KEY",
    what: "a secret access key",
    secret: true,
  });
  const sessionToken = setting("credentials", { option: undefined, env: "AWS_SESSION_TOKEN", fallback: "" });
  const fromEnvironment = { accessKeyId, secretAccessKey, ...(sessionToken === "" ? {} : { sessionToken }) };
  return { credentials: () => fromEnvironment };
}

function encryptionHeaders(choice: "AES256" | { readonly kmsKeyId?: string | undefined } | undefined): Readonly<Record<string, string>> {
  if (choice === undefined) return {};
  if (choice === "AES256") return { "x-amz-server-side-encryption": "AES256" };
  return {
    "x-amz-server-side-encryption": "aws:kms",
    ...(choice.kmsKeyId === undefined ? {} : { "x-amz-server-side-encryption-aws-kms-key-id": choice.kmsKeyId }),
  };
}
