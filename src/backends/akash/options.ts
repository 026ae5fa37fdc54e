import { z } from "zod";
import { fetchOption } from "../../kit/http/encode.js";
import { secretOption } from "../../kit/validation.js";
import { readDecimal } from "../../model/decimal.js";
import type { Secret } from "../../model/secret.js";

/**
 * The auditor whose signature every provider of the Console's managed wallets has: the address of the Akash network's own team. Name it in
 * `auditors` to say that its word is good enough for you.
 */
export const AKASH_CONSOLE_AUDITOR = "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63";

/** A wallet of one's own in place of the Console's. Not available yet: such a signer is refused when the backend is made. */
export interface AkashWalletSigner {
  readonly kind: "wallet";
  /** Words from which the key is derived. */
  readonly mnemonic: string | Secret;
  /** Where transactions are sent, `https://...`. */
  readonly rpcUrl: string;
  /** Where the chain is read, `https://...`. */
  readonly grpcUrl: string;
  /** Price of gas, such as `0.025uakt`. */
  readonly gasPrice?: string;
}

/** What machines are taken to cost where nobody has bid yet, USD per 30.437 days: the defaults of the providers' own price script. */
export interface AkashRates {
  /** Each thread. Default 1.60. */
  readonly cpu?: number;
  /** Each GB of memory. Default 0.80. */
  readonly memoryGb?: number;
  /** Each GB of disk. Default 0.02. */
  readonly diskGb?: number;
  /** The open port. Default 0.05. */
  readonly endpoint?: number;
  /** Each GPU of a model for which no price is known. Default 100. */
  readonly gpu?: number;
}

/** How the Console funds a lease's escrow. */
export interface AkashFunding {
  /** What is paid into escrow when an order is made, USD. Default 0.5, the chain's least. */
  readonly depositUsd?: number;
  /** For how many hours of the lease's price the Console fills the escrow up. Default 48. */
  readonly runwayHours?: number;
  /**
   * What the account must have free before an order is made: `lifetime`, the price of the lease's whole lifetime, or of the runway where that is
   * shorter; `deposit`, the first deposit only; `off`, nothing is asked. Default `lifetime`.
   */
  readonly check?: "lifetime" | "deposit" | "off";
}

/** Options of `akash`. */
export interface AkashOptions {
  /** The scheduler's name for this backend. Default `akash`. */
  readonly id?: string;
  /** API key of the Console, `ac.sk....`. Default: `AKASH_API_KEY`. */
  readonly apiKey?: string | Secret;
  /** Where the Console's API is. Default: `AKASH_BASE_URL`, else `https://console-api.akash.network`. */
  readonly baseUrl?: string;
  /** Who signs transactions: the Console's managed wallet, or a wallet of one's own, which is not available yet. Default `console`. */
  readonly signer?: "console" | AkashWalletSigner;
  /** Which revision of the Console's contract is spoken: that of August 2026, or the one after September's changes. Default `2026-09`. */
  readonly contract?: "2026-08" | "2026-09";
  /** How the machines of providers are reached: through the Console's proxy, which checks their certificates on chain, or directly, where they have public ones. Default `proxy`. */
  readonly gateway?: "proxy" | "direct";
  /** Where the proxy is. Default: `AKASH_PROVIDER_PROXY_URL`, else `https://console-provider-proxy.akash.network`. */
  readonly proxyUrl?: string;
  /** Path of the proxy's websocket. Default `/ws`. */
  readonly proxySocketPath?: string;
  /**
   * Addresses of auditors whose word you take. Providers with an attribute signed by one of them count as operators of class `audited`, and such an
   * order is open to them only. Default none: every provider counts as anybody.
   */
  readonly auditors?: readonly string[];
  /** Attributes that every order asks of its bidders, such as `{ "location-region": "eu-west" }`. Default none. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Providers whose status page answered in less than this share of the last week are left out, 0 to 1. Unknown is not 0. Default 0.9. */
  readonly leastUptime?: number;
  /** For how long bids are gathered before the best is taken, ms. Default 20,000. */
  readonly bidWindowMs?: number;
  /** How long an order waits for a bid that may be taken before it is closed again, ms; the window ends with it at the latest. Default 90,000. */
  readonly bidLimitMs?: number;
  /** Time from block to block, ms: everything is priced by the block. Default 6,000, as the Console assumes. */
  readonly blockMs?: number;
  /** In what bids are priced, and what a base unit is worth in USD. Bids in another denomination are passed over. Default `{ uact: "0.000001" }`. */
  readonly denominations?: Readonly<Record<string, string>>;
  /** See {@link AkashRates}. */
  readonly rates?: AkashRates;
  /** See {@link AkashFunding}. */
  readonly funding?: AkashFunding;
  /**
   * The Console's runtime limit, which ends a lease though nobody asks for it, in whole hours. `require`: without it no lease is taken. `try`: it is asked
   * for and not relied on. `off`: it is not asked for. Default `try`; with the contract of August always `off`.
   */
  readonly runtimeLimit?: "require" | "try" | "off";
  /** Longest runtime limit that is asked for, hours, 1 to 48. With `require`, work that may take longer is not placed here. Default 48. */
  readonly mostHours?: number;
  /** Nothing but this scheduler uses the account: then a deployment that can only have been made by a create whose answer was lost counts as ours. Default false. */
  readonly exclusiveAccount?: boolean;
  /** Which images are run: `digest` only with a digest, `tag` also with a tag other than `latest`, `any`. Providers may run a stale copy of a tag that moves. Default `tag`. */
  readonly images?: "digest" | "tag" | "any";
  /** What becomes of `$` in command and environment: Kubernetes takes two for one, so `double` writes two for each. Default `double`. */
  readonly dollars?: "double" | "keep";
  /** Port of the container that is led to from outside; the runner's status page listens on it. Default 8080. */
  readonly statusPort?: number;
  /** Expected time from the order to the running command, ms. Default 120,000. */
  readonly startMs?: number;
  /** How long a lease may take to start before it counts as without capacity, ms. Default 900,000. */
  readonly provisionMs?: number;
  /** After so long in a start the provider's events are asked what is wrong, ms. Default 45,000. */
  readonly eventsAfterMs?: number;
  /** For how long a provider may show nothing of a lease before the lease counts as lost, ms. Default 240,000. */
  readonly silenceMs?: number;
  /** How often a manifest that did not arrive is sent before the lease is given up. Default 3. */
  readonly manifestTries?: number;
  /** Life of a provider token, ms, at least a minute. One is made for each lease and purpose. Default 300,000. */
  readonly tokenMs?: number;
  /** Silence after which a log counts as over, ms. Default 60,000. */
  readonly logIdleMs?: number;
  /** Longest time for one request, ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** Longest time for the requests that wait for a transaction, ms. Default 60,000. */
  readonly transactionMs?: number;
  /** Most requests begun in any one second. May be a fraction. Default: no limit here; none is published. */
  readonly callsPerSecond?: number;
  /** Replaces the platform's fetch, for tests and proxies. */
  readonly fetch?: typeof globalThis.fetch;
}

const positive = z.number().positive("must be larger than 0");
const notNegative = z.number().min(0, "must be at least 0");
const whole = z.int("must be a whole number");
const port = whole.min(1, "must be at least 1").max(65_535, "must be at most 65535");
const address = z.string().regex(/^akash1[02-9ac-hj-np-z]{38}$/, "must be an address: akash1 and 38 more characters");
const attributes = z.record(z.string().min(1, "must have a name"), z.string().min(1, "must have a value")).readonly();
const wallet = z.strictObject({
  kind: z.literal("wallet"),
  mnemonic: secretOption(),
  rpcUrl: z.url("must be an address"),
  grpcUrl: z.url("must be an address"),
  gasPrice: z.string().optional(),
});

/** Checks and completes {@link AkashOptions} except for the id, which every backend has. */
export const akashOptions = z.object({
  apiKey: secretOption().optional(),
  baseUrl: z.url("must be an address").optional(),
  signer: z.union([z.literal("console"), wallet], { error: 'must be "console" or a wallet' }).default("console"),
  contract: z.enum(["2026-08", "2026-09"], { error: 'must be "2026-08" or "2026-09"' }).default("2026-09"),
  gateway: z.enum(["proxy", "direct"], { error: 'must be "proxy" or "direct"' }).default("proxy"),
  proxyUrl: z.url("must be an address").optional(),
  proxySocketPath: z.string().startsWith("/", "must begin with a slash").default("/ws"),
  auditors: z.array(address).readonly().default([]),
  attributes: attributes.default({}),
  leastUptime: z.number().min(0, "must be at least 0").max(1, "must be at most 1").default(0.9),
  bidWindowMs: notNegative.default(20_000),
  bidLimitMs: positive.default(90_000),
  blockMs: whole.min(1, "must be at least 1").default(6_000),
  denominations: z
    .record(
      z.string().regex(/^[a-z][a-zA-Z0-9/]{2,127}$/, "must be a denomination of the chain"),
      z.string().refine((text) => (readDecimal(text)?.digits ?? 0n) > 0n, "must be a decimal number above 0, as text"),
    )
    .refine((table) => Object.keys(table).length > 0, "must name a denomination")
    .readonly()
    .default({ uact: "0.000001" }),
  rates: z
    .strictObject({
      cpu: notNegative.default(1.6),
      memoryGb: notNegative.default(0.8),
      diskGb: notNegative.default(0.02),
      endpoint: notNegative.default(0.05),
      gpu: notNegative.default(100),
    })
    .prefault({}),
  funding: z
    .strictObject({
      depositUsd: positive.default(0.5),
      runwayHours: positive.default(48),
      check: z.enum(["lifetime", "deposit", "off"], { error: 'must be "lifetime", "deposit" or "off"' }).default("lifetime"),
    })
    .prefault({}),
  runtimeLimit: z.enum(["require", "try", "off"], { error: 'must be "require", "try" or "off"' }).default("try"),
  mostHours: whole.min(1, "must be at least 1").max(48, "must be at most 48").default(48),
  exclusiveAccount: z.boolean().default(false),
  images: z.enum(["digest", "tag", "any"], { error: 'must be "digest", "tag" or "any"' }).default("tag"),
  dollars: z.enum(["double", "keep"], { error: 'must be "double" or "keep"' }).default("double"),
  statusPort: port.default(8_080),
  startMs: positive.default(120_000),
  provisionMs: positive.default(900_000),
  eventsAfterMs: notNegative.default(45_000),
  silenceMs: positive.default(240_000),
  manifestTries: whole.min(1, "must be at least 1").default(3),
  tokenMs: z.number().min(60_000, "must be at least a minute").default(300_000),
  logIdleMs: positive.default(60_000),
  timeoutMs: positive.default(30_000),
  transactionMs: positive.default(60_000),
  callsPerSecond: positive.optional(),
  fetch: fetchOption().optional(),
});

/** {@link AkashOptions} with defaults. */
export type ResolvedOptions = z.output<typeof akashOptions>;

/** `backendOptions.akash` of a workload. */
export const workloadOptions = z.object({
  /** Added to the option of the same name. */
  attributes: attributes.optional(),
  /** Overrides the option of the same name. */
  bidWindowMs: notNegative.optional(),
});
