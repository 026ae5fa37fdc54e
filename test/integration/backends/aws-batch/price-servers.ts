import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// Small servers that speak as the Pricing API and as EC2 do. Written from the documentation of the price list, the types of the SDKs and what the SDKs send.

/** A request that arrived. */
interface Arrived {
  /** The region that it was signed for. */
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
}

type Refusal = { readonly code: string; readonly message: string };

export interface PriceServer {
  readonly endpoint: string;
  readonly arrived: Arrived[];
  /** The next requests are refused; without a count all, until `refuse()`. */
  refuse(refusal?: Refusal, times?: number): void;
  close(): Promise<void>;
}

export const THROTTLED: Refusal = { code: "ThrottlingException", message: "Rate exceeded" };
export const denied = (action: string): Refusal => ({
  code: action.startsWith("ec2:") ? "UnauthorizedOperation" : "AccessDeniedException",
  message: `User: arn:aws:iam::123456789012:user/jobs is not authorized to perform: ${action}`,
});

async function serve(answer: (arrived: Arrived, response: ServerResponse, refusal: Refusal | undefined) => void, service: string) {
  const arrived: Arrived[] = [];
  let refusing: { readonly refusal: Refusal; left: number } | undefined;
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      const [, region = "", signedFor] =
        /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? "") ?? [];
      if (signedFor !== service) throw new Error(`A request for ${service} is signed for ${signedFor}.`);
      const input = text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
      const one = { region, input };
      arrived.push(one);
      const refusal = refusing !== undefined && refusing.left-- > 0 ? refusing.refusal : undefined;
      answer(one, response, refusal);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    refuse: (refusal?: Refusal, times = Number.POSITIVE_INFINITY) => {
      refusing = refusal && { refusal, left: times };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  } satisfies PriceServer;
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += String(part);
  return text;
}

/** A product of the price list, as one of its JSON texts. */
export function product(
  attributes: Readonly<Record<string, string>>,
  usd: string,
  more: { readonly unit?: string; readonly currency?: string; readonly effectiveDate?: string } = {},
): string {
  const sku = "ABCDEFGH23456789";
  const rateCode = `${sku}.JRTCKXETXF.6YS6EN2CT7`;
  const { unit = "Hrs", currency = "USD", effectiveDate = "2026-11-01T00:00:00Z" } = more;
  const priceDimensions = {
    [rateCode]: {
      unit,
      rateCode,
      beginRange: "0",
      endRange: "Inf",
      appliesTo: [],
      description: `$${usd}`,
      pricePerUnit: { [currency]: usd },
    },
  };
  const onDemand = { [`${sku}.JRTCKXETXF`]: { priceDimensions, sku, effectiveDate, offerTermCode: "JRTCKXETXF", termAttributes: {} } };
  return JSON.stringify({
    product: { productFamily: "Compute Instance", sku, attributes },
    serviceCode: attributes["servicecode"] ?? "AmazonEC2",
    terms: { OnDemand: onDemand },
    version: "20261120000000",
    publicationDate: "2026-11-20T00:00:00Z",
  });
}

/** A machine of the plain kind. */
export const machine = (attributes: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  servicecode: "AmazonEC2",
  instanceType: "g6.xlarge",
  regionCode: "eu-west-1",
  location: "EU (Ireland)",
  operatingSystem: "Linux",
  tenancy: "Shared",
  capacitystatus: "Used",
  preInstalledSw: "NA",
  marketoption: "OnDemand",
  operation: "RunInstances",
  usagetype: "EU-BoxUsage:g6.xlarge",
  vcpu: "4",
  ...attributes,
});

/** Three regions have the Pricing API. */
const PRICING_REGIONS = ["us-east-1", "eu-central-1", "ap-south-1"];

/** The Pricing API with these products; `pageSize` of them a page. */
export async function startPricing(products: readonly string[], pageSize = 100): Promise<PriceServer> {
  return serve(({ region, input }, response, refusal) => {
    const send = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
    };
    const refused = refusal ?? (PRICING_REGIONS.includes(region) ? undefined : WRONG_REGION);
    if (refused !== undefined) return send(400, { __type: refused.code, Message: refused.message, message: refused.message });
    const filters = (input["Filters"] ?? []) as readonly { readonly Type: string; readonly Field: string; readonly Value: string }[];
    const fits = (text: string): boolean => {
      // A text that is no JSON is there to be met.
      if (!text.endsWith("}")) return true;
      const { product: one, serviceCode } = JSON.parse(text);
      return serviceCode === input["ServiceCode"] && filters.every(({ Field, Value }) => one.attributes[Field] === Value);
    };
    const found = products.filter(fits);
    const from = Number(input["NextToken"] ?? 0);
    const next = from + pageSize;
    send(200, {
      FormatVersion: "aws_v1",
      PriceList: found.slice(from, next),
      ...(next < found.length ? { NextToken: String(next) } : {}),
    });
  }, "pricing");
}

const WRONG_REGION: Refusal = { code: "InvalidSignatureException", message: "Credential should be scoped to a valid region." };

/** A change of a spot price. */
export interface SpotRow {
  readonly zone: string;
  readonly usd: string;
  readonly at?: string;
  readonly product?: string;
}

/** EC2 with this spot price history of any instance type; the last page has an empty token. */
export async function startSpotHistory(rows: readonly SpotRow[], pageSize = 100): Promise<PriceServer> {
  return serve(({ input }, response, refusal) => {
    const send = (status: number, xml: string): void => {
      response.writeHead(status, { "content-type": "text/xml;charset=UTF-8" }).end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
    };
    if (refusal !== undefined) {
      const { code, message } = refusal === THROTTLED ? { ...THROTTLED, code: "RequestLimitExceeded" } : refusal;
      const error = `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`;
      return send(refusal === THROTTLED ? 503 : 403, error);
    }
    if (input["Action"] !== "DescribeSpotPriceHistory" || input["ProductDescription.1"] !== "Linux/UNIX")
      throw new Error("An odd request.");
    const from = Number(input["NextToken"] ?? 0);
    const next = from + pageSize;
    const items = rows
      .slice(from, next)
      .map(
        ({ zone, usd, at = "2026-11-20T10:00:00.000Z", product: sold = "Linux/UNIX" }) =>
          `<item><instanceType>${String(input["InstanceType.1"])}</instanceType><productDescription>${sold}</productDescription>` +
          `<spotPrice>${usd}</spotPrice><timestamp>${at}</timestamp><availabilityZone>${zone}</availabilityZone></item>`,
      );
    send(
      200,
      `<DescribeSpotPriceHistoryResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>` +
        `<spotPriceHistorySet>${items.join("")}</spotPriceHistorySet><nextToken>${next < rows.length ? next : ""}</nextToken></DescribeSpotPriceHistoryResponse>`,
    );
  }, "ec2");
}
