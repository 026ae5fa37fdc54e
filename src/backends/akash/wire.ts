import { z } from "zod";
import { tolerantEnum } from "../../kit/tolerant.js";

/** Numbers and decimals that are too long to be numbers, however they come. */
const decimal = z.union([z.string(), z.number()]).transform(String);
const coin = z.object({ denom: z.string(), amount: decimal });
const sequence = z.union([z.number(), z.string().regex(/^\d+$/)]).transform(Number);
const dseq = z.union([z.string().regex(/^\d+$/), z.number()]).transform(String);
const fraction = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);
const count = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? 0);

/** A GPU as Console and providers spell it. */
const gpu = z.object({
  vendor: z.string(),
  model: z.string(),
  ram: z.string().nullish(),
  interface: z.string().nullish(),
});
/** A kind of GPU that a provider has. */
export type WireGpu = z.output<typeof gpu>;

const free = z.object({ available: count }).nullish();

/** A provider, in a list or alone. What it says of itself is not proven by standing here. */
export const provider = z.object({
  owner: z.string().min(1),
  hostUri: z.string().nullish(),
  isOnline: z.boolean().nullish(),
  isValidVersion: z.boolean().nullish(),
  isAudited: z.boolean().nullish(),
  uptime7d: fraction,
  ipCountryCode: z.string().nullish(),
  hardwareCpuArch: z.string().nullish(),
  gpuModels: z.array(gpu).nullish().catch(undefined),
  attributes: z
    .array(z.object({ key: z.string(), value: z.string().nullish(), auditedBy: z.array(z.string()).nullish() }))
    .nullish()
    .catch(undefined),
  stats: z
    .object({ cpu: free, gpu: free, memory: free, storage: z.object({ ephemeral: free }).nullish() })
    .nullish()
    .catch(undefined),
});
/** A provider. */
export type Provider = z.output<typeof provider>;
/** All providers, a bare array. */
export const providers = z.array(provider);

const usd = z.union([z.number(), z.string()]).transform(Number).nullish();
/** What GPUs have cost of late, USD per GPU and hour. */
export const gpuPrices = z.object({
  models: z.array(
    gpu.extend({ price: z.object({ currency: z.string().nullish(), min: usd, med: usd, avg: usd, weightedAverage: usd }).nullish() }),
  ),
});
/** Prices of one kind of GPU. */
export type GpuPrice = z.output<typeof gpuPrices>["models"][number];

/** The account, USD. */
export const balances = z.object({ data: z.object({ balance: z.number() }) });

/** The answer to a new deployment. The manifest's text is computed here as well, and compared. */
export const created = z.object({ data: z.object({ dseq, manifest: z.string().nullish() }) });

const bidState = tolerantEnum(["open", "active", "lost", "closed"]);
/** Answers to an order. */
export const bids = z.object({
  data: z.array(
    z.object({
      bid: z.object({
        id: z.object({ gseq: sequence, oseq: sequence, provider: z.string().min(1) }),
        state: bidState,
        price: coin,
        resources_offer: z
          .array(
            z.object({
              resources: z.object({
                gpu: z.object({ attributes: z.array(z.object({ key: z.string() })).nullish() }).nullish(),
              }),
            }),
          )
          .nullish()
          .catch(undefined),
        reclamation_window: z.string().nullish(),
      }),
    }),
  ),
});
/** A bid. */
export type WireBid = z.output<typeof bids>["data"][number]["bid"];

const service = z.object({
  available: count,
  total: count,
  ready_replicas: z.number().nullish(),
  uris: z.array(z.string()).nullish(),
});
/** What a provider says of a lease. Its workloads by the names of their services. */
export const leaseStatus = z.object({ services: z.record(z.string(), service).nullish() });
/** What a provider says of a lease. */
export type LeaseStatus = z.output<typeof leaseStatus>;

const lease = z.object({
  id: z.object({ dseq, gseq: sequence, oseq: sequence, provider: z.string().min(1) }),
  state: tolerantEnum(["active", "reclaiming", "insufficient_funds", "closed"]),
  price: coin.nullish(),
  reason: z.string().nullish(),
  /** `null` whenever the provider could not be asked, for whatever reason. */
  status: leaseStatus.nullish().catch(undefined),
  reclamation: z
    .object({ deadline: z.union([z.string(), z.number()]).nullish() })
    .nullish()
    .catch(undefined),
});
/** A lease. */
export type WireLease = z.output<typeof lease>;

const deployment = z.object({
  deployment: z.object({ id: z.object({ owner: z.string(), dseq }), state: tolerantEnum(["active", "closed"]), hash: z.string() }),
  leases: z
    .array(lease)
    .nullish()
    .transform((leases) => leases ?? []),
  escrow_account: z
    .object({
      state: z.object({
        state: z.string().nullish(),
        transferred: z
          .array(coin)
          .nullish()
          .transform((coins) => coins ?? []),
        funds: z.array(coin).nullish(),
        deposits: z
          .array(z.object({ balance: coin.nullish() }))
          .nullish()
          .catch(undefined),
      }),
    })
    .nullish(),
  name: z.string().nullish(),
});
/** A deployment with its leases and its escrow. */
export type Deployment = z.output<typeof deployment>;
/** One deployment. */
export const deploymentAnswer = z.object({ data: deployment });
/** One page of deployments. */
export const deploymentPage = z.object({
  data: z.object({
    deployments: z.array(deployment),
    pagination: z.object({ hasMore: z.boolean().nullish(), total: z.number().nullish() }).nullish(),
  }),
});

/** A deployment's settings. */
export const settings = z.object({
  data: z.object({ runtimeLimitHours: z.number().nullish(), runtimeEndsAt: z.string().nullish() }),
});

/** A token for a provider. */
export const token = z.object({ data: z.object({ token: z.string().min(1) }) });

/** A line of a container's log. */
export const logLine = z.object({ name: z.string().nullish(), message: z.string() });
/** Something that happened to a container, as Kubernetes tells it. */
export const kubeEvent = z.object({ type: z.string().nullish(), reason: z.string(), note: z.string().nullish() });
/** Something that happened to a container. */
export type KubeEvent = z.output<typeof kubeEvent>;
