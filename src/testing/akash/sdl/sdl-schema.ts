import { z } from "zod";

const listOrNull = z.array(z.string()).nullish();
const port = z.int().min(1).max(65_535);
const ENV_ITEM = /^[^=]+=/s;

const expose = z.strictObject({
  port,
  as: port.optional(),
  proto: z.enum(["TCP", "UDP", "tcp", "udp"]).optional(),
  accept: z.array(z.string()).optional(),
  to: z
    .array(
      z
        .strictObject({ global: z.boolean().optional(), service: z.string().optional(), ip: z.string().min(1).optional() })
        .refine(({ ip, global }) => ip === undefined || global === true, "an ip must be global"),
    )
    .optional(),
  http_options: z
    .strictObject({
      max_body_size: z.int().min(0).max(104_857_600).optional(),
      read_timeout: z.int().min(0).max(60_000).optional(),
      send_timeout: z.int().min(0).max(60_000).optional(),
      next_tries: z.int().min(0).optional(),
      next_timeout: z.int().min(0).optional(),
      next_cases: z.array(z.enum(["error", "timeout", "500", "502", "503", "504", "403", "404", "429", "off"])).optional(),
      proxy_buffer_size: z.int().min(0).optional(),
    })
    .optional(),
});

const service = z.strictObject({
  image: z.string().min(1),
  command: listOrNull,
  args: listOrNull,
  env: z.array(z.string().regex(ENV_ITEM, "must be NAME=VALUE")).nullish(),
  expose: z.array(expose).optional(),
  credentials: z
    .strictObject({
      host: z.string().min(1),
      username: z.string().min(1),
      password: z.string().min(6),
      email: z.string().min(5).optional(),
    })
    .optional(),
  params: z
    .strictObject({
      storage: z
        .record(z.string(), z.strictObject({ mount: z.string().startsWith("/").optional(), readOnly: z.boolean().optional() }))
        .optional(),
      permissions: z.strictObject({ read: z.array(z.enum(["deployment", "logs", "events"])).optional() }).optional(),
      tee: z.enum(["cpu", "cpu-gpu"]).optional(),
    })
    .optional(),
  dependencies: z.array(z.strictObject({ service: z.string().optional() })).optional(),
});

const volume = z.strictObject({
  name: z.string().optional(),
  size: z.string(),
  attributes: z
    .strictObject({ class: z.string().optional(), persistent: z.union([z.boolean(), z.enum(["true", "false"])]).optional() })
    .optional(),
});

const compute = z.strictObject({
  resources: z.strictObject({
    cpu: z.strictObject({ units: z.union([z.number(), z.string()]), attributes: z.record(z.string(), z.unknown()).optional() }),
    memory: z.strictObject({ size: z.string() }),
    storage: z.union([volume, z.array(volume).min(1)]),
    gpu: z
      .strictObject({
        units: z.union([z.int(), z.string().regex(/^\d+$/)]),
        attributes: z
          .strictObject({
            vendor: z.strictObject({
              nvidia: z
                .array(
                  z.strictObject({
                    model: z.string().optional(),
                    ram: z.string().optional(),
                    interface: z.enum(["pcie", "sxm"]).optional(),
                  }),
                )
                .nullable(),
            }),
          })
          .optional(),
      })
      .optional(),
  }),
});

const DENOM = /^(uakt|uact|ibc\/.*)$/;

const placement = z.strictObject({
  attributes: z.record(z.string(), z.string()).optional(),
  signedBy: z.strictObject({ anyOf: z.array(z.string()).optional(), allOf: z.array(z.string()).optional() }).optional(),
  pricing: z.record(
    z.string(),
    z.strictObject({ denom: z.string().regex(DENOM), amount: z.union([z.number().min(0), z.string().regex(/^\d+(\.\d+)?$/)]) }),
  ),
});

/** The grammar of an SDL file: every unknown field is refused. */
export const sdlSchema = z.strictObject({
  version: z.enum(["2.0", "2.1"]),
  include: z.array(z.string()).optional(),
  endpoints: z.record(z.string().regex(/^[a-z]+[-_0-9a-z]+$/), z.strictObject({ kind: z.enum(["ip"]) })).optional(),
  services: z.record(z.string(), service),
  profiles: z.strictObject({ compute: z.record(z.string(), compute), placement: z.record(z.string(), placement) }),
  deployment: z.record(z.string(), z.record(z.string(), z.strictObject({ profile: z.string(), count: z.int().min(1).max(50) }))),
  reclamation: z.strictObject({ min_window: z.string().regex(/^\d+(\.\d+)?[smh]$/) }).optional(),
});

/** An SDL file that has the form it must have; its parts may not fit each other yet. */
export type Sdl = z.infer<typeof sdlSchema>;
export type SdlService = Sdl["services"][string];
export type SdlExpose = NonNullable<SdlService["expose"]>[number];
export type SdlResources = Sdl["profiles"]["compute"][string]["resources"];
