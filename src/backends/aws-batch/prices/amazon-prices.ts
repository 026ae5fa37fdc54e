import type { EC2ClientConfig, SpotPrice } from "@aws-sdk/client-ec2";
import type { PricingClientConfig } from "@aws-sdk/client-pricing";
import type { z } from "zod";
import { importPeer } from "../../../kit/lazy-import.js";
import { collectAll, type Page, paginate } from "../../../kit/paginate.js";
import { createSdk } from "../../../kit/sdk.js";
import { msToIso } from "../../../kit/timestamp.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { CallContext } from "../../../spec/call-context.js";
import { clientSettings } from "../client.js";
import { errors } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import type { AwsBatchClient } from "../sdk-client.js";
import { FARGATE_DISK_USD_PER_GIB_HOUR } from "./list-prices.js";
import { type PriceLookup, type PriceQuery, textOf } from "./lookup.js";
import type { ResolvedPriceApi } from "./options.js";
import {
  fargatePrices,
  type HourlyPrice,
  type ListedProduct,
  MACHINE_FILTERS,
  machinePrice,
  productPage,
  readProduct,
} from "./price-list.js";
import type { Rates } from "./rates.js";
import { SPOT_PRODUCT, type SpotChange, spotPage, spotPrice } from "./spot-history.js";

/** A look-up must leave time for the offers that are made without it. */
const MOST_TIMEOUT_MS = 5_000;
/** Products of one page: the most that the Pricing API gives. */
const PRODUCTS = 100;
/** What ECS sells in a region are some dozens of products, what EC2 sells of one instance type a few. */
const MOST_PAGES = 50;

type SdkInstanceType = NonNullable<SpotPrice["InstanceType"]>;

interface Field {
  readonly field: string;
  readonly value: string;
}

/**
 * Looks prices up with the caller's credentials: on demand in the Pricing API, which stands in three regions and knows the prices of all, and on spot in
 * the queue's own region. Both SDKs are loaded when they are first needed.
 */
export function createAmazonPrices(id: string, options: ResolvedOptions, settings: ResolvedPriceApi, region: string): PriceLookup {
  const timeoutMs = Math.min(MOST_TIMEOUT_MS, options.requestTimeoutMs);
  const sdkCalls = createSdk({ backend: id, errors, timeoutMs, retries: 1, concurrency: 4 });
  let ownPricing: AwsBatchClient | undefined;
  let ownEc2: AwsBatchClient | undefined;

  /** Every page of an answer. */
  async function allOf<T>(query: PriceQuery, call: CallContext, pageOf: (token: object, signal: AbortSignal) => Promise<Page<T, string>>) {
    const doing = `look up the price of ${textOf(query)}`;
    const next = (field: string | undefined): object => (field === undefined ? {} : { NextToken: field });
    const pages = paginate<T, string>((token) => sdkCalls.read(call, doing, (signal) => pageOf(next(token), signal)), {
      backend: id,
      what: "the prices",
      maxPages: MOST_PAGES,
    });
    return collectAll(pages);
  }

  async function products(
    query: PriceQuery,
    service: string,
    fields: readonly Field[],
    call: CallContext,
  ): Promise<readonly ListedProduct[]> {
    const sdk = await importPeer("@aws-sdk/client-pricing", () => import("@aws-sdk/client-pricing"), { subject: id });
    const config: PricingClientConfig = {
      ...clientSettings(options, settings.pricingRegion),
      // It has none.
      useFipsEndpoint: false,
      ...(settings.pricingEndpoint === undefined ? {} : { endpoint: settings.pricingEndpoint }),
    };
    ownPricing ??= settings.pricingClient ?? new sdk.PricingClient(config);
    const client = ownPricing;
    const Filters = fields.map(({ field, value }) => ({ Type: "TERM_MATCH" as const, Field: field, Value: value }));
    const input = { ServiceCode: service, Filters, FormatVersion: "aws_v1", MaxResults: PRODUCTS };
    const texts = await allOf<unknown>(query, call, async (token, abortSignal) => {
      const page = checked(productPage, await client.send(new sdk.GetProductsCommand({ ...input, ...token }), { abortSignal }));
      return { items: page.PriceList ?? [], next: page.NextToken ?? undefined };
    });
    return texts.map((text) => readProduct(text, id));
  }

  async function spotChanges(query: PriceQuery & { of: "spot-machine" }, call: CallContext): Promise<readonly SpotChange[]> {
    const sdk = await importPeer("@aws-sdk/client-ec2", () => import("@aws-sdk/client-ec2"), { subject: id });
    const config: EC2ClientConfig = {
      ...clientSettings(options, region),
      ...(settings.ec2Endpoint === undefined ? {} : { endpoint: settings.ec2Endpoint }),
    };
    ownEc2 ??= settings.ec2Client ?? new sdk.EC2Client(config);
    const client = ownEc2;
    const input = {
      // The SDK has a list of types, and the service newer ones.
      InstanceTypes: [query.instanceType as SdkInstanceType],
      ProductDescriptions: [SPOT_PRODUCT],
      StartTime: new Date(call.host.now()),
    };
    return allOf<SpotChange>(query, call, async (token, abortSignal) => {
      const page = checked(spotPage, await client.send(new sdk.DescribeSpotPriceHistoryCommand({ ...input, ...token }), { abortSignal }));
      return { items: page.SpotPriceHistory ?? [], next: page.NextToken ?? undefined };
    });
  }

  const checked = <S extends z.ZodType>(schema: S, answer: unknown): z.output<S> => {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new SchedulerError("BACKEND_RESPONSE_INVALID", `${id} could not look up a price: the answer does not have the form it should.`, {
      effect: "none",
      details: { backend: id },
    });
  };

  const missing = (query: PriceQuery): SchedulerError =>
    new SchedulerError("PRICE_UNAVAILABLE", `${id} found no price of ${textOf(query)} in ${region}.`, {
      effect: "none",
      details: { backend: id },
    });

  return {
    async ask(query, call): Promise<Rates> {
      const readOn = msToIso(call.host.now()).slice(0, 10);
      switch (query.of) {
        case "on-demand-machine": {
          const fields = [{ field: "instanceType", value: query.instanceType }, { field: "regionCode", value: region }, ...MACHINE_FILTERS];
          const price = machinePrice(await products(query, "AmazonEC2", fields, call), query.instanceType, region);
          if (price === undefined) throw missing(query);
          return { of: "machine", usdPerHour: price.usdPerHour, source: listSource(region, [price], readOn) };
        }
        case "fargate": {
          const found = fargatePrices(await products(query, "AmazonECS", [{ field: "regionCode", value: region }], call), query.arch);
          if (found === undefined) throw missing(query);
          return {
            of: "fargate",
            usdPerVcpuHour: found.vcpu.usdPerHour,
            usdPerGiBHour: found.memory.usdPerHour,
            usdPerDiskGiBHour: found.disk?.usdPerHour ?? FARGATE_DISK_USD_PER_GIB_HOUR,
            source: listSource(region, [found.vcpu, found.memory], readOn),
          };
        }
        case "spot-machine": {
          const price = spotPrice(await spotChanges(query, call), query.instanceType, query.zones);
          if (price === undefined) throw missing(query);
          return { of: "machine", usdPerHour: price.usdPerHour, source: `spot price in ${price.zone}, read ${readOn}` };
        }
      }
    },
    close() {
      if (settings.pricingClient === undefined) ownPricing?.destroy?.();
      if (settings.ec2Client === undefined) ownEc2?.destroy?.();
      ownPricing = undefined;
      ownEc2 = undefined;
    },
  };
}

/** `price list eu-west-1 in effect since 2026-11-01, read 2026-11-25`: the latest of the days on which its prices began to hold. */
function listSource(region: string, prices: readonly HourlyPrice[], readOn: string): string {
  const since =
    prices
      .map((price) => price.since ?? "")
      .sort()
      .at(-1) ?? "";
  return `price list ${region}${since === "" ? "" : ` in effect since ${since}`}, read ${readOn}`;
}
