import type { z } from "zod";
import { AUDITOR } from "../identities.js";
import type { MarketProvider } from "../provider/market-provider.js";
import { readDec } from "../sdl/units.js";
import type { World } from "../world.js";
import { checked, screeningBody } from "./bodies.js";
import { notFound } from "./failure.js";

const CREATED_AT = "2025-02-01T00:00:00.000Z";
const HOURS_PER_MONTH = 24 * 30.437;
const VERSION = "0.10.5";

const iso = (ms: number): string => new Date(ms).toISOString();
const attributeOf = (provider: MarketProvider, key: string): string | null =>
  provider.attributes.find((one) => one.key === key)?.value ?? null;

/** What can be known of the market without an account. */
export class Discovery {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  providers(query: URLSearchParams): object {
    const isTrial = query.get("scope") === "trial";
    return this.#world.providers.filter(({ audited }) => audited || !isTrial).map((provider) => this.#view(provider));
  }

  provider(address: string): object {
    const found = this.#world.providers.find((one) => one.address === address);
    if (found === undefined) throw notFound("Provider");
    return {
      ...this.#view(found),
      uptime: [{ id: found.address.slice(6, 18), isOnline: found.isOnline, checkDate: iso(this.#world.host.now()) }],
    };
  }

  auditors(): object {
    return [{ id: "console", name: "Console auditor", address: AUDITOR, website: "https://auditor.simulated.invalid" }];
  }

  gpuPrices(): object {
    const kinds = this.#gpuKinds();
    const total = kinds.reduce((sum, { all }) => sum + all, 0);
    const available = kinds.reduce((sum, { free }) => sum + free, 0);
    return {
      availability: { total, available },
      models: kinds.map(({ model, ram, bus, all, free, offers }) => {
        const hourly = offers.map(({ usdPerMonth }) => usdPerMonth / HOURS_PER_MONTH).sort((a, b) => a - b);
        const round = (usd: number): number => Math.round(usd * 100) / 100;
        const avg = hourly.reduce((sum, usd) => sum + usd, 0) / Math.max(1, hourly.length);
        return {
          vendor: "nvidia",
          model,
          ram,
          interface: bus,
          availability: { total: all, available: free },
          providerAvailability: { total: offers.length, available: offers.filter(({ free: left }) => left > 0).length },
          price:
            hourly.length === 0
              ? null
              : {
                  currency: "USD",
                  min: round(hourly[0] ?? 0),
                  max: round(hourly.at(-1) ?? 0),
                  avg: round(avg),
                  weightedAverage: round(avg),
                  med: round(hourly[Math.floor(hourly.length / 2)] ?? 0),
                },
        };
      }),
    };
  }

  gpu(query: URLSearchParams): object {
    const asked = (name: string, value: string): boolean => (query.get(name) ?? value) === value;
    const kinds = this.#gpuKinds(query.get("provider")).filter(
      ({ model, ram }) => asked("vendor", "nvidia") && asked("model", model) && asked("memory_size", ram),
    );
    const details = kinds.map(({ model, ram, bus, all, free }) => ({
      model,
      ram,
      interface: bus,
      allocatable: all,
      allocated: all - free,
    }));
    return {
      gpus: {
        total: {
          allocatable: details.reduce((sum, { allocatable }) => sum + allocatable, 0),
          allocated: details.reduce((sum, { allocated }) => sum + allocated, 0),
        },
        details: details.length === 0 ? {} : { nvidia: details },
      },
    };
  }

  marketData(): object {
    return {
      price: 1.1,
      volume: 4_100_000,
      marketCap: 310_000_000,
      marketCapRank: 240,
      priceChange24h: -0.01,
      priceChangePercentage24: -0.9,
    };
  }

  blocks(query: URLSearchParams): object {
    const { clock } = this.#world;
    const limit = Math.min(100, Math.max(1, Number(query.get("limit") ?? 20) || 20));
    return Array.from({ length: limit }, (_, back) => ({
      height: clock.height - back,
      transactionCount: 3,
      totalTransactionCount: 40_000_000 - 3 * back,
      datetime: iso(clock.timeOf(clock.height - back)),
    }));
  }

  /** Who could host this now. Says no price. */
  screen(body: unknown): object {
    const { requirements, resources, reclamationWindow = 0 } = checked(screeningBody, body);
    const spec = {
      attributes: Object.fromEntries(requirements.attributes.map(({ key, value }) => [key, value])),
      signedBy: requirements.signedBy,
      resources: resources.map(toNeed),
    };
    const nowMs = this.#world.host.now();
    return {
      providers: this.#world.providers
        .filter((provider) => provider.isOnline && provider.suits(spec) && provider.fit(spec) !== undefined)
        .filter(({ options }) => (options.reclamationWindowS ?? 0) >= reclamationWindow)
        .map((provider) => ({
          owner: provider.address,
          hostUri: provider.hostUri,
          isAudited: provider.audited,
          createdAt: CREATED_AT,
          location: attributeOf(provider, "location-region"),
          organization: attributeOf(provider, "organization"),
          incidents: Array.from({ length: 7 }, (_, day) => {
            const date = iso(nowMs - day * 86_400_000).slice(0, 10);
            const incidentCount = provider.incidents.filter((atMs) => iso(atMs).startsWith(date)).length;
            return { date, hasOpenIncident: false, incidentCount, downtimeSeconds: incidentCount * 300 };
          }),
        })),
    };
  }

  #view(provider: MarketProvider): object {
    const { options, capacity, load, attributes } = provider;
    const { name, uptime7d = 0.999, gpus = [] } = options;
    const taken = gpus.reduce((sum, gpu) => sum + provider.gpusTaken(gpu), 0);
    const all = gpus.reduce((sum, { count }) => sum + count, 0);
    const stat = (active: number, total: number) => ({ active, available: total - active, pending: 0 });
    return {
      owner: provider.address,
      name: `provider.${name}.simulated.invalid`,
      hostUri: provider.hostUri,
      isOnline: provider.isOnline,
      lastCheckDate: iso(this.#world.host.now()),
      lastOnlineDate: iso(provider.isOnline ? this.#world.host.now() : provider.lastOnlineMs),
      createdHeight: 19_000_000,
      isAudited: provider.audited,
      isValidVersion: true,
      akashVersion: VERSION,
      cosmosSdkVersion: "0.53.4",
      uptime1d: uptime7d,
      uptime7d,
      uptime30d: uptime7d,
      ipRegion: null,
      ipRegionCode: null,
      ipCountry: null,
      ipCountryCode: options.ipCountryCode ?? options.country ?? null,
      ipLat: null,
      ipLon: null,
      locationRegion: options.region ?? null,
      country: options.country ?? null,
      city: null,
      timezone: null,
      locationType: "datacenter",
      hostingProvider: null,
      organization: attributeOf(provider, "organization"),
      tier: "community",
      host: "akash",
      statusPage: null,
      hardwareCpu: "amd",
      hardwareCpuArch: "x86-64",
      hardwareGpuVendor: all === 0 ? null : "nvidia",
      hardwareGpuModels: [...new Set(gpus.map(({ model }) => model))],
      hardwareMemory: "ddr4ecc",
      hardwareDisk: ["nvme"],
      networkSpeedUp: 1_000,
      networkSpeedDown: 1_000,
      featPersistentStorage: false,
      featPersistentStorageType: [],
      featEndpointIp: false,
      featEndpointCustomDomain: false,
      gpuModels: gpus.map(({ model, ram, interface: bus }) => ({ vendor: "nvidia", model, ram, interface: bus })),
      attributes,
      deploymentCount: this.#world.deployments.filter(({ leases }) => leases.some(({ bid }) => bid.provider === provider)).length,
      leaseCount: this.#world.deployments.flatMap(({ leases }) => leases).filter(({ active, bid }) => active && bid.provider === provider)
        .length,
      stats: {
        cpu: stat(load.milliCpu, capacity.milliCpu),
        gpu: stat(taken, all),
        memory: stat(load.memoryBytes, capacity.memoryBytes),
        storage: { ephemeral: stat(load.diskBytes, capacity.diskBytes), persistent: stat(0, 0) },
      },
    };
  }

  #gpuKinds(address: string | null = null) {
    const kinds = new Map<
      string,
      { model: string; ram: string; bus: string; all: number; free: number; offers: { usdPerMonth: number; free: number }[] }
    >();
    for (const provider of this.#world.providers) {
      if (!provider.isOnline || (address !== null && provider.address !== address)) continue;
      for (const gpu of provider.options.gpus ?? []) {
        const key = `${gpu.model} ${gpu.ram} ${gpu.interface}`;
        const kind = kinds.get(key) ?? { model: gpu.model, ram: gpu.ram, bus: gpu.interface, all: 0, free: 0, offers: [] };
        const free = gpu.count - provider.gpusTaken(gpu);
        kind.all += gpu.count;
        kind.free += free;
        kind.offers.push({ usdPerMonth: (gpu.usdPerMonth ?? 100) * (provider.options.priceFactor ?? 1), free });
        kinds.set(key, kind);
      }
    }
    return [...kinds.values()];
  }
}

type Screened = z.infer<typeof screeningBody>["resources"][number];

function toNeed({ resource, count, price }: Screened) {
  return {
    count,
    ceiling: readDec(price.amount),
    unit: {
      id: resource.id,
      milliCpu: resource.cpu.units.val,
      cpuAttributes: [],
      memoryBytes: resource.memory.quantity.val,
      storage: resource.storage.map(({ name, quantity, attributes = [] }) => ({ name, bytes: quantity.val, attributes })),
      gpus: resource.gpu.units.val,
      gpuAttributes: resource.gpu.attributes ?? [],
      endpoints: [],
    },
  };
}
