import type { Properties } from "./constraints.js";
import type { ProviderHabits, SimulatedGolemProvider, UsageCounter } from "./provider-options.js";
import type { YagnaWorld } from "./world.js";

const DEFAULT_VECTOR: readonly UsageCounter[] = ["golem.usage.cpu_sec", "golem.usage.duration_sec"];
const DEFAULT_CAPABILITIES = ["inet", "vpn", "manifest-support", "start-entrypoint"];
/** Five minutes, as providers are configured by default. */
const LEAST_EXPIRATION_MS = 300_000;
/** Half an hour, as providers are configured by default. */
const MOST_WITHOUT_NOTES_MS = 1_800_000;

/** Properties that a provider takes over from a demand when it agrees to them. */
const NEGOTIABLE = [
  "golem.com.scheme.payu.debit-note.interval-sec?",
  "golem.com.scheme.payu.payment-timeout-sec?",
  "golem.com.payment.debit-notes.accept-timeout?",
] as const;

/** When an order ends, ms since 1970. */
export const EXPIRATION = "golem.srv.comp.expiration";
/** Seconds between two debit notes. */
export const DEBIT_NOTE_INTERVAL: (typeof NEGOTIABLE)[0] = NEGOTIABLE[0];
/** Seconds within which a debit note must be accepted. */
export const ACCEPT_TIMEOUT: (typeof NEGOTIABLE)[2] = NEGOTIABLE[2];
/** GLM for each counter of the usage vector, and once at the start. */
export const COEFFICIENTS = "golem.com.pricing.model.linear.coeffs";
/** Names of the usage counters, in order. */
export const USAGE_VECTOR = "golem.com.usage.vector";

/** A provider: what it offers and how it negotiates. */
export class ProviderNode {
  readonly spec: SimulatedGolemProvider;
  readonly nodeId: string;
  readonly wallet: string;
  habits: ProviderHabits;
  /** Agreements it is bound by. */
  engaged = 0;
  readonly #world: YagnaWorld;

  constructor(spec: SimulatedGolemProvider, world: YagnaWorld) {
    this.spec = spec;
    this.#world = world;
    this.nodeId = spec.nodeId ?? world.nodeId(`provider ${spec.name}`);
    this.wallet = spec.wallet ?? this.nodeId;
    this.habits = spec.habits ?? {};
  }

  get name(): string {
    return this.spec.name;
  }

  /** What its offers demand of the other side. */
  get constraints(): string {
    return `(&(golem.srv.comp.expiration>0)(golem.node.debug.subnet=${this.spec.subnet ?? this.#world.subnet}))`;
  }

  /** Properties of an offer as it makes them now. */
  offer(): Properties {
    const { spec } = this;
    const threads = spec.cpuThreads ?? 4;
    const platforms = spec.platforms ?? this.#world.platforms;
    const properties: Record<string, unknown> = {
      "golem.activity.caps.transfer.protocol": ["http", "https", "gftp"],
      "golem.com.payment.protocol.version": 3,
      "golem.com.pricing.model": "linear",
      [COEFFICIENTS]: this.#coefficients(),
      "golem.com.scheme": "payu",
      [USAGE_VECTOR]: spec.usageVector ?? DEFAULT_VECTOR,
      "golem.inf.cpu.architecture": "x86_64",
      "golem.inf.cpu.cores": spec.cpuCores ?? Math.ceil(threads / 2),
      "golem.inf.cpu.threads": threads,
      "golem.inf.mem.gib": spec.memoryGib ?? 8,
      "golem.inf.storage.gib": spec.storageGib ?? 20,
      "golem.node.debug.subnet": spec.subnet ?? this.#world.subnet,
      "golem.node.id.name": spec.name,
      "golem.node.net.is-public": false,
      "golem.runtime.name": spec.runtimeName ?? (spec.gpu === undefined ? "vm" : "vm-nvidia"),
      "golem.runtime.version": spec.runtimeVersion ?? "0.5.2",
      "golem.runtime.capabilities": spec.runtimeCapabilities ?? [...DEFAULT_CAPABILITIES, ...(spec.gpu === undefined ? [] : ["!exp:gpu"])],
      "golem.srv.caps.multi-activity": true,
      "golem.srv.caps.payload-manifest": true,
      ...Object.fromEntries(platforms.map((platform) => [`golem.com.payment.platform.${platform}.address`, this.wallet])),
      ...this.#gpu(),
    };
    if (this.habits.offers === "no-usage-vector") delete properties[USAGE_VECTOR];
    if (this.habits.offers === "no-prices") delete properties[COEFFICIENTS];
    return Object.fromEntries(Object.entries({ ...properties, ...spec.properties }).filter(([, value]) => value !== null));
  }

  /** A draft's properties: the offer's and whatever of the demand's it agrees to. */
  draft(offer: Properties, demand: Properties): Properties {
    return { ...offer, ...Object.fromEntries(NEGOTIABLE.filter((key) => demand[key] !== undefined).map((key) => [key, demand[key]])) };
  }

  /** Why it will not make a contract with this demand; nothing when it will. */
  refusal(demand: Properties): string | undefined {
    const { spec } = this;
    const restMs = Number(demand[EXPIRATION]) - this.#world.wallMs();
    const leastMs = spec.leastExpirationMs ?? LEAST_EXPIRATION_MS;
    if (restMs < leastMs) {
      return `Proposal expires at: ${this.#world.iso(Number(demand[EXPIRATION]) || 0)} which is less than ${leastMs / 1_000} s from now`;
    }
    if (demand[ACCEPT_TIMEOUT] === undefined && restMs > (spec.mostExpirationWithoutNotesMs ?? MOST_WITHOUT_NOTES_MS)) {
      return "Proposal expiration is too long without a debit note deadline";
    }
    const chosen = demand["golem.com.payment.chosen-platform"];
    if (typeof chosen === "string" && !(spec.platforms ?? this.#world.platforms).includes(chosen)) {
      return `Payment platform ${chosen} is not supported`;
    }
    if (!this.isFree) return `No capacity available. Reached Agreements limit: ${spec.capacity ?? 1}`;
    return undefined;
  }

  get isFree(): boolean {
    return this.engaged < (this.spec.capacity ?? 1);
  }

  #coefficients(): readonly number[] {
    const { cpuGlmPerSecond = 0.000_01, envGlmPerSecond = 0.000_02, startGlm = 0, usageVector = DEFAULT_VECTOR } = this.spec;
    const { priceFactor = 1 } = this.habits;
    const perSecond = usageVector.map((counter) => (counter === "golem.usage.cpu_sec" ? cpuGlmPerSecond : envGlmPerSecond));
    return [...perSecond, startGlm].map((price) => price * priceFactor);
  }

  #gpu(): Properties {
    const { gpu } = this.spec;
    if (gpu === undefined) return {};
    return {
      "golem.!exp.gap-35.v1.inf.gpu.model": gpu.model,
      "golem.!exp.gap-35.v1.inf.gpu.cuda.enabled": true,
      "golem.!exp.gap-35.v1.inf.gpu.memory.total.gib": gpu.memoryGib ?? 24,
    };
  }
}

/** Providers of an ordinary day. */
export const DEFAULT_PROVIDERS: readonly SimulatedGolemProvider[] = [
  { name: "alpha", cpuGlmPerSecond: 0.000_01, envGlmPerSecond: 0.000_02 },
  { name: "beta", cpuGlmPerSecond: 0.000_02, envGlmPerSecond: 0.000_03, cpuThreads: 8, memoryGib: 16 },
  { name: "gamma", cpuGlmPerSecond: 0.000_03, envGlmPerSecond: 0.000_04, cpuThreads: 16, memoryGib: 32, storageGib: 100 },
];
