import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Launch } from "../../spec/launch.js";

/** Longest text of an SDL that the Console takes, bytes. */
const MOST_BYTES = 512 * 1_024;
/** The one group. Order, bid and lease belong to a group, so there is exactly one of each. */
const GROUP = "spillway";
/** The one profile of resources. */
const PROFILE = "work";

/** GPUs of one kind, in the words of SDL. */
export interface SdlGpu {
  readonly model: string;
  /** `80Gi`. Absent: any. */
  readonly ram?: string;
  readonly interface?: "pcie" | "sxm";
}

/** The order for one attempt, in the part of SDL that is used. Written as JSON, which every reader of YAML takes. */
export interface Sdl {
  readonly version: "2.0";
  readonly services: Readonly<Record<string, SdlService>>;
  readonly profiles: {
    readonly compute: Readonly<Record<typeof PROFILE, { readonly resources: SdlResources }>>;
    readonly placement: Readonly<Record<typeof GROUP, SdlPlacement>>;
  };
  readonly deployment: Readonly<Record<string, Readonly<Record<typeof GROUP, { readonly profile: typeof PROFILE; readonly count: 1 }>>>>;
}

/** The container. */
export interface SdlService {
  readonly image: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly expose: readonly [{ readonly port: number; readonly as: 80; readonly to: readonly [{ readonly global: true }] }];
  readonly credentials?: { readonly host: string; readonly username: string; readonly password: string };
}

/** What it needs. */
export interface SdlResources {
  /** Millis: `500m`. */
  readonly cpu: { readonly units: string };
  readonly memory: { readonly size: string };
  readonly storage: readonly [{ readonly size: string }];
  readonly gpu?: { readonly units: number; readonly attributes: { readonly vendor: { readonly nvidia: readonly SdlGpu[] } } };
}

/** Where it may run, and for how much at most. */
export interface SdlPlacement {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly signedBy?: { readonly anyOf: readonly string[] };
  readonly pricing: Readonly<Record<typeof PROFILE, { readonly denom: string; readonly amount: string }>>;
}

/** What an SDL is made from. */
export interface SdlParts {
  readonly backend: string;
  /** Name of the service. */
  readonly name: string;
  readonly image: string;
  readonly launch: Launch;
  readonly gpu: SdlGpu | undefined;
  /** Port of the container that is led to from outside. Something has to be: providers refuse a manifest without a global service. */
  readonly port: number;
  /** Attributes that a bidder must have; with `auditors`, that one of these has signed. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly auditors: readonly string[];
  /** The most that is paid, per block. */
  readonly most: { readonly denom: string; readonly amount: string };
  readonly dollars: "double" | "keep";
}

/**
 * Translates a launch.
 *
 * @throws UNSUPPORTED_WORKLOAD for what would not arrive as it is, naming the field.
 */
export function toSdl(parts: SdlParts): Sdl {
  const { name, image, launch, gpu, attributes, auditors, most } = parts;
  const literal = (text: string): string => (parts.dollars === "double" ? text.replaceAll("$", "$$$$") : text);
  const [program = "", ...args] = launch.argv.map((text) => literal(carriable(parts.backend, "command", text)));
  return {
    version: "2.0",
    services: {
      [name]: {
        image,
        command: [program],
        ...(args.length === 0 ? {} : { args }),
        env: variables(parts).map(([key, value]) => `${key}=${literal(carriable(parts.backend, `env.${key}`, value))}`),
        expose: [{ port: parts.port, as: 80, to: [{ global: true }] }],
        ...credentialsOf(parts),
      },
    },
    profiles: {
      compute: { [PROFILE]: { resources: resourcesOf(launch, gpu) } },
      placement: {
        [GROUP]: {
          ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
          ...(auditors.length === 0 ? {} : { signedBy: { anyOf: auditors } }),
          pricing: { [PROFILE]: most },
        },
      },
    },
    deployment: { [name]: { [GROUP]: { profile: PROFILE, count: 1 } } },
  };
}

/**
 * The text that is sent. JSON with the characters escaped that readers of YAML do not let pass.
 *
 * @throws UNSUPPORTED_WORKLOAD when it is longer than the Console takes.
 */
export function sdlText(backend: string, sdl: Sdl): string {
  const text = JSON.stringify(sdl, null, 1).replace(/[\u007f-\u009f\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  if (new TextEncoder().encode(text).length > MOST_BYTES) {
    throw unsupported(backend, "command", "command and environment are longer than the 512 KiB that the Console takes");
  }
  return text;
}

/** The attempt's key is among them, so that no two attempts have one hash. */
function variables({ launch }: SdlParts): readonly (readonly [string, string])[] {
  const secrets = Object.entries(launch.secrets).map(([name, secret]) => [name, secret.reveal()] as const);
  return Object.entries({ SPILLWAY_ATTEMPT: launch.key, ...launch.env, ...Object.fromEntries(secrets) });
}

function resourcesOf({ resources }: Launch, gpu: SdlGpu | undefined): SdlResources {
  const count = resources.gpu?.count ?? 0;
  return {
    cpu: { units: `${Math.max(10, Math.ceil(resources.cpu * 1_000 - 1e-6))}m` },
    memory: { size: `${Math.max(1, Math.ceil(resources.memoryMiB))}Mi` },
    storage: [{ size: `${Math.max(5, Math.ceil(resources.diskMiB))}Mi` }],
    ...(gpu === undefined || count === 0 ? {} : { gpu: { units: count, attributes: { vendor: { nvidia: [gpu] } } } }),
  };
}

function credentialsOf({ backend, launch }: SdlParts): Pick<SdlService, "credentials"> {
  const { registry } = launch;
  if (registry === undefined) return {};
  const password = registry.password.reveal();
  if (registry.username === "" || password.length < 6) {
    throw unsupported(backend, "registry", "Akash takes a registry login only with a user name and a password of at least 6 characters");
  }
  if (password.startsWith(RESERVED)) throw unsupported(backend, "registry.password", RESERVED_REASON);
  return { credentials: { host: registry.server, username: registry.username, password } };
}

/** Values with this beginning are references to sealed secrets, to the Console. */
const RESERVED = "ac-";
const RESERVED_REASON = "the Console keeps values that begin with `ac-` for itself";

/** Line separators and two old control characters are written differently by the two languages that compute the manifest's hash. */
const TWO_SPELLINGS = /[\u2028\u2029\b\f]/;

function carriable(backend: string, field: string, text: string): string {
  if (field !== "command" && text.startsWith(RESERVED)) throw unsupported(backend, field, RESERVED_REASON);
  if (TWO_SPELLINGS.test(text)) {
    throw unsupported(backend, field, "line and paragraph separators, backspaces and form feeds do not pass through an Akash manifest");
  }
  return text;
}

function unsupported(backend: string, field: string, why: string): SchedulerError {
  return new SchedulerError("UNSUPPORTED_WORKLOAD", `${backend}: \`${field}\` cannot be carried: ${why}.`, {
    retry: "elsewhere",
    effect: "none",
    details: { backend, field },
  });
}
