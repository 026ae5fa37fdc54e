/** What a storage service costs whoever reads from it, as its list says. */
export interface StoragePrice {
  /** Leaving the service for the internet, first tier, before free allowances, USD per GB (10^9 bytes). */
  readonly egressUsdPerGB: number;
  /** USD per GB and month. */
  readonly storageUsdPerGBMonth: number;
  /** When the figures were seen, year and month. */
  readonly observed: string;
  /** A: the vendor's own page. B: two independent secondary sources agree. C: one source, or sources that differ. */
  readonly confidence: "A" | "B" | "C";
  /** Where they come from. */
  readonly sources: readonly string[];
}

/**
 * List prices of storage services: the defaults of the artifact stores, each of which takes `prices` instead. Gathered by hand and dated;
 * `docs/data.md` shows the table.
 */
export const STORAGE_PRICES = {
  "aws-s3": {
    egressUsdPerGB: 0.09,
    storageUsdPerGBMonth: 0.023,
    observed: "2026-05",
    confidence: "B",
    sources: ["object storage egress comparison, youngju.dev, 2026-05-14", "R2 vs S3 vs B2 cost breakdown, flowverify.co, 2026"],
  },
  "google-cloud-storage": {
    egressUsdPerGB: 0.12,
    storageUsdPerGBMonth: 0.02,
    observed: "2026-11",
    confidence: "A",
    sources: ["cloud.google.com/storage/pricing-examples, undated; confirmed by a secondary source of 2026"],
  },
  "azure-blob": {
    egressUsdPerGB: 0.087,
    storageUsdPerGBMonth: 0.018,
    observed: "2026-11",
    confidence: "C",
    sources: ["cloud storage cost comparison, leanopstech, 2026"],
  },
  "cloudflare-r2": {
    egressUsdPerGB: 0,
    storageUsdPerGBMonth: 0.015,
    observed: "2026-05",
    confidence: "B",
    sources: ["youngju.dev, 2026-05-14", "R2 vs S3 vs B2, devopsboys.com, 2026"],
  },
  "backblaze-b2": {
    egressUsdPerGB: 0.01,
    storageUsdPerGBMonth: 0.006,
    observed: "2026-04",
    confidence: "B",
    sources: ["Backblaze B2 pricing, leanopstech.com, 2026-04", "devopsboys.com, 2026"],
  },
  "filecoin-cdn": {
    // 14 USD per TiB on a cache miss, 2.50 USD per TiB, month and copy with two copies.
    egressUsdPerGB: 0.0127,
    storageUsdPerGBMonth: 0.0045,
    observed: "2026-08",
    confidence: "A",
    sources: ["storage costs page of the synapse-sdk documentation, 2026-08-21"],
  },
} as const satisfies Readonly<Record<string, StoragePrice>>;

/** A service of {@link STORAGE_PRICES}. */
export type StorageService = keyof typeof STORAGE_PRICES;
