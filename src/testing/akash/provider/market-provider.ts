import { AUDITOR, type Identity } from "../identities.js";
import type { SimulatedAkashGpu, SimulatedAkashProvider } from "../options.js";
import type { GroupSpec } from "../sdl/read-sdl.js";
import { type Dec, UACT } from "../sdl/units.js";

/** What can be had unless a test says otherwise. */
export const DEFAULT_PROVIDERS: readonly SimulatedAkashProvider[] = [
  {
    name: "eu-1",
    organization: "Fjord Compute",
    region: "eu-north",
    country: "FI",
    gpus: [{ model: "rtx4090", ram: "24Gi", interface: "pcie", count: 8, usdPerMonth: 290 }],
  },
  {
    name: "us-1",
    organization: "Prairie Hosting",
    region: "na-us-midwest",
    country: "US",
    priceFactor: 0.9,
    uptime7d: 0.97,
    gpus: [{ model: "rtx4090", ram: "24Gi", interface: "pcie", count: 4, usdPerMonth: 290 }],
  },
  {
    name: "us-2",
    organization: "Delta Racks",
    region: "na-us-southeast",
    country: "US",
    reclamationWindowS: 3_600,
    gpus: [
      { model: "a100", ram: "80Gi", interface: "sxm", count: 8, usdPerMonth: 700 },
      { model: "h100", ram: "80Gi", interface: "sxm", count: 8, usdPerMonth: 1_400 },
    ],
  },
  { name: "eu-2", region: "eu-west", country: "DE", ipCountryCode: "NL", unsigned: ["location-region"], uptime7d: null, priceFactor: 1.1 },
  { name: "grey-1", region: "us-west", audited: false, priceFactor: 0.4, uptime7d: 0.8 },
];

/** The provider's default price script, USD a month. */
const PER_CPU = 1.6;
const PER_GB_MEMORY = 0.8;
const PER_GB_DISK: Readonly<Record<string, number>> = {
  ephemeral: 0.02,
  beta1: 0.01,
  beta2: 0.03,
  beta3: 0.04,
  default: 0.02,
  ram: PER_GB_MEMORY,
};
const PER_ENDPOINT = 0.05;
const PER_IP = 5;
const PER_GPU = 100;
/** What the script thinks a month has. */
const BLOCKS_PER_MONTH = 429_909;

const LEASED_IP = 2;

interface Load {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly gpus: ReadonlyMap<SimulatedAkashGpu, number>;
}

/** A provider in the market: what it has, what it asks, and whether it bids. */
export class MarketProvider {
  readonly options: SimulatedAkashProvider;
  readonly address: string;
  readonly certificate: string;
  hostUri = "";
  isOnline = true;
  lastOnlineMs: number;
  /** When the Console's list was last refreshed it had this state. */
  readonly incidents: number[] = [];
  readonly #loads = new Map<object, Load>();

  constructor(options: SimulatedAkashProvider, identity: Identity, nowMs: number) {
    this.options = options;
    this.address = identity.address;
    this.certificate = identity.certificate;
    this.lastOnlineMs = nowMs;
  }

  get audited(): boolean {
    return this.options.audited ?? true;
  }

  get capacity() {
    const { cpu = 64, memoryMiB = 262_144, diskMiB = 4_194_304 } = this.options;
    return { milliCpu: cpu * 1_000, memoryBytes: memoryMiB * 2 ** 20, diskBytes: diskMiB * 2 ** 20 };
  }

  /** What leases occupy. */
  get load() {
    let [milliCpu, memoryBytes, diskBytes] = [0, 0, 0];
    for (const load of this.#loads.values()) {
      milliCpu += load.milliCpu;
      memoryBytes += load.memoryBytes;
      diskBytes += load.diskBytes;
    }
    return { milliCpu, memoryBytes, diskBytes };
  }

  gpusTaken(gpu: SimulatedAkashGpu): number {
    let sum = 0;
    for (const { gpus } of this.#loads.values()) sum += gpus.get(gpu) ?? 0;
    return sum;
  }

  /** Self-declared, with the auditor where it signed. */
  get attributes(): readonly { readonly key: string; readonly value: string; readonly auditedBy: readonly string[] }[] {
    const { region, country, organization, gpus = [], attributes = {}, unsigned = [], name } = this.options;
    const pairs: [string, string | undefined][] = [
      ["host", "akash"],
      ["tier", "community"],
      ["organization", organization ?? name],
      ["location-region", region],
      ["country", country],
      ["capabilities/cpu/arch", "x86-64"],
      ...gpus.flatMap(({ model, ram, interface: bus }): [string, string][] => [
        [`capabilities/gpu/vendor/nvidia/model/${model}`, "true"],
        [`capabilities/gpu/vendor/nvidia/model/${model}/ram/${ram}`, "true"],
        [`capabilities/gpu/vendor/nvidia/model/${model}/ram/${ram}/interface/${bus}`, "true"],
      ]),
      ...Object.entries(attributes),
    ];
    return pairs.flatMap(([key, value]) =>
      value === undefined ? [] : [{ key, value, auditedBy: this.audited && !unsigned.includes(key) ? [AUDITOR] : [] }],
    );
  }

  /** Whether attributes and signatures suit. With `signedBy` only signed attributes count. */
  suits({ attributes, signedBy: { anyOf, allOf } }: Pick<GroupSpec, "attributes" | "signedBy">): boolean {
    const asksSignature = anyOf.length + allOf.length > 0;
    const signers = this.audited ? [AUDITOR] : [];
    if (anyOf.length > 0 && !anyOf.some((auditor) => signers.includes(auditor))) return false;
    if (!allOf.every((auditor) => signers.includes(auditor))) return false;
    const own = this.attributes.filter(({ auditedBy }) => !asksSignature || auditedBy.length > 0);
    return Object.entries(attributes).every(([key, value]) => own.some((one) => one.key === key && one.value === value));
  }

  /** Whether there is room now; the answer is what would be occupied. */
  fit({ resources }: Pick<GroupSpec, "resources">): Load | undefined {
    const { capacity, load } = this;
    const gpus = new Map<SimulatedAkashGpu, number>();
    let [milliCpu, memoryBytes, diskBytes] = [0, 0, 0];
    for (const { unit, count } of resources) {
      milliCpu += unit.milliCpu * count;
      memoryBytes += unit.memoryBytes * count;
      diskBytes += unit.storage.reduce((sum, { bytes }) => sum + bytes, 0) * count;
      if (unit.gpus === 0) continue;
      const wanted = unit.gpus * count;
      const found = this.gpusFor(unit.gpuAttributes).find((gpu) => gpu.count - this.gpusTaken(gpu) - (gpus.get(gpu) ?? 0) >= wanted);
      if (found === undefined) return undefined;
      gpus.set(found, (gpus.get(found) ?? 0) + wanted);
    }
    const fits =
      milliCpu + load.milliCpu <= capacity.milliCpu &&
      memoryBytes + load.memoryBytes <= capacity.memoryBytes &&
      diskBytes + load.diskBytes <= capacity.diskBytes;
    return fits ? { milliCpu, memoryBytes, diskBytes, gpus } : undefined;
  }

  gpusFor(attributes: readonly { readonly key: string }[]): readonly SimulatedAkashGpu[] {
    const all = this.options.gpus ?? [];
    const wishes = attributes.map(({ key }) => readGpuKey(key));
    return all.filter((gpu) =>
      wishes.some(
        ({ model, ram, bus }) =>
          (model === "*" || model === gpu.model) && (ram === undefined || ram === gpu.ram) && (bus === undefined || bus === gpu.interface),
      ),
    );
  }

  /** What it asks for a block of the group. */
  price(spec: Pick<GroupSpec, "resources">): Dec {
    const load = this.fit(spec);
    let usdPerMonth = 0;
    for (const { unit, count } of spec.resources) {
      const disks = unit.storage.reduce((sum, { bytes, attributes }) => {
        const kind = attributes.find(({ key }) => key === "class")?.value ?? "ephemeral";
        return sum + (bytes / 1e9) * (PER_GB_DISK[kind] ?? 0.02);
      }, 0);
      const ports = unit.endpoints.reduce((sum, { kind }) => sum + (kind === LEASED_IP ? PER_IP : PER_ENDPOINT), 0);
      usdPerMonth += count * ((unit.milliCpu / 1_000) * PER_CPU + (unit.memoryBytes / 1e9) * PER_GB_MEMORY + disks + ports);
    }
    for (const [gpu, count] of load?.gpus ?? []) usdPerMonth += count * (gpu.usdPerMonth ?? PER_GPU);
    const uactPerBlock = ((usdPerMonth * (this.options.priceFactor ?? 1)) / BLOCKS_PER_MONTH) * 1e6;
    return BigInt(Math.round(uactPerBlock * 1e12)) * (UACT / 10n ** 12n);
  }

  occupy(lease: object, spec: GroupSpec): void {
    const load = this.fit(spec);
    if (load !== undefined) this.#loads.set(lease, load);
  }

  vacate(lease: object): void {
    this.#loads.delete(lease);
  }
}

function readGpuKey(key: string): { readonly model: string; readonly ram?: string; readonly bus?: string } {
  const parts = key.split("/");
  const after = (name: string): string | undefined => {
    const at = parts.indexOf(name);
    return at < 0 ? undefined : parts[at + 1];
  };
  const [ram, bus] = [after("ram"), after("interface")];
  return { model: after("model") ?? "*", ...(ram === undefined ? {} : { ram }), ...(bus === undefined ? {} : { bus }) };
}
