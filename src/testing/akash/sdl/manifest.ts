import type { Host } from "../../../spec/host.js";
import type { SdlExpose, SdlResources, SdlService } from "./sdl-schema.js";
import { readBytes, readMilliCpu } from "./units.js";

/** `vendor/nvidia/...` and the like. */
export interface Attribute {
  readonly key: string;
  readonly value: string;
}

/** What one replica of a service needs. */
export interface ResourceUnit {
  readonly id: number;
  readonly milliCpu: number;
  readonly cpuAttributes: readonly Attribute[];
  readonly memoryBytes: number;
  readonly storage: readonly { readonly name: string; readonly bytes: number; readonly attributes: readonly Attribute[] }[];
  readonly gpus: number;
  readonly gpuAttributes: readonly Attribute[];
  readonly endpoints: readonly { readonly kind?: number; readonly sequence_number: number }[];
}

/** A service as it goes into the manifest. */
export interface ManifestService {
  readonly name: string;
  readonly service: SdlService;
  readonly resources: ResourceUnit;
  readonly count: number;
}

/** One placement. */
export interface ManifestGroup {
  readonly name: string;
  readonly services: readonly ManifestService[];
}

/** A port that the manifest opens. */
export interface ManifestExpose {
  readonly port: number;
  readonly externalPort: number;
  readonly proto: string;
  readonly service: string;
  readonly global: boolean;
  readonly hosts: readonly string[] | null;
  readonly httpOptions: Readonly<Record<string, number | readonly string[]>>;
  readonly ip: string;
  readonly endpointSequenceNumber: number;
}

const byName = <T>(entries: readonly T[], name: (entry: T) => string): readonly T[] =>
  [...entries].sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));

/** The chain's enumeration: a shared HTTP ingress is 0 and not written, a port of its own is 1, a leased address 2. */
const RANDOM_PORT = 1;
const LEASED_IP = 2;

/** External port 80 over TCP goes through the shared ingress. */
export const isIngress = ({ global, externalPort, port, proto }: ManifestExpose): boolean =>
  global && proto === "TCP" && (externalPort === 0 ? port : externalPort) === 80;

/** Ports, one for each `to`; a port without `to` opens nothing. In the order of the manifest. */
export function exposesOf(service: SdlService): readonly ManifestExpose[] {
  return byName((service.expose ?? []).flatMap(readExpose), ({ service: to, port, proto, global }) =>
    [to, String(port).padStart(5, "0"), proto, global ? "0" : "1"].join("\u0000"),
  );
}

function readExpose(expose: SdlExpose): readonly ManifestExpose[] {
  const { port, as, proto = "TCP", accept = [], to = [], http_options: http = {} } = expose;
  return to.map(({ global = false, service = "", ip = "" }) => ({
    port,
    externalPort: as ?? 0,
    proto: proto.toUpperCase(),
    service,
    global,
    hosts: accept.length === 0 ? null : accept,
    httpOptions: {
      maxBodySize: http.max_body_size ?? 1_048_576,
      readTimeout: http.read_timeout ?? 60_000,
      sendTimeout: http.send_timeout ?? 60_000,
      nextTries: http.next_tries ?? 3,
      nextTimeout: http.next_timeout ?? 0,
      nextCases: http.next_cases ?? ["error", "timeout"],
    },
    ip,
    endpointSequenceNumber: 0,
  }));
}

/** What a compute profile and a service's ports ask for; the profile has been checked. */
export function resourcesOf(id: number, resources: SdlResources, service: SdlService): ResourceUnit {
  const volumes = Array.isArray(resources.storage) ? resources.storage : [resources.storage];
  const vendor = resources.gpu?.attributes?.vendor;
  const models = vendor === undefined ? [] : (vendor.nvidia ?? [{}]);
  return {
    id,
    milliCpu: readMilliCpu(resources.cpu.units) ?? 0,
    cpuAttributes: Object.entries(resources.cpu.attributes ?? {}).map(([key, value]) => ({ key, value: String(value) })),
    memoryBytes: readBytes(resources.memory.size) ?? 0,
    storage: volumes.map(({ name = "default", size, attributes }) => ({
      name,
      bytes: readBytes(size) ?? 0,
      attributes: attributes === undefined ? [] : storageAttributes(attributes),
    })),
    gpus: Number(resources.gpu?.units ?? 0),
    gpuAttributes: models.map(({ model = "*", ram, interface: bus }) => ({
      key: [
        "vendor/nvidia/model",
        model,
        ...(ram === undefined ? [] : ["ram", ram]),
        ...(bus === undefined ? [] : ["interface", bus]),
      ].join("/"),
      value: "true",
    })),
    endpoints: (service.expose ?? []).flatMap(readExpose).flatMap((expose) => {
      if (!expose.global) return [];
      const shared = isIngress(expose) ? { sequence_number: 0 } : { kind: RANDOM_PORT, sequence_number: 0 };
      return expose.ip === "" ? [shared] : [shared, { kind: LEASED_IP, sequence_number: 1 }];
    }),
  };
}

function storageAttributes(attributes: { readonly class?: string | undefined; readonly persistent?: boolean | string | undefined }) {
  const persistent = { key: "persistent", value: String(attributes.persistent ?? false) };
  return attributes.class === undefined ? [persistent] : [{ key: "class", value: attributes.class }, persistent];
}

const optional = (attributes: readonly Attribute[]) => (attributes.length === 0 ? {} : { attributes });
const orNull = (list: readonly string[] | null | undefined) => (list === undefined || list === null || list.length === 0 ? null : list);

/** The manifest, as it is sent to a provider and as it is hashed: keys in order, no blanks, `<`, `>` and `&` escaped. */
export function manifestText(groups: readonly ManifestGroup[]): string {
  const value = groups.map((group) => ({ name: group.name, services: group.services.map(serviceJson) }));
  return JSON.stringify(sorted(value)).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

function serviceJson({ name, service, resources, count }: ManifestService) {
  const { image, command, args, env, credentials, params } = service;
  return {
    name,
    image,
    command: orNull(command),
    args: orNull(args),
    env: orNull(env),
    count,
    expose: exposesOf(service),
    resources: {
      id: resources.id,
      cpu: { units: { val: String(resources.milliCpu) }, ...optional(resources.cpuAttributes) },
      memory: { size: { val: String(resources.memoryBytes) } },
      storage: resources.storage.map(({ name: volume, bytes, attributes }) => ({
        name: volume,
        size: { val: String(bytes) },
        ...optional(attributes),
      })),
      gpu: { units: { val: String(resources.gpus) }, ...optional(resources.gpuAttributes) },
      endpoints: resources.endpoints,
    },
    credentials:
      credentials === undefined
        ? null
        : { host: credentials.host, username: credentials.username, password: credentials.password, email: credentials.email ?? "" },
    ...(params === undefined ? {} : { params: paramsJson(params) }),
  };
}

function paramsJson({ storage = {}, permissions, tee }: NonNullable<SdlService["params"]>) {
  return {
    storage: Object.entries(storage).map(([name, { mount = "", readOnly = false }]) => ({ name, mount, readOnly })),
    ...(permissions === undefined ? {} : { permissions: { read: permissions.read ?? [] } }),
    ...(tee === undefined ? {} : { tee }),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = byName(Object.entries(value), ([key]) => key);
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

/** The version of a manifest, as it stands on the chain: SHA-256 of its text, base64. */
export const manifestHash = (text: string, host: Pick<Host, "sha256">): string => Buffer.from(host.sha256(text), "hex").toString("base64");
