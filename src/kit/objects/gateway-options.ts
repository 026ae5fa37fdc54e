import { z } from "zod";
import { validateInput } from "../validation.js";
import type { GatewayStoreConfig } from "./gateway-store.js";
import { unusableUri } from "./store-errors.js";
import { invalidOption, type StorePrices, type StoreWireOptions, storePrices, storeShape, storeWire } from "./store-options.js";

/** Options of stores that read through gateways. Here `retries` is 1 and `timeoutMs` 30,000 by default: then the next gateway is asked. */
export interface GatewayOptions extends StoreWireOptions {
  /** Base addresses of gateways, tried in turn. They need no trust, only a connection. */
  readonly gateways?: readonly string[];
  /**
   * Largest object that is read.
   * @unit bytes
   * @defaultValue 1_099_511_627_776
   */
  readonly maxBytes?: number;
  /**
   * Objects up to this size are held in memory and checked before a byte is given, so that another gateway can be tried when one
   * gives other bytes. Of larger ones the last piece is held back until the digest is right.
   * @unit bytes
   * @defaultValue 16_777_216
   */
  readonly heldBytes?: number;
  /** What reading costs you. Default 0: public gateways take no money and make no promise. */
  readonly prices?: Partial<StorePrices>;
  /** Unique among the scheduler's artifact stores. Default: the scheme. */
  readonly id?: string;
}

const schema = z.object({
  ...storeShape,
  gateways: z.array(z.string()).min(1, "must name at least one").optional(),
  maxBytes: z
    .number()
    .min(1, "must be at least 1")
    .default(1024 ** 4),
  heldBytes: z
    .number()
    .min(0, "must not be negative")
    .default(16 * 1024 ** 2),
});

/**
 * Checks and completes {@link GatewayOptions}. Another gateway is better than asking the same one for long, hence one retry and 30 s by default.
 *
 * @throws INVALID_CONFIG
 */
export function gatewayConfig(
  scheme: string,
  options: GatewayOptions,
  defaults: readonly string[],
): Omit<GatewayStoreConfig, "pathOf" | "digestOf"> {
  const { id = scheme, gateways = defaults, maxBytes, heldBytes, prices, ...rest } = validateInput(schema, options, { subject: scheme });
  return {
    scheme,
    gateways: gateways.map((text) => gatewayUrl(id, text)),
    prices: storePrices(prices, { egressUsdPerGB: 0, storageUsdPerGBMonth: 0 }),
    maxBytes,
    heldBytes,
    wire: storeWire(id, { ...rest, retries: rest.retries ?? 1, timeoutMs: rest.timeoutMs ?? 30_000 }),
  };
}

function gatewayUrl(subject: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw invalidOption(subject, "gateways", "must hold http or https addresses");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw invalidOption(subject, "gateways", "must hold addresses without login, query or fragment");
  }
  return url;
}

/** The rest of a URI's path for a gateway: empty, or beginning with a slash, each name encoded. @throws INVALID_WORKLOAD */
export function gatewayPath(uri: string, path: string): string {
  if (path === "") return "";
  if (/[?#]/.test(path)) throw unusableUri(uri, "must not have a query or fragment; write ? as %3F and # as %23");
  const names = path
    .slice(1)
    .split("/")
    .map((name) => decoded(uri, name));
  if (names.some((name) => name === "" || name === "." || name === "..")) throw unusableUri(uri, "must not hold empty names, `.` or `..`");
  return names.map((name) => `/${encodeURIComponent(name)}`).join("");
}

function decoded(uri: string, name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw unusableUri(uri, "has a stray %; write it as %25");
  }
}
