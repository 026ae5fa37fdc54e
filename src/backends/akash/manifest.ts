import { canonicalJson } from "../../model/canonical-json.js";
import type { Host } from "../../spec/host.js";
import type { Sdl, SdlResources, SdlService } from "./sdl.js";

/** How the provider's web server treats the exposed port; the defaults of the format. */
const HTTP_OPTIONS = {
  maxBodySize: 1_048_576,
  nextCases: ["error", "timeout"],
  nextTimeout: 0,
  nextTries: 3,
  readTimeout: 60_000,
  sendTimeout: 60_000,
};

const MIB = 1_048_576n;

/**
 * The manifest of an SDL as the provider gets it: JSON with sorted keys, in the spelling of Go's encoder. Written for the part of SDL that
 * {@link Sdl} describes; held to the official implementation by recorded pairs.
 */
export function manifestOf(sdl: Sdl): string {
  const groups = Object.keys(sdl.profiles.placement).map((name) => ({
    name,
    services: Object.entries(sdl.services).map(([service, parts]) => serviceOf(service, parts, sdl.profiles.compute.work.resources)),
  }));
  return canonicalJson(groups).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** What stands on chain for a manifest: its SHA-256, base64. Neither price nor place is part of it. */
export const versionOf = (manifest: string, host: Pick<Host, "sha256">): string =>
  Buffer.from(host.sha256(manifest), "hex").toString("base64");

function serviceOf(name: string, service: SdlService, resources: SdlResources): object {
  const { image, command, args, env, expose, credentials } = service;
  return {
    name,
    image,
    command,
    args: args ?? null,
    env: env.length === 0 ? null : env,
    credentials: credentials === undefined ? null : { email: "", ...credentials },
    count: 1,
    expose: expose.map(({ port, as }) => ({
      endpointSequenceNumber: 0,
      externalPort: as,
      global: true,
      hosts: null,
      httpOptions: HTTP_OPTIONS,
      ip: "",
      port,
      proto: "TCP",
      service: "",
    })),
    resources: resourcesOf(resources),
  };
}

/** A shared web port is the endpoint of kind 0, and zeros are left out. */
function resourcesOf({ cpu, memory, storage, gpu }: SdlResources): object {
  const models = gpu?.attributes.vendor.nvidia ?? [];
  return {
    id: 1,
    cpu: { units: { val: cpu.units.slice(0, -1) } },
    memory: { size: { val: bytesOf(memory.size) } },
    storage: storage.map(({ size }) => ({ name: "default", size: { val: bytesOf(size) } })),
    gpu: {
      units: { val: String(gpu?.units ?? 0) },
      ...(models.length === 0 ? {} : { attributes: models.map((model) => ({ key: gpuKeyOf(model), value: "true" })) }),
    },
    endpoints: [{ sequence_number: 0 }],
  };
}

/** Attribute of a GPU, as orders, bids and manifests spell it. */
export const gpuKeyOf = ({
  model,
  ram,
  interface: connector,
}: {
  readonly model: string;
  readonly ram?: string;
  readonly interface?: string;
}): string =>
  `vendor/nvidia/model/${model}${ram === undefined ? "" : `/ram/${ram}`}${connector === undefined ? "" : `/interface/${connector}`}`;

const bytesOf = (size: string): string => String(BigInt(size.slice(0, -2)) * MIB);
