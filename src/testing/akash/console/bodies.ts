import { z } from "zod";
import { leasesClaim } from "../gateway/token.js";
import { AkashFailure } from "./failure.js";

const dseq = z.union([z.string().regex(/^\d+$/), z.int().positive()]).transform(String);

export const createBody = z.object({
  data: z.object({
    sdl: z.string().min(1),
    deposit: z.number().positive().optional(),
    name: z.string().min(1).optional(),
    runtimeLimitHours: z.int().min(1).max(48).optional(),
  }),
});

export const leaseBody = z.object({
  manifest: z.string().optional(),
  leases: z.array(z.object({ dseq, gseq: z.int().positive(), oseq: z.int().positive(), provider: z.string() })).min(1),
});

export const updateBody = z.object({ data: z.object({ sdl: z.string().min(1) }) });
export const depositBody = z.object({ data: z.object({ dseq, deposit: z.number().positive() }) });
export const tokenBody = z.object({ data: z.object({ ttl: z.int().positive(), leases: leasesClaim }) });
export const settingsBody = z.object({
  data: z.object({
    dseq: dseq.optional(),
    autoTopUpEnabled: z.boolean().optional(),
    runtimeLimitHours: z.int().min(1).max(8_760).nullable().optional(),
  }),
});

const quantity = z.object({ val: z.union([z.string(), z.number()]).transform(Number) });
const attribute = z.object({ key: z.string(), value: z.string() });

export const screeningBody = z.object({
  requirements: z.object({
    signedBy: z.object({ allOf: z.array(z.string()), anyOf: z.array(z.string()) }),
    attributes: z.array(attribute),
  }),
  resources: z
    .array(
      z.object({
        resource: z.object({
          id: z.int(),
          cpu: z.object({ units: quantity }),
          memory: z.object({ quantity }),
          gpu: z.object({ units: quantity, attributes: z.array(attribute).optional() }),
          storage: z.array(z.object({ name: z.string(), quantity, attributes: z.array(attribute).optional() })),
          endpoints: z.array(z.unknown()).optional(),
        }),
        count: z.int().positive(),
        price: z.object({ denom: z.string(), amount: z.string().regex(/^\d+$/) }),
      }),
    )
    .min(1),
  timezone: z.string().min(1),
  reclamationWindow: z.number().positive().optional(),
});

/** Checks a body or query. @throws AkashFailure 400 with the issues. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const data = read.error.issues.map(({ code, path, message }) => ({ code, path, message }));
  throw new AkashFailure(400, "Validation error", { code: "validation_error", data });
}
