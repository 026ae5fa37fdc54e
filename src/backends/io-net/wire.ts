import { z } from "zod";
import { timestampMs } from "../../kit/timestamp.js";
import { numeric } from "../../kit/tolerant.js";

/** Ids are passed on as they come: most hardware has numbers, regional hardware has words. */
export const idSchema = z.union([z.number(), z.string().min(1)]);
/** An id as the API gave it. */
export type WireId = z.output<typeof idSchema>;

const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

/** Kinds of hardware. */
export const hardwareList = z.object({
  data: z.object({
    hardware: z.array(
      z.object({
        hardware_id: idSchema,
        hardware_name: z.string(),
        brand_name: z.string().nullish(),
        max_gpus_per_container: count,
        available: count,
        price: numeric().nullish(),
      }),
    ),
  }),
});
/** One kind of hardware. */
export type Hardware = z.output<typeof hardwareList>["data"]["hardware"][number];

/** Places in which a kind of hardware is free. A bare array, unlike the other lists. */
export const replicaList = z.object({
  data: z.array(z.object({ id: idSchema, iso2: z.string().nullish(), name: z.string().nullish(), available_replicas: count })),
});
/** One place. */
export type Place = z.output<typeof replicaList>["data"][number];

/** What a deployment would cost, fees included, for its whole time. */
export const priceAnswer = z.object({ data: z.object({ total_cost_usdc: numeric() }) });

/** The answer to a deploy, which alone is not wrapped. Its status is free text. */
export const deployAnswer = z.object({ deployment_id: z.string().min(1) });

/** The status of a deployment: any text, or none at all. */
const status = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

/** One page of deployments. */
export const deploymentPage = z.object({
  data: z.object({
    deployments: z.array(z.object({ id: z.string().min(1), name: z.string().nullish(), status })),
    total: z.number().nullish(),
  }),
});
/** A deployment in a list. */
export type ListedDeployment = z.output<typeof deploymentPage>["data"]["deployments"][number];

const time = timestampMs().nullish();

/** A deployment. */
export const deploymentAnswer = z.object({
  data: z.object({
    id: z.string().min(1),
    status,
    started_at: time,
    finished_at: time,
    container_config: z
      .object({ env_variables: z.record(z.string(), z.string()).nullish(), secret_env_keys: z.array(z.string()).nullish() })
      .nullish()
      .catch(undefined),
  }),
});
/** A deployment by its id. Its name is not told. */
export type Deployment = z.output<typeof deploymentAnswer>["data"];

/** The containers of a deployment. */
export const workerList = z.object({
  data: z.object({
    workers: z.array(
      z.object({
        container_id: z.string().min(1),
        device_id: z.string().nullish(),
        status: z.string().nullish(),
        public_url: z.string().nullish(),
        container_events: z.array(z.object({ time: time.catch(undefined), message: z.string().nullish() })).nullish(),
      }),
    ),
  }),
});
/** A container. No field tells an exit code, and none that it was restarted. */
export type Worker = z.output<typeof workerList>["data"]["workers"][number];
