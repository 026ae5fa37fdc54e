import { z } from "zod";
import { type AwsBatchClient, clientOption } from "../sdk-client.js";

/** Regions with an endpoint of the Pricing API: endpoint data of botocore, read 2026-11-22. */
export const PRICING_REGIONS = ["us-east-1", "eu-central-1", "ap-south-1"] as const;

/** How prices are looked up; the option `prices`. */
export interface AwsBatchPriceApi {
  /** Where the Pricing API is asked. It stands in three regions and knows the prices of all. Default `us-east-1`. */
  readonly pricingRegion?: (typeof PRICING_REGIONS)[number];
  /** How long a price is used before it is looked up again. @unit ms @defaultValue 3_600_000 */
  readonly refreshMs?: number;
  /** How long it goes on being used while it cannot be looked up. At least `refreshMs`. @unit ms @defaultValue 86_400_000 */
  readonly staleMs?: number;
  /** A `PricingClient` of your own, in one of the three regions. Never destroyed. */
  readonly pricingClient?: AwsBatchClient;
  /** An `EC2Client` of your own, in the queues' region. Never destroyed. */
  readonly ec2Client?: AwsBatchClient;
  /** Address of the Pricing API. Default: that of `pricingRegion`. */
  readonly pricingEndpoint?: string;
  /** Address of the EC2 API. Default: the region's. */
  readonly ec2Endpoint?: string;
}

const positive = z.number().positive("must be larger than 0");

/** Schema of {@link AwsBatchPriceApi}. */
export const priceApiOptions = z
  .strictObject({
    pricingRegion: z
      .enum(PRICING_REGIONS, { error: `must be ${PRICING_REGIONS.join(", ")}: the Pricing API stands nowhere else` })
      .default("us-east-1"),
    refreshMs: positive.default(3_600_000),
    staleMs: positive.default(86_400_000),
    pricingClient: clientOption.optional(),
    ec2Client: clientOption.optional(),
    pricingEndpoint: z.url("must be a URL").optional(),
    ec2Endpoint: z.url("must be a URL").optional(),
  })
  .refine(({ refreshMs, staleMs }) => staleMs >= refreshMs, { path: ["staleMs"], message: "must be at least `refreshMs`" });

/** How prices are looked up, with all defaults. */
export type ResolvedPriceApi = z.output<typeof priceApiOptions>;
