import { z } from "zod";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";

// What the Pricing API's products look like: JSON texts within JSON, with numbers as text. Documentation of the price list's structure and the types of
// `@aws-sdk/client-pricing` 3.1133.0.

const dimension = z.object({
  unit: z.string().optional(),
  /** Tiers begin somewhere else than at 0. */
  beginRange: z.string().optional(),
  pricePerUnit: z.record(z.string(), z.string()),
});
const term = z.object({ effectiveDate: z.string().optional(), priceDimensions: z.record(z.string(), dimension) });
const product = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z.object({ OnDemand: z.record(z.string(), term).optional() }),
});

/** A product of the price list, as far as it is read. */
export type ListedProduct = z.output<typeof product>;

/** One page of GetProducts. The SDK hands its JSON texts over as they are, or in objects that print as them. */
export const productPage = z.object({
  PriceList: z.array(z.unknown()).optional(),
  NextToken: z.string().nullish(),
});

/** Reads a product. @throws BACKEND_RESPONSE_INVALID */
export function readProduct(text: unknown, backend: string): ListedProduct {
  let value: unknown;
  try {
    value = JSON.parse(String(text));
  } catch {
    // Told below.
  }
  const parsed = product.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SchedulerError(
    "BACKEND_RESPONSE_INVALID",
    `${backend} could not read the price list: a product does not have the form it should.`,
    {
      effect: "none",
      details: { backend, field: parsed.error.issues[0]?.path.join(".") ?? "" },
    },
  );
}

/** An hourly price. */
export interface HourlyPrice {
  readonly usdPerHour: number;
  /** Day since when it holds, where the list says so: `2026-11-01`. */
  readonly since?: string;
}

/** Attributes that a machine of the plain kind has: Linux, shared, paid while it runs, with nothing installed. What a list does not say counts as that. */
const PLAIN: Readonly<Record<string, string>> = {
  operatingSystem: "Linux",
  tenancy: "Shared",
  capacitystatus: "Used",
  preInstalledSw: "NA",
  marketoption: "OnDemand",
  operation: "RunInstances",
};

/** The attributes that are asked for; the rest of {@link PLAIN} is told apart by us, in case that lists name it otherwise. */
export const MACHINE_FILTERS = ["operatingSystem", "tenancy", "capacitystatus", "preInstalledSw"].map((field) => ({
  field,
  value: PLAIN[field] ?? "",
}));

/** The on-demand price of an instance type among products that may be of other kinds too. */
export function machinePrice(products: readonly ListedProduct[], instanceType: string, region: string): HourlyPrice | undefined {
  return dearest(
    products.filter(({ product: { attributes } }) => {
      const isPlain = Object.entries(PLAIN).every(([field, value]) => (attributes[field] ?? value) === value);
      return isPlain && attributes["instanceType"] === instanceType && (attributes["regionCode"] ?? region) === region;
    }),
  );
}

/** Names of what is used, behind a prefix for the region (`USE1-`), which us-east-1 may lack. Spot's, Windows' and others' have more in between. */
const FARGATE_USAGE = {
  x86_64: { vcpu: /^([A-Z]{2,4}\d?-)?Fargate-vCPU-Hours:perCPU$/, memory: /^([A-Z]{2,4}\d?-)?Fargate-GB-Hours$/ },
  arm64: { vcpu: /^([A-Z]{2,4}\d?-)?Fargate-ARM-vCPU-Hours:perCPU$/, memory: /^([A-Z]{2,4}\d?-)?Fargate-ARM-GB-Hours$/ },
} as const;
const FARGATE_DISK = /^([A-Z]{2,4}\d?-)?Fargate-EphemeralStorage-GB-Hours$/;

/** The rates of Fargate for Linux on demand, among everything that ECS sells. */
export function fargatePrices(
  products: readonly ListedProduct[],
  arch: "x86_64" | "arm64",
): { readonly vcpu: HourlyPrice; readonly memory: HourlyPrice; readonly disk?: HourlyPrice } | undefined {
  const priceOf = (usage: RegExp): HourlyPrice | undefined =>
    dearest(products.filter((one) => usage.test(one.product.attributes["usagetype"] ?? "")));
  const vcpu = priceOf(FARGATE_USAGE[arch].vcpu);
  const memory = priceOf(FARGATE_USAGE[arch].memory);
  const disk = priceOf(FARGATE_DISK);
  return vcpu === undefined || memory === undefined ? undefined : { vcpu, memory, ...(disk === undefined ? {} : { disk }) };
}

/** Where several products fit the dearest counts, so that no bill is above the offer. Those for nothing belong to reservations. */
function dearest(products: readonly ListedProduct[]): HourlyPrice | undefined {
  const all = products.flatMap(hourlyPrices).filter(({ usdPerHour }) => usdPerHour > 0);
  return all.sort((a, b) => b.usdPerHour - a.usdPerHour)[0];
}

function hourlyPrices({ terms }: ListedProduct): readonly HourlyPrice[] {
  return Object.values(terms.OnDemand ?? {}).flatMap(({ effectiveDate, priceDimensions }) =>
    Object.values(priceDimensions).flatMap(({ unit, beginRange, pricePerUnit }): HourlyPrice[] => {
      const text = pricePerUnit["USD"];
      const usdPerHour = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
      const isHourly = unit === undefined || /(^|-)h(ou)?rs?$/i.test(unit);
      const isFirstTier = beginRange === undefined || Number(beginRange) === 0;
      if (!Number.isFinite(usdPerHour) || !isHourly || !isFirstTier) return [];
      const since = /^\d{4}-\d{2}-\d{2}/.exec(effectiveDate ?? "")?.[0];
      return [{ usdPerHour, ...(since === undefined ? {} : { since }) }];
    }),
  );
}
