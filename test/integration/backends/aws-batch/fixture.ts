import { readFileSync } from "node:fs";
import { type AwsBatchOptions, awsBatch } from "../../../../src/backends/aws-batch/index.js";
import type { Backend, CallContext, Demand, Lease, LeaseReport, Placement } from "../../../../src/kit/index.js";
import { type AwsBatchSimulator, type AwsBatchSimulatorOptions, startAwsBatchSimulator } from "../../../../src/testing/aws-batch/index.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { createVirtualHost, type VirtualHost } from "../../../../src/testing/virtual-host.js";

export const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
export const NAMESPACE = { id: "testns", secret: "00".repeat(32) };
export const RESOURCES = { cpu: 1, memoryMiB: 2_048, diskMiB: 1_024 };
export const DEMAND: Demand = { ...RESOURCES, image: true, interruptible: true, maxLifetimeMs: 3_600_000 };

export const FARGATE = {
  queue: "fargate",
  platform: "fargate",
  purchase: "on-demand",
  executionRoleArn: "arn:aws:iam::123456789012:role/execution",
  usdPerVcpuHour: 0.05,
  usdPerGiBHour: 0.005,
} as const;
export const EC2 = {
  queue: "ec2",
  platform: "ec2",
  purchase: "spot",
  instance: { vcpus: 4, memoryMiB: 16_384, usdPerHour: 0.2 },
} as const;

/** One recording: what is asked and what is answered, written by hand from the service's documentation. */
export interface Recording {
  readonly operation: string;
  readonly request: object;
  readonly response: object;
  readonly report?: Partial<LeaseReport>;
}

export const recording = <T = Recording>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/aws-batch/${name}.json`, import.meta.url), "utf8")) as T;

/** A simulator and a backend on it, on virtual time. */
export class Stage {
  readonly host: VirtualHost = createVirtualHost();
  readonly simulator: AwsBatchSimulator;
  readonly #options: Partial<AwsBatchOptions>;

  private constructor(simulator: AwsBatchSimulator, host: VirtualHost, options: Partial<AwsBatchOptions>) {
    this.simulator = simulator;
    this.host = host;
    this.#options = options;
  }

  static async open(simulated: Partial<AwsBatchSimulatorOptions> = {}, options: Partial<AwsBatchOptions> = {}): Promise<Stage> {
    const host = createVirtualHost();
    return new Stage(await startAwsBatchSimulator({ host, ...simulated }), host, options);
  }

  backend(more: Partial<AwsBatchOptions> = {}): Backend {
    const { endpoint } = this.simulator;
    return awsBatch({
      callsPerSecond: 1_000,
      region: "us-east-1",
      endpoint,
      credentials: { ...CREDENTIALS },
      queues: [FARGATE],
      ...this.#options,
      ...more,
    });
  }

  call(): CallContext {
    return testCallContext({ host: this.host, namespace: NAMESPACE });
  }

  /** Waits for real traffic while no virtual time passes; with `everyMs`, time passes between turns for what waits on it. */
  async settle<T>(promise: Promise<T>, everyMs = 0): Promise<T> {
    let isSettled = false;
    const done = (): void => {
      isSettled = true;
    };
    promise.then(done, done);
    while (!isSettled) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (!isSettled && everyMs > 0) await this.host.advance(everyMs);
    }
    return promise;
  }

  async placement(backend: Backend, argv: readonly string[], launch: Partial<Placement["launch"]> = {}, key?: string): Promise<Placement> {
    const [offer] = await backend.listOffers(DEMAND, this.call());
    if (offer === undefined) throw new Error("no offer");
    const name = key ?? `testns-${this.host.newId()}`;
    return {
      key: name,
      offer,
      launch: {
        key: name,
        image: "registry.example/team/work:1",
        argv,
        env: {},
        secrets: {},
        resources: RESOURCES,
        inputs: [],
        outputs: [],
        timeoutMs: 1_800_000,
        maxLifetimeMs: 3_600_000,
        nonce: "n",
        labels: { "spillway-run": "run1" },
        ...launch,
      },
      priceCapUsdPerHour: 1,
      rank: () => [],
    };
  }

  async bind(backend: Backend, argv: readonly string[], launch?: Partial<Placement["launch"]>): Promise<Lease> {
    return backend.bind(await this.placement(backend, argv, launch), this.call());
  }

  async inspect(backend: Backend, lease: Lease): Promise<LeaseReport | undefined> {
    return (await backend.inspect([lease.ref], this.call()))[0];
  }
}

/** Stages of one test file, closed after each test. */
export function stages(): { readonly open: typeof Stage.open; readonly close: () => Promise<void> } {
  const opened: Stage[] = [];
  return {
    open: async (...parameters) => {
      const stage = await Stage.open(...parameters);
      opened.push(stage);
      return stage;
    },
    close: async () => void (await Promise.all(opened.splice(0).map(({ simulator }) => simulator.close()))),
  };
}

export const jobIdOf = ({ ref }: Lease): string => (ref.data as { readonly jobId: string }).jobId;
