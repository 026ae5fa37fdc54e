import type { TimerHandle } from "../../../spec/host.js";
import { Timers } from "../chain/clock.js";
import { exposesOf, isIngress, type ManifestGroup, type ManifestService } from "../sdl/manifest.js";
import { splitEnv } from "../sdl/read-sdl.js";
import { expand, expandVariables } from "./expand.js";
import { type KubeEvent, Pod, type PodWorld } from "./pod.js";

/** What a lease's workload is told about itself. */
export interface WorkloadPlace {
  readonly owner: string;
  readonly dseq: string;
  readonly gseq: number;
  readonly oseq: number;
  readonly provider: string;
  readonly providerName: string;
}

/** What a workload lives by. */
export interface WorkloadWorld extends PodWorld {
  /** Ms until the next check of the monitor. */
  readonly nextCheckMs: () => number;
  readonly maxRetries: number;
}

/** The pods of one lease at its provider, with their events, and the monitor that gives up on them. */
export class Workload {
  readonly group: ManifestGroup;
  readonly namespace: string;
  readonly pods: readonly Pod[];
  readonly events: KubeEvent[] = [];
  readonly eventReaders = new Set<() => void>();
  readonly #world: WorkloadWorld;
  readonly #place: WorkloadPlace;
  readonly #timers: Timers;
  readonly #unstable: () => void;
  #check: TimerHandle | undefined;
  #failures = 0;
  #over = false;

  constructor(group: ManifestGroup, place: WorkloadPlace, world: WorkloadWorld, unstable: () => void) {
    this.group = group;
    this.#place = place;
    this.#world = world;
    this.#unstable = unstable;
    this.#timers = new Timers(world.host);
    const digest = world.host.sha256(`${place.dseq}/${place.gseq}/${place.oseq}/${place.provider}`);
    this.namespace = digest.slice(0, 45);
    const observer = {
      event: (event: KubeEvent): void => {
        this.events.push(event);
        for (const reader of this.eventReaders) reader();
      },
      changed: (): void => this.#watch(),
    };
    this.pods = group.services.flatMap((service) =>
      Array.from({ length: service.count }, (_, replica) => {
        const name = `${service.name}-${digest.slice(0, 9)}-${digest.slice(10 + replica, 15 + replica)}`;
        return new Pod(name, this.#requestOf(service), place.providerName, world, observer);
      }),
    );
    this.#watch();
  }

  /** Pods of a service, or of all. */
  podsOf(services: readonly string[]): readonly Pod[] {
    return services.length === 0 ? this.pods : this.pods.filter(({ request }) => services.includes(request.service));
  }

  /** As the gateway answers it. */
  get status() {
    const host = `provider.${this.#place.providerName}.simulated.invalid`;
    const services = this.group.services.map(({ name, service, count }) => {
      const available = this.podsOf([name]).filter((pod) => pod.available).length;
      const uris = exposesOf(service).flatMap((expose) =>
        isIngress(expose) ? [this.#world.runtime.addressOf?.(expose.port) ?? this.#ingressName, ...(expose.hosts ?? [])] : [],
      );
      return [
        name,
        {
          name,
          available,
          total: count,
          uris,
          observed_generation: 1,
          replicas: count,
          updated_replicas: count,
          ready_replicas: available,
          available_replicas: available,
        },
      ] as const;
    });
    const ports = this.group.services.flatMap(({ name, service }) => {
      const open = exposesOf(service).filter((expose) => expose.global && !isIngress(expose));
      if (open.length === 0) return [];
      const list = open.map(({ port, proto }) => ({ host, port, externalPort: this.#externalPort(name, port), proto, name, available: 1 }));
      return [[name, list] as const];
    });
    return { services: Object.fromEntries(services), forwarded_ports: Object.fromEntries(ports), ips: {} };
  }

  async end(): Promise<void> {
    this.#over = true;
    this.#timers.clear();
    await Promise.all(this.pods.map((pod) => pod.end()));
    for (const reader of this.eventReaders) reader();
  }

  get over(): boolean {
    return this.#over;
  }

  /** From the first missing replica on it looks again and again, until a look finds them all; what happens between two looks it does not see. */
  #watch(): void {
    if (this.#over || this.#check !== undefined || this.#isComplete) return;
    this.#check = this.#timers.after(this.#world.nextCheckMs(), () => {
      this.#check = undefined;
      this.#failures = this.#isComplete ? 0 : this.#failures + 1;
      if (this.#failures > this.#world.maxRetries) this.#unstable();
      else this.#watch();
    });
  }

  get #isComplete(): boolean {
    return this.pods.every(({ available }) => available);
  }

  #requestOf({ name, service }: ManifestService) {
    const { owner, dseq, gseq, oseq, provider, providerName } = this.#place;
    const variables = expandVariables((service.env ?? []).map(splitEnv));
    return {
      dseq,
      service: name,
      image: service.image,
      argv: [...(service.command ?? []), ...(service.args ?? [])].map((text) => expand(text, variables)),
      env: {
        ...Object.fromEntries(variables),
        AKASH_GROUP_SEQUENCE: String(gseq),
        AKASH_DEPLOYMENT_SEQUENCE: dseq,
        AKASH_ORDER_SEQUENCE: String(oseq),
        AKASH_OWNER: owner,
        AKASH_PROVIDER: provider,
        AKASH_CLUSTER_PUBLIC_HOSTNAME: `provider.${providerName}.simulated.invalid`,
      },
    };
  }

  get #ingressName(): string {
    return `${this.namespace.slice(0, 20)}.ingress.${this.#place.providerName}.simulated.invalid`;
  }

  /** Kubernetes' range of node ports. */
  #externalPort(service: string, port: number): number {
    return 30_000 + (Number.parseInt(this.#world.host.sha256(`${this.namespace} ${service} ${port}`).slice(0, 6), 16) % 2_768);
  }
}
