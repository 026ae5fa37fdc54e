import type { z } from "zod";
import { type ManifestGroup, manifestText, type ResourceUnit, resourcesOf } from "./manifest.js";
import { type Sdl, sdlSchema } from "./sdl-schema.js";
import { type Dec, readBytes, readDec, readMilliCpu, readWindowMs } from "./units.js";

/** What an order is for: one placement, one bid, one lease. */
export interface GroupSpec {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly signedBy: { readonly anyOf: readonly string[]; readonly allOf: readonly string[] };
  /** The ceiling is that of one replica. */
  readonly resources: readonly { readonly unit: ResourceUnit; readonly count: number; readonly ceiling: Dec }[];
}

/** An SDL that can be deployed. */
export interface DeployableSdl {
  readonly groups: readonly ManifestGroup[];
  readonly specs: readonly GroupSpec[];
  /** What the provider gets and the chain has the digest of. */
  readonly manifest: string;
  readonly env: Readonly<Record<string, string>>;
  readonly reclamationMs: number | undefined;
}

/** An SDL that cannot be deployed. */
export class SdlError extends Error {}

const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const MIB = 2 ** 20;
const TIB = 2 ** 40;
const MOST_AMOUNT = 10_000_000;
const PERSISTENT_CLASSES = ["beta1", "beta2", "beta3", "default"];

/** Reads an SDL as the Console does. @throws SdlError with what is wrong. */
export function readSdl(text: string, parse: (text: string) => unknown, auditor: string): DeployableSdl {
  const read = sdlSchema.safeParse(parse(text));
  if (!read.success) throw new SdlError(read.error.issues.map(sentence).join(" "));
  const sdl = read.data;
  checkParts(sdl);
  const groups = buildGroups(sdl);
  return {
    groups,
    specs: groups.map((group) => specOf(group, sdl, auditor)),
    manifest: manifestText(groups),
    env: Object.fromEntries(Object.values(sdl.services).flatMap(({ env }) => (env ?? []).map(splitEnv))),
    reclamationMs: sdl.reclamation === undefined ? undefined : readWindowMs(sdl.reclamation.min_window),
  };
}

/** `K=V` in two. */
export function splitEnv(item: string): readonly [name: string, value: string] {
  const at = item.indexOf("=");
  return [item.slice(0, at), item.slice(at + 1)];
}

/** In the words of the Console's validator, as far as they are known. */
function sentence(issue: z.core.$ZodIssue): string {
  const place = `/${issue.path.map(String).join("/")}`;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `Additional property "${key}" is not allowed.`).join(" ");
  const field = String(issue.path.at(-1) ?? "");
  const parent = `/${issue.path.slice(0, -1).map(String).join("/")}`;
  if (field === "version" && issue.path.length === 1) return '"version" should be one of: 2.0, 2.1.';
  return place === "/" ? `${issue.message}.` : `"${field}" at "${parent}": ${issue.message}.`;
}

const fail = (message: string): never => {
  throw new SdlError(message);
};

function checkParts({ services, profiles, deployment, reclamation }: Sdl): void {
  if (Object.keys(services).length === 0) fail('"services" must not be empty.');
  for (const [name, service] of Object.entries(services)) {
    if (!LABEL.test(name) || name.length > 63) fail(`Service name "${name}" is not a DNS label.`);
    const placed = Object.entries(deployment[name] ?? {});
    if (placed.length === 0) fail(`Service "${name}" is not defined at "/deployment" section.`);
    for (const [placement, { profile }] of placed) {
      const place = profiles.placement[placement] ?? fail(`The placement "${placement}" is not defined in the "placement" section.`);
      const price =
        place.pricing[profile] ?? fail(`The pricing for the "${profile}" profile is not defined in the "${placement}" placement.`);
      if (Number(price.amount) > MOST_AMOUNT) fail(`The price of the "${profile}" profile is more than ${MOST_AMOUNT}.`);
      const compute =
        profiles.compute[profile] ??
        fail(`The compute requirements for the "${profile}" profile are not defined in the "compute" section.`);
      checkResources(profile, compute.resources);
      checkVolumes(name, profile, service, compute.resources);
    }
  }
  for (const name of Object.keys(deployment))
    if (services[name] === undefined) fail(`Service "${name}" is not defined in the "services" section.`);
  if (reclamation !== undefined) {
    const hours = readWindowMs(reclamation.min_window) / 3_600_000;
    if (hours < 1 || hours > 720) fail('"min_window" at "/reclamation" must be from 1h to 720h.');
  }
}

type Resources = Sdl["profiles"]["compute"][string]["resources"];

function checkResources(profile: string, { cpu, memory, storage, gpu }: Resources): void {
  const at = `/profiles/compute/${profile}/resources`;
  const within = (what: string, value: number | undefined, least: number, most: number): void => {
    if (value === undefined || value < least || value > most) fail(`"${what}" at "${at}" is not a quantity within the limits.`);
  };
  within("cpu", readMilliCpu(cpu.units), 10, 384_000);
  within("memory", readBytes(memory.size), MIB, 2 * TIB);
  for (const { size } of Array.isArray(storage) ? storage : [storage]) within("storage", readBytes(size), 5 * MIB, 32 * TIB);
  const gpus = Number(gpu?.units ?? 0);
  within("gpu", gpus, 0, 24);
  if (gpus > 0 && gpu?.attributes === undefined) fail("GPU must have attributes if units is not 0.");
  if (gpus === 0 && gpu?.attributes !== undefined) fail("GPU must not have attributes if units is 0.");
}

function checkVolumes(name: string, profile: string, { params }: Sdl["services"][string], { storage }: Resources): void {
  const volumes = Array.isArray(storage) ? storage : [storage];
  const mounts = params?.storage ?? {};
  for (const mount of Object.keys(mounts)) {
    if (!volumes.some((volume) => volume.name === mount)) fail(`Service "${name}" references non-existing compute volume "${mount}".`);
  }
  for (const { name: volume = "default", attributes } of volumes) {
    const isPersistent = String(attributes?.persistent ?? false) === "true";
    const kind = attributes?.class;
    if (kind === "ram" && isPersistent) fail(`Storage "${volume}" of profile "${profile}" must not be persistent: its class is ram.`);
    if (kind !== undefined && PERSISTENT_CLASSES.includes(kind) && !isPersistent)
      fail(`Storage "${volume}" of profile "${profile}" must be persistent: its class is ${kind}.`);
    if (isPersistent && mounts[volume]?.mount === undefined) {
      fail(`Persistent storage "${volume}" requires a mount path in /services/${name}/params/storage/${volume}/mount.`);
    }
  }
}

const inOrder = (names: readonly string[]): readonly string[] => [...names].sort();

/** Groups and services in the order of their names; each compute profile has one id in a group. */
function buildGroups({ services, profiles, deployment }: Sdl): readonly ManifestGroup[] {
  const placements = inOrder([...new Set(Object.values(deployment).flatMap((places) => Object.keys(places)))]);
  return placements.map((placement) => {
    const ids = new Map<string, number>();
    return {
      name: placement,
      services: inOrder(Object.keys(services)).flatMap((name) => {
        const service = services[name];
        const chosen = deployment[name]?.[placement];
        const resources = profiles.compute[chosen?.profile ?? ""]?.resources;
        if (service === undefined || chosen === undefined || resources === undefined) return [];
        const id = ids.get(chosen.profile) ?? ids.size + 1;
        ids.set(chosen.profile, id);
        return [{ name, service, count: chosen.count, resources: resourcesOf(id, resources, service) }];
      }),
    };
  });
}

/** The Console appends its auditor and rewrites every denom, so that the amount counts as uact. */
function specOf(group: ManifestGroup, { profiles, deployment }: Sdl, auditor: string): GroupSpec {
  const placement = profiles.placement[group.name];
  return {
    name: group.name,
    attributes: placement?.attributes ?? {},
    signedBy: { anyOf: [...new Set([...(placement?.signedBy?.anyOf ?? []), auditor])], allOf: placement?.signedBy?.allOf ?? [] },
    resources: group.services.map(({ name, resources, count }) => {
      const profile = deployment[name]?.[group.name]?.profile ?? "";
      return { unit: resources, count, ceiling: readDec(placement?.pricing[profile]?.amount ?? 0) };
    }),
  };
}
