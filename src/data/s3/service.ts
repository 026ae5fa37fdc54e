import type { StorePrices } from "../../kit/objects/index.js";
import { STORAGE_PRICES, type StorageService } from "../staging/index.js";

/** What is known of a service that speaks S3. Everything here can be overridden by an option. */
export interface S3Service {
  readonly name: "aws" | "r2" | "b2" | "gcs" | "other";
  readonly prices: StorePrices;
  /** Where the prices come from and when they were seen. */
  readonly pricesSeen: string;
  /** `if-none-match: *` on a write is honoured. */
  readonly conditionalWrites: boolean;
  /** Requests with `x-amz-*` headers that are not signed are refused, so that nobody but us can have set an object's metadata. */
  readonly refusesUnsignedHeaders: boolean;
}

const listed = (service: StorageService): StorePrices => {
  const { egressUsdPerGB, storageUsdPerGBMonth } = STORAGE_PRICES[service];
  return { egressUsdPerGB, storageUsdPerGBMonth };
};

/** List prices for the first tier, before free allowances; per GB to the internet and per GB and month. Looked up for the date given. */
const SERVICES: Readonly<Record<S3Service["name"], Omit<S3Service, "name">>> = {
  aws: {
    prices: listed("aws-s3"),
    pricesSeen: "S3 Standard in us-east-1, 2026-05, secondary sources that agree",
    conditionalWrites: true,
    refusesUnsignedHeaders: true,
  },
  r2: {
    prices: listed("cloudflare-r2"),
    pricesSeen: "R2 Standard, 2026-05, secondary sources that agree",
    // Documented for PutObject and CompleteMultipartUpload.
    conditionalWrites: true,
    refusesUnsignedHeaders: false,
  },
  b2: {
    prices: listed("backblaze-b2"),
    pricesSeen: "Backblaze B2, 2026-04, secondary sources that agree",
    conditionalWrites: false,
    refusesUnsignedHeaders: false,
  },
  gcs: {
    prices: listed("google-cloud-storage"),
    pricesSeen: "Cloud Storage Standard in us-central1, vendor's page, undated, confirmed in 2026",
    conditionalWrites: false,
    refusesUnsignedHeaders: false,
  },
  other: {
    // What is not known must not win by being thought free.
    prices: listed("aws-s3"),
    pricesSeen: "taken over from AWS until you say otherwise",
    conditionalWrites: false,
    refusesUnsignedHeaders: false,
  },
};

/** Which service answers at an endpoint. */
export function serviceOf(endpoint: URL): S3Service {
  const name = nameOf(endpoint.hostname);
  return { name, ...SERVICES[name] };
}

function nameOf(hostname: string): S3Service["name"] {
  if (/(^|\.)amazonaws\.com(\.cn)?$/.test(hostname)) return "aws";
  if (hostname.endsWith(".r2.cloudflarestorage.com")) return "r2";
  if (hostname.endsWith(".backblazeb2.com")) return "b2";
  return hostname === "storage.googleapis.com" ? "gcs" : "other";
}

/** The region that an endpoint stands for, where its name says so or the service has but one. */
export function regionOf(endpoint: URL): string | undefined {
  const { hostname } = endpoint;
  switch (nameOf(hostname)) {
    case "aws":
      return /(?:^|\.)s3[.-](?:dualstack\.|fips\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/.exec(hostname)?.[1];
    case "b2":
      return /(?:^|\.)s3\.([a-z0-9-]+)\.backblazeb2\.com$/.exec(hostname)?.[1];
    case "r2":
    case "gcs":
      return "auto";
    case "other":
      return undefined;
  }
}

/** The endpoint of AWS in a region. */
export const awsEndpoint = (region: string): URL => new URL(`https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`);
