/**
 * Country of each Compute Engine region, as of the public region list of 2026-11. `us-` regions are all in the United States. A region that is
 * not here is somewhere unknown until the option `country` says where.
 */
const COUNTRY_BY_REGION: Readonly<Record<string, string>> = {
  "northamerica-northeast1": "CA",
  "northamerica-northeast2": "CA",
  "northamerica-south1": "MX",
  "southamerica-east1": "BR",
  "southamerica-west1": "CL",
  "europe-west1": "BE",
  "europe-west2": "GB",
  "europe-west3": "DE",
  "europe-west4": "NL",
  "europe-west6": "CH",
  "europe-west8": "IT",
  "europe-west9": "FR",
  "europe-west10": "DE",
  "europe-west12": "IT",
  "europe-central2": "PL",
  "europe-north1": "FI",
  "europe-north2": "SE",
  "europe-southwest1": "ES",
  "asia-east1": "TW",
  "asia-east2": "HK",
  "asia-northeast1": "JP",
  "asia-northeast2": "JP",
  "asia-northeast3": "KR",
  "asia-south1": "IN",
  "asia-south2": "IN",
  "asia-southeast1": "SG",
  "asia-southeast2": "ID",
  "australia-southeast1": "AU",
  "australia-southeast2": "AU",
  "me-west1": "IL",
  "me-central1": "QA",
  "me-central2": "SA",
  "africa-south1": "ZA",
};

/** ISO 3166-1 alpha-2 code of the country in which a region's machines stand, or nothing for an unknown region. */
export function countryOfRegion(region: string): string | undefined {
  return region.startsWith("us-") ? "US" : COUNTRY_BY_REGION[region];
}
