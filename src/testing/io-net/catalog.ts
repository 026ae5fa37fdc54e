import type { SimulatedHardware, SimulatedPlace } from "./options.js";

/** What can be had unless a test says otherwise. */
export const DEFAULT_HARDWARE: readonly SimulatedHardware[] = [
  {
    id: 205,
    name: "GeForce RTX 4090",
    brand: "NVIDIA",
    usdPerGpuHour: 0.4,
    places: [
      { id: 12, iso2: "FI", name: "Finland", replicas: 6 },
      { id: 31, iso2: "US", name: "United States", replicas: 4 },
    ],
  },
  {
    id: 203,
    name: "A100-SXM4-80GB",
    brand: "NVIDIA",
    usdPerGpuHour: 1.6,
    places: [{ id: 31, iso2: "US", name: "United States", replicas: 2 }],
  },
  {
    id: "H100_sxm5x8",
    name: "H100 80GB HBM3",
    brand: "NVIDIA",
    usdPerGpuHour: 3.2,
    places: [{ id: "CA", iso2: "CA", name: "Canada", replicas: 1 }],
    unpriced: true,
  },
];

/** Hardware, what is free of it, and what it costs. */
export class Catalog {
  readonly #hardware: readonly SimulatedHardware[];
  readonly #feePercent: number;
  readonly #exhausted = new Set<string>();
  readonly #taken: (hardwareId: number | string, placeId: number | string) => number;

  constructor(
    hardware: readonly SimulatedHardware[],
    feePercent: number,
    taken: (hardwareId: number | string, placeId: number | string) => number,
  ) {
    this.#hardware = hardware;
    this.#feePercent = feePercent;
    this.#taken = taken;
  }

  get all(): readonly SimulatedHardware[] {
    return this.#hardware;
  }

  /** Ids in a query are text. */
  find(id: number | string): SimulatedHardware | undefined {
    return this.#hardware.find((one) => String(one.id) === String(id));
  }

  place(hardware: SimulatedHardware, id: number | string): SimulatedPlace | undefined {
    return hardware.places.find((one) => String(one.id) === String(id));
  }

  exhaust(id: number | string): void {
    this.#exhausted.add(String(id));
  }

  /** What is left, as the lists show it: they do not know yet of what is exhausted. */
  shown(hardware: SimulatedHardware, place: SimulatedPlace): number {
    return Math.max(0, place.replicas - this.#taken(hardware.id, place.id));
  }

  /** What a deploy can really have. */
  free(hardware: SimulatedHardware, place: SimulatedPlace): number {
    return this.#exhausted.has(String(hardware.id)) ? 0 : this.shown(hardware, place);
  }

  /** USD for an hour of so many GPUs, fee included. */
  usdPerHour(hardware: SimulatedHardware, gpus: number): number {
    return hardware.usdPerGpuHour * gpus * (1 + this.#feePercent / 100);
  }

  /** The parts of a price for a whole time. */
  quote(hardware: SimulatedHardware, gpus: number, hours: number, replicas: number) {
    const base = hardware.usdPerGpuHour * gpus * hours * replicas;
    return {
      discount: 0,
      ionet_fee: (base * this.#feePercent) / 100,
      ionet_fee_percent: this.#feePercent,
      currency_conversion_fee: 0,
      currency_conversion_fee_percent: 0,
      total_cost_usdc: this.usdPerHour(hardware, gpus) * hours * replicas,
    };
  }
}
