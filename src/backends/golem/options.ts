import { z } from "zod";
import { fetchOption } from "../../kit/http/encode.js";
import { secretOption, sizeOption } from "../../kit/validation.js";
import type { PriceSource } from "../../spec/price-source.js";

/** A GVMI image: a tag of Golem's registry, a hash that the registry knows, or a file of one's own with its hash. */
export type GolemImage = string | { readonly hash: string; readonly url?: string };

/** A kind of machine that is expected on the market; what it really costs, the bids say. */
export interface GolemMachine {
  /** Name of the offer. Default `machine-<position from 1>`. Must be unique. */
  readonly name?: string;
  /** Expected price with all threads busy, GLM per hour. */
  readonly glmPerHour: number;
  /** Expected price of a start, GLM. Default 0. */
  readonly startGlm?: number;
  /** Threads. */
  readonly cpu: number;
  /** `"8GiB"`, or a number of MiB. */
  readonly memory: string | number;
  /** `"20GiB"`, or a number of MiB. */
  readonly disk: string | number;
  /** Its one graphics card. */
  readonly gpu?: { readonly model: string; readonly memoryGiB?: number };
}

/** Nodes that the user names, and what the user knows of them. */
export interface GolemNodes {
  /** Node ids, 0x and 40 hex digits. No other node is used. */
  readonly ids: readonly string[];
  /** Who runs them. Default `permissionless`. */
  readonly operator?: "self" | "single" | "audited" | "permissionless";
  /** Where all of them are, ISO 3166-1 alpha-2, by your own knowledge. Default unknown: Golem proves no place. */
  readonly country?: string;
  /** Certifications of the operator, by your own knowledge. Default none. */
  readonly certifications?: readonly string[];
  /** Agreements that you have with the operator. Default none. */
  readonly agreements?: readonly string[];
}

/** Where offers come from before there are bids. */
export type GolemOfferSource = "machines" | "scan" | "statistics";

/** Options of {@link golem}. */
export interface GolemOptions {
  /** The scheduler's name for this backend. Default `golem`. */
  readonly id?: string;
  /** App key of the yagna daemon. It may do everything with the daemon's wallet. Default: `YAGNA_APPKEY`. */
  readonly appKey?: string;
  /** Where the daemon listens. Default: `YAGNA_API_URL`, else `http://127.0.0.1:7465`. */
  readonly url?: string;
  /** Payment network: `polygon`, `mainnet`, or a test network such as `hoodi`. Default: `PAYMENT_NETWORK`; there is no other, since the SDK's own is retired. */
  readonly network?: string;
  /** Payment driver. Default `erc20`. */
  readonly driver?: string;
  /** Token. Default `glm` on polygon and mainnet, else `tglm`. */
  readonly token?: string;
  /** Part of the market that is dealt with. Default: `YAGNA_SUBNET`, else `public`. */
  readonly subnet?: string;
  /** USD for one GLM: a number that you keep up to date, or a source of quotes. */
  readonly glmUsd: number | PriceSource;
  /** Oldest quote that a bind may rest on, ms. Default 120,000. */
  readonly bindQuoteAgeMs?: number;
  /** Oldest quote that an estimate may rest on, ms. Default 3,600,000. */
  readonly offerQuoteAgeMs?: number;
  /** Volatility of GLM per year, 1 = 100 %: widens what is held in reserve. Default 1. */
  readonly volatility?: number;
  /** Relative cost of buying GLM. Default 0.01. */
  readonly spread?: number;
  /** Chain fees of one lease's payments, USD. Default 0.01. */
  readonly gasUsd?: number;
  /** GVMI images by the name that workloads use, so that one workload runs here and where OCI images do. Default none. */
  readonly images?: Readonly<Record<string, GolemImage>>;
  /** VOLUME paths of the images: the only places for inputs, outputs and secrets. Default `/golem/work`. */
  readonly volumes?: readonly string[];
  /** Runtime for work without a GPU. Default `vm`. */
  readonly runtime?: string;
  /** Runtime for work with a GPU. Default `vm-nvidia`. */
  readonly gpuRuntime?: string;
  /** Further capabilities that the runtime must have. Default none. */
  readonly capabilities?: readonly string[];
  /** Deal with these nodes only. Default: with all. */
  readonly nodes?: GolemNodes;
  /** Node ids to stay away from. Default none. */
  readonly exceptNodes?: readonly string[];
  /** Default `machines` where some are given, else `scan`. */
  readonly offers?: GolemOfferSource;
  /** See {@link GolemMachine}. */
  readonly machines?: readonly GolemMachine[];
  /** For `offers: "statistics"`: where Golem's public statistics are, up to and with the version. Default `https://api.stats.golem.network/v2`. */
  readonly statisticsUrl?: string;
  /** How long a scan of the market listens, ms. Default 4,000. */
  readonly scanMs?: number;
  /** Most offers of one listing, the cheapest first. Default 50. */
  readonly mostOffers?: number;
  /** How long bids are gathered once the first one is there, ms. Default 5,000. */
  readonly bidWindowMs?: number;
  /** How long the first bid is waited for, ms. Default 30,000. */
  readonly firstBidMs?: number;
  /** Dearest start that is accepted, GLM. Default 0.05. */
  readonly mostStartGlm?: number;
  /** Relative: how much a bill may be above agreed prices times the time that passed here. Default 0.05. */
  readonly billTolerance?: number;
  /** Shortest time rented, ms; providers refuse less than 5 minutes. Default 360,000. */
  readonly leastRentMs?: number;
  /** Time rented beyond a lease's lifetime, for its end, ms. Default 60,000. */
  readonly rentMarginMs?: number;
  /** Longest lifetime of a lease, ms. Default 86,400,000. */
  readonly mostLifetimeMs?: number;
  /** Until the image runs, the download included, before the node counts as failed, ms. Default 600,000. */
  readonly deployMs?: number;
  /** Expected time from bind to the running command, ms. Default 60,000. */
  readonly startMs?: number;
  /** A provider ends an agreement whose debit notes are not accepted within this time, ms. Default 120,000. */
  readonly noteAcceptMs?: number;
  /** Time between debit notes, ms. Default 120,000. */
  readonly noteIntervalMs?: number;
  /** Time for a file of no size on its way to or from a node, ms. Default 60,000. */
  readonly transferMs?: number;
  /** Slowest acceptable transfer; it adds to `transferMs` by a file's size. Bytes per second. Default 100,000. */
  readonly leastBytesPerSecond?: number;
  /** How long the invoice of an ended lease is waited for before its allocation is taken back, ms. Default 120,000. */
  readonly invoiceMs?: number;
  /** How long the daemon or the node may be unheard of while a command runs, ms. Default 120,000. */
  readonly silenceMs?: number;
  /** What is kept of a command's output, bytes. Default 1,048,576. */
  readonly logBytes?: number;
  /** How often the SDK's thread may end unexpectedly within ten minutes before no new one is started. Default 5. */
  readonly mostRestarts?: number;
  /** Longest time for one request to the daemon, ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** A directory or file from whose place `@golem-sdk/golem-js` is looked up first. Default: where this library is, then the working directory. */
  readonly sdkFrom?: string;
  /** Replaces the platform's fetch for the daemon's REST API and the statistics, for tests. */
  readonly fetch?: typeof globalThis.fetch;
}

const text = z.string().min(1, "must not be empty");
const positive = z.number().positive("must be larger than 0");
const notNegative = z.number().min(0, "must not be negative");
const whole = z.int("must be a whole number").min(1, "must be at least 1");
const nodeId = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be 0x and 40 hex digits")
  .toLowerCase();
const hash = z
  .string()
  .regex(/^[0-9a-fA-F]{56}$/, "must be a SHA3-224 in hex, 56 digits")
  .toLowerCase();
const image = z.union([text, z.strictObject({ hash, url: z.url("must be an address").exactOptional() })], {
  error: "must be a tag of Golem's registry, or { hash, url }",
});
const volume = z.string().regex(/^\/(?!.*(^|\/)\.\.?(\/|$))/, "must be an absolute path");
const isPriceSource = (value: unknown): value is PriceSource =>
  typeof value === "object" && value !== null && "quote" in value && typeof value.quote === "function";

const machine = z.strictObject({
  name: text.optional(),
  glmPerHour: positive,
  startGlm: notNegative.default(0),
  cpu: positive,
  memory: sizeOption("memory", "8GiB"),
  disk: sizeOption("disk", "8GiB"),
  gpu: z.strictObject({ model: text, memoryGiB: positive.optional() }).optional(),
});

/** Checks and completes {@link GolemOptions} except for the id, which every backend has. */
export const golemOptions = z.object({
  appKey: secretOption().optional(),
  url: z.url("must be an address").optional(),
  network: text.optional(),
  driver: text.default("erc20"),
  token: text.optional(),
  subnet: text.optional(),
  glmUsd: z.custom<number | PriceSource>(
    (value) => (typeof value === "number" ? Number.isFinite(value) && value > 0 : isPriceSource(value)),
    "must be the price of a GLM in USD, above 0, or a price source: Golem's prices are in GLM",
  ),
  bindQuoteAgeMs: positive.default(120_000),
  offerQuoteAgeMs: positive.default(3_600_000),
  volatility: notNegative.default(1),
  spread: notNegative.default(0.01),
  gasUsd: notNegative.default(0.01),
  images: z.record(z.string(), image).default({}),
  volumes: z.array(volume).readonly().default(["/golem/work"]),
  runtime: text.default("vm"),
  gpuRuntime: text.default("vm-nvidia"),
  capabilities: z.array(text).readonly().default([]),
  nodes: z
    .strictObject({
      ids: z.array(nodeId).min(1, "must not be empty").readonly(),
      operator: z
        .enum(["self", "single", "audited", "permissionless"], {
          error: 'must be "self", "single", "audited" or "permissionless"',
        })
        .default("permissionless"),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, "must be an ISO 3166-1 alpha-2 code in upper case, such as DE")
        .optional(),
      certifications: z.array(text.toLowerCase()).readonly().default([]),
      agreements: z.array(text.toLowerCase()).readonly().default([]),
    })
    .optional(),
  exceptNodes: z.array(nodeId).readonly().default([]),
  offers: z.enum(["machines", "scan", "statistics"], { error: 'must be "machines", "scan" or "statistics"' }).optional(),
  machines: z
    .array(machine)
    .readonly()
    .default([])
    .refine((list) => new Set(list.map(machineName)).size === list.length, "must have names of their own"),
  statisticsUrl: z.url("must be an address").default("https://api.stats.golem.network/v2"),
  scanMs: positive.default(4_000),
  mostOffers: whole.default(50),
  bidWindowMs: notNegative.default(5_000),
  firstBidMs: positive.default(30_000),
  mostStartGlm: notNegative.default(0.05),
  billTolerance: notNegative.default(0.05),
  leastRentMs: positive.default(360_000),
  rentMarginMs: notNegative.default(60_000),
  mostLifetimeMs: positive.default(86_400_000),
  deployMs: positive.default(600_000),
  startMs: positive.default(60_000),
  noteAcceptMs: positive.default(120_000),
  noteIntervalMs: positive.default(120_000),
  transferMs: positive.default(60_000),
  leastBytesPerSecond: positive.default(100_000),
  invoiceMs: notNegative.default(120_000),
  silenceMs: positive.default(120_000),
  logBytes: whole.default(1_048_576),
  mostRestarts: z.int("must be a whole number").min(0, "must not be negative").default(5),
  timeoutMs: positive.default(30_000),
  sdkFrom: text.optional(),
  fetch: fetchOption().optional(),
});

/** {@link GolemOptions} with defaults; sizes in MiB. */
export type ResolvedOptions = z.output<typeof golemOptions>;
/** {@link GolemMachine} with defaults; sizes in MiB. */
export type ResolvedMachine = z.output<typeof machine>;

/** The name of a machine, which is also its offer's id. */
export function machineName({ name }: { readonly name?: string | undefined }, index: number): string {
  return name ?? `machine-${index + 1}`;
}

/** `backendOptions.golem` of a workload. */
export const workloadOptions = z.object({
  /** The GVMI image to run instead of what the workload's `image` stands for. */
  image: image.optional(),
  /** VOLUME paths of this image. Overrides the option of the same name. */
  volumes: z.array(volume).readonly().optional(),
});

/** {@link workloadOptions} once checked. */
export type WorkloadOptions = z.output<typeof workloadOptions>;
