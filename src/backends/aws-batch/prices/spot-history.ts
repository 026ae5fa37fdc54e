import { z } from "zod";

/** One page of DescribeSpotPriceHistory (types of `@aws-sdk/client-ec2` 3.1169.0). An empty token ends the pages. */
export const spotPage = z.object({
  SpotPriceHistory: z
    .array(
      z.object({
        AvailabilityZone: z.string().optional(),
        InstanceType: z.string().optional(),
        ProductDescription: z.string().optional(),
        /** A number as text. */
        SpotPrice: z.string().optional(),
        Timestamp: z.date().optional(),
      }),
    )
    .optional(),
  NextToken: z.string().nullish(),
});

/** A change of a spot price. */
export type SpotChange = NonNullable<z.output<typeof spotPage>["SpotPriceHistory"]>[number];

/** What machines run; asked for under this name. */
export const SPOT_PRODUCT = "Linux/UNIX";
const LINUX = [SPOT_PRODUCT, "Linux/UNIX (Amazon VPC)"];

/**
 * The dearest of the zones' present prices: which zone a job gets is Batch's choice. Asked from now on, the history holds the change that is in effect
 * in each zone, and maybe later ones.
 *
 * @param zones those that the queue's machines can be in; empty: any
 */
export function spotPrice(
  changes: readonly SpotChange[],
  instanceType: string,
  zones: readonly string[],
): { readonly usdPerHour: number; readonly zone: string } | undefined {
  const latest = new Map<string, { readonly usdPerHour: number; readonly atMs: number }>();
  for (const { AvailabilityZone: zone, InstanceType, ProductDescription, SpotPrice, Timestamp } of changes) {
    const usdPerHour = Number(SpotPrice ?? Number.NaN);
    const isMeant = InstanceType === instanceType && LINUX.includes(ProductDescription ?? SPOT_PRODUCT);
    if (zone === undefined || !isMeant || !(usdPerHour > 0) || !Number.isFinite(usdPerHour)) continue;
    if (zones.length > 0 && !zones.includes(zone)) continue;
    const atMs = Timestamp?.getTime() ?? 0;
    const known = latest.get(zone);
    if (known === undefined || atMs > known.atMs) latest.set(zone, { usdPerHour, atMs });
  }
  const dearestFirst = [...latest].sort(([, a], [, b]) => b.usdPerHour - a.usdPerHour);
  const [first] = dearestFirst;
  return first && { zone: first[0], usdPerHour: first[1].usdPerHour };
}
