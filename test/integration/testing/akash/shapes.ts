import { z } from "zod";

/** Shapes as the facts about the Console API state them, written by hand; nothing more may stand in an answer. */
export const address = z.string().regex(/^akash1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{38}$/);
export const height = z.string().regex(/^\d+$/);
export const dseq = z.string().regex(/^\d{13}$/);
export const iso = z.iso.datetime();
export const coin = z.strictObject({ denom: z.literal("uact"), amount: z.string().regex(/^\d+\.\d{18}$/) });
export const attribute = z.strictObject({ key: z.string(), value: z.string() });
export const val = z.strictObject({ val: z.string().regex(/^\d+$/) });
export const leaseId = z.strictObject({ owner: address, dseq, gseq: z.int(), oseq: z.int(), provider: address, bseq: z.int() });
export const escrow = (scope: string) =>
  z.strictObject({
    id: z.strictObject({ scope: z.literal(scope), xid: z.string() }),
    state: z.strictObject({
      owner: address,
      state: z.enum(["open", "closed", "overdrawn"]),
      transferred: z.array(coin),
      settled_at: height,
      funds: z.array(coin),
      deposits: z.array(z.strictObject({ owner: address, height, source: z.enum(["balance", "grant"]), balance: coin })),
    }),
  });
export const bid = z.strictObject({
  bid: z.strictObject({
    id: leaseId,
    state: z.enum(["open", "active", "lost", "closed"]),
    price: coin,
    created_at: height,
    resources_offer: z.array(
      z.strictObject({
        resources: z.strictObject({
          id: z.int(),
          cpu: z.strictObject({ units: val, attributes: z.array(attribute) }),
          memory: z.strictObject({ quantity: val, attributes: z.array(attribute) }),
          gpu: z.strictObject({ units: val, attributes: z.array(attribute) }),
          storage: z.array(z.strictObject({ name: z.string(), quantity: val, attributes: z.array(attribute) })),
          endpoints: z.array(z.strictObject({ kind: z.string(), sequence_number: z.int() })),
        }),
        count: z.int(),
      }),
    ),
    reclamation_window: z
      .string()
      .regex(/^\d+s$/)
      .optional(),
  }),
  escrow_account: escrow("bid"),
});
export const status = z.strictObject({
  services: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      available: z.int(),
      total: z.int(),
      uris: z.array(z.string()),
      observed_generation: z.int(),
      replicas: z.int(),
      updated_replicas: z.int(),
      ready_replicas: z.int(),
      available_replicas: z.int(),
    }),
  ),
  forwarded_ports: z.record(
    z.string(),
    z.array(z.object({ port: z.int(), externalPort: z.int(), host: z.string().optional(), available: z.int().optional() })),
  ),
  ips: z.record(z.string(), z.array(z.object({ IP: z.string(), Port: z.int(), ExternalPort: z.int(), Protocol: z.string() }))),
});
export const chainLease = {
  id: leaseId,
  state: z.enum(["active", "closed", "insufficient_funds", "reclaiming"]),
  price: coin,
  created_at: height,
  closed_on: height,
  reason: z.string().optional(),
};
export const chainDeployment = z.strictObject({
  id: z.strictObject({ owner: address, dseq }),
  state: z.enum(["active", "closed"]),
  hash: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  created_at: height,
});
export const augDetail = z.strictObject({
  deployment: chainDeployment,
  leases: z.array(z.strictObject({ ...chainLease, status: status.nullable() })),
  escrow_account: escrow("deployment"),
});
export const sepDetail = augDetail.extend({
  name: z.string().nullable(),
  consoleSettings: z.strictObject({ sdl: z.string(), manifestVersion: z.string() }),
});
export const pagination = z.strictObject({ total: z.int(), skip: z.int(), limit: z.int(), hasMore: z.boolean() });
export const publicDeployment = z.object({
  status: z.enum(["active", "closed"]),
  balance: z.number(),
  denom: z.string(),
  totalMonthlyCostUDenom: z.number(),
  leases: z.array(z.object({ gseq: z.int(), oseq: z.int() })),
  events: z.array(z.strictObject({ txHash: z.string().regex(/^[0-9A-F]{64}$/), date: iso, type: z.string() })),
  other: z.object({}),
});
export const fraction = z.number().min(0).max(1).nullable();
export const stat = z.strictObject({ active: z.number(), available: z.number(), pending: z.number() });
export const provider = z.object({
  owner: address,
  name: z.string(),
  hostUri: z.string().startsWith("https://"),
  isOnline: z.boolean(),
  lastCheckDate: iso,
  lastOnlineDate: iso,
  isAudited: z.boolean(),
  isValidVersion: z.boolean(),
  akashVersion: z.string(),
  uptime1d: fraction,
  uptime7d: fraction,
  uptime30d: fraction,
  ipCountryCode: z.string().nullable(),
  locationRegion: z.string().nullable(),
  country: z.string().nullable(),
  organization: z.string(),
  hardwareGpuModels: z.array(z.string()),
  featPersistentStorage: z.boolean(),
  gpuModels: z.array(z.strictObject({ vendor: z.string(), model: z.string(), ram: z.string(), interface: z.string() })),
  attributes: z.array(z.strictObject({ key: z.string(), value: z.string(), auditedBy: z.array(address) })),
  deploymentCount: z.int(),
  leaseCount: z.int(),
  stats: z.strictObject({ cpu: stat, gpu: stat, memory: stat, storage: z.strictObject({ ephemeral: stat, persistent: stat }) }),
});
export const price = z.strictObject({
  currency: z.literal("USD"),
  min: z.number(),
  max: z.number(),
  avg: z.number(),
  weightedAverage: z.number(),
  med: z.number(),
});
export const error = z.strictObject({
  error: z.string(),
  message: z.string(),
  code: z.string(),
  type: z.string(),
  data: z.unknown().optional(),
});

export const data = <T extends z.ZodType>(schema: T) => z.strictObject({ data: schema });
