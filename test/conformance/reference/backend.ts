import type { OutputArtifact } from "../../../src/model/artifact.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef, LeaseReport } from "../../../src/model/lease.js";
import type { Demand, NodeIdentity, Offer } from "../../../src/model/offer.js";
import { BACKEND_SPEC_VERSION, type Backend } from "../../../src/spec/backend.js";
import type { CallContext } from "../../../src/spec/call-context.js";
import type { Capabilities } from "../../../src/spec/capabilities.js";
import type { Intent, Launch, LogChunk, OutputPlan, Placement } from "../../../src/spec/launch.js";
import { BILLING, type JobSpec, type Product, type ReferenceService, type ServiceLease } from "./service.js";
import { send, type WireFaults, wait } from "./wire.js";

const OFFERS_TTL_MS = 60_000;

export const referenceCapabilities = (staging: Capabilities["staging"] = "native"): Capabilities => ({
  paid: true,
  images: "optional",
  exitCode: true,
  staging,
  logs: true,
  reuse: true,
  affinity: "any",
  inspect: { mode: "ids", max: 50 },
  pollMs: { least: 1_000, most: 10_000 },
  visibilityMs: 1_000,
  bindMs: 30_000,
  provisionMs: 60_000,
  billing: BILLING,
  charges: "reported",
  enforcesLifetime: true,
  trust: { operators: ["single"], certifications: ["iso27001"], agreements: [], tee: [] },
  countries: ["DE"],
  limits: { concurrency: 10, callsPerSecond: 100 },
  offersTtlMs: OFFERS_TTL_MS,
});

/** A backend that is right, with every optional capability, on the {@link ReferenceService}. For the tests of the suite alone. */
export class ReferenceBackend implements Backend {
  readonly specVersion = BACKEND_SPEC_VERSION;
  readonly id = "reference";
  readonly kind = "reference";
  readonly capabilities: Capabilities;
  readonly collect?: NonNullable<Backend["collect"]>;
  readonly #service: ReferenceService;
  readonly #faults: WireFaults;

  constructor(service: ReferenceService, faults: WireFaults, staging: Capabilities["staging"] = "native") {
    this.#service = service;
    this.#faults = faults;
    this.capabilities = referenceCapabilities(staging);
    if (staging === "native") this.collect = (ref, outputs, call) => this.#collect(ref, outputs, call);
  }

  async listOffers(demand: Demand, call: CallContext): Promise<readonly Offer[]> {
    const products = await send(this.#faults, "listOffers", call, true, () => this.#service.products);
    return products.filter((product) => isEnough(product, demand)).map((product) => this.#offer(product, call));
  }

  async bind(placement: Placement, call: CallContext): Promise<Lease> {
    const { key, offer, launch, priceCapUsdPerHour } = placement;
    if (offer.expiresAtMs <= call.host.now()) throw new SchedulerError("OFFER_EXPIRED", "The offer has expired: ask for offers again.");
    if (offer.price.usdPerHour > priceCapUsdPerHour) throw new SchedulerError("NO_BIDS", "No bid is below the placement's cap.");
    await call.progress(this.#ref(key));
    await send(this.#faults, "logs", call, false, () => this.#service.order(key, call.namespace.id));
    await call.progress(this.#ref(key, "order"));
    try {
      const spec = specOf(launch);
      const lease = await send(this.#faults, "bind", call, false, () => this.#service.lease(key, offer.id, launch.maxLifetimeMs, spec));
      if (!lease) throw new SchedulerError("BACKEND_REJECTED", "The order is closed.");
      return this.#leaseOf(lease);
    } catch (error) {
      // Nothing may be left of a bind that says so.
      if (SchedulerError.isInstance(error) && error.effect === "none") this.#service.close(key);
      throw error;
    }
  }

  find(intents: readonly Intent[], call: CallContext): Promise<readonly Finding[]> {
    return send(this.#faults, "find", call, true, () => intents.map((intent) => this.#find(intent)));
  }

  inspect(refs: readonly LeaseRef[], call: CallContext): Promise<readonly LeaseReport[]> {
    return send(this.#faults, "inspect", call, true, () => refs.map(({ key }) => this.#report(key)));
  }

  async release({ key }: LeaseRef, _how: { readonly graceMs: number }, call: CallContext): Promise<"released" | "pending"> {
    const state = await send(this.#faults, "release", call, false, () => this.#service.close(key));
    return state === "closed" ? "released" : "pending";
  }

  listLeases(call: CallContext): Promise<readonly LeaseRef[]> {
    const isOurs = ({ namespace }: { readonly namespace: string }): boolean => namespace === call.namespace.id;
    return send(this.#faults, "listLeases", call, true, () => {
      const leases = [...this.#service.leases.values()].filter(
        (lease) => isOurs(lease) && this.#service.isOpen(lease) && this.#service.isVisible(lease),
      );
      const orders = [...this.#service.orders.values()].filter(
        (order) => isOurs(order) && !order.isClosed && !this.#service.leases.has(order.key),
      );
      return [...leases.map(({ key }) => this.#ref(key, "lease")), ...orders.map(({ key }) => this.#ref(key, "order"))];
    });
  }

  async start({ key }: LeaseRef, launch: Launch, call: CallContext): Promise<void> {
    const spec = specOf(launch);
    await send(this.#faults, "start", call, false, () => {
      const lease = this.#service.leases.get(key);
      if (!lease || !this.#service.isOpen(lease)) throw new SchedulerError("LEASE_LOST", "The lease is over.");
      this.#service.start(lease, spec);
    });
  }

  async *logs({ key }: LeaseRef, call: CallContext): AsyncIterable<LogChunk> {
    for (let read = 0; ; ) {
      const { text, isOver } = await send(this.#faults, "logs", call, true, () => this.#printed(key));
      if (text.length > read) yield { stream: "stdout", text: text.slice(read) };
      read = text.length;
      if (isOver) return;
      await wait(500, call);
    }
  }

  async close(): Promise<void> {}

  async #collect({ key }: LeaseRef, outputs: OutputPlan, call: CallContext) {
    const job = await send(this.#faults, "collect", call, true, () => this.#service.leases.get(key)?.jobs.at(-1));
    if (!job) throw new SchedulerError("LEASE_LOST", "The lease is over.");
    const { exitCode, files } = job.program;
    const collected: OutputArtifact[] = [];
    for (const { path, optional } of outputs.outputs) {
      const below = Object.entries(files).filter(([file]) => file === path || file.startsWith(`${path}/`));
      if (below.length === 0 && !optional && exitCode === 0)
        throw new SchedulerError("OUTPUT_MISSING", `The command left nothing at ${path}.`);
      for (const [file, bytes] of below) {
        const member = file.slice(path.length + 1);
        collected.push({ ...(await outputs.put(path, member, { bytes })), path, member });
      }
    }
    return { version: 1, exitCode, outputs: collected, nonce: job.spec.nonce } as const;
  }

  #offer({ name, cpu, memoryMiB, diskMiB, usdPerHour }: Product, call: CallContext): Offer {
    return {
      id: name,
      backend: this.id,
      binding: "firm",
      resources: { cpu, memoryMiB, diskMiB },
      price: { usdPerHour },
      interruptible: false,
      trust: { operator: "single", certifications: ["iso27001"], agreements: [], tee: [] },
      place: { country: "DE", proof: "contract" },
      expiresAtMs: call.host.now() + OFFERS_TTL_MS,
    };
  }

  #ref(key: string, part: "intent" | "order" | "lease" = "intent"): LeaseRef {
    return { backend: this.id, key, data: { part } };
  }

  #leaseOf({ key, product }: ServiceLease): Lease {
    return { ref: this.#ref(key, "lease"), price: { usdPerHour: product.usdPerHour } };
  }

  #find({ key, partial }: Intent): Finding {
    const lease = this.#service.leases.get(key);
    if (lease && this.#service.isOpen(lease) && this.#service.isVisible(lease)) return { kind: "bound", key, lease: this.#leaseOf(lease) };
    const order = this.#service.orders.get(key);
    if (order && !order.isClosed) return { kind: "partial", key, ref: partial ?? this.#ref(key, "order") };
    return { kind: "absent", key };
  }

  #report(key: string): LeaseReport {
    const lease = this.#service.leases.get(key);
    if (!lease || !this.#service.isVisible(lease)) return { kind: "gone", key };
    const charge = this.#service.chargeOf(lease);
    if (!this.#service.isOpen(lease)) return { kind: "gone", key, charge };
    const attempt = lease.jobs.length > 1 ? lease.jobs.at(-1)?.spec.key : undefined;
    const node: NodeIdentity = { backend: this.id, node: `node-${lease.product.name}` };
    return { kind: "status", key, charge, node, ...(attempt === undefined ? {} : { attempt }), ...this.#service.stateOf(lease) };
  }

  #printed(key: string): { readonly text: string; readonly isOver: boolean } {
    const lease = this.#service.leases.get(key);
    if (!lease) return { text: "", isOver: true };
    const { phase } = this.#service.stateOf(lease);
    const isOver = phase === "exited" || phase === "ended";
    return { text: isOver || phase === "running" ? (lease.jobs.at(-1)?.program.stdout ?? "") : "", isOver };
  }
}

const isEnough = (product: Product, { cpu, memoryMiB, diskMiB, gpu }: Demand): boolean =>
  product.cpu >= cpu && product.memoryMiB >= memoryMiB && product.diskMiB >= diskMiB && (gpu?.count ?? 0) === 0;

function specOf(launch: Launch): JobSpec {
  const secrets = Object.fromEntries(Object.entries(launch.secrets).map(([name, secret]) => [name, secret.reveal()]));
  const { key, argv, inputs, timeoutMs, nonce, manifestUrl, outputs } = launch;
  const urls = [
    ...inputs.map(({ url }) => url),
    ...outputs.flatMap(({ url }) => url ?? []),
    ...(manifestUrl === undefined ? [] : [manifestUrl]),
  ];
  return { key, argv, env: { ...launch.env, ...secrets }, inputs, urls, timeoutMs, nonce };
}
