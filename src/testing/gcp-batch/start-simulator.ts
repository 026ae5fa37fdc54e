import { type NanoUsd, nanoUsd } from "../../model/money.js";
import type { Host } from "../../spec/host.js";
import { FaultBook } from "../http/fault-book.js";
import { HeldRequests } from "../http/held-requests.js";
import { virtualCommands } from "./execution.js";
import type { GcpBatchFault, GcpBatchFaultRule, GcpBatchMethod } from "./faults.js";
import { GrpcFailure, STATUS } from "./grpc-failure.js";
import { type GrpcCall, GrpcServer } from "./grpc-server.js";
import { LogBook } from "./log-book.js";
import { LoggingServer } from "./logging-server.js";
import type { GcpBatchSimulator, GcpBatchSimulatorOptions, SimulatedGcpJob } from "./options.js";
import { loadProtocol, type Protocol } from "./protocol.js";
import { BatchService } from "./service.js";
import type { JobWorld, SimulatedJob } from "./simulated-job.js";

const HOUR_MS = 3_600_000;
const NO_STOCK =
  "Job waits: code CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED, the zone does not have enough resources available to fulfill the request.";

/**
 * Starts a Google Cloud Batch on a free port of 127.0.0.1: a gRPC server made of the SDK's own messages, with one project and location. The real
 * `BatchServiceClient` talks to it. Machines boot, are billed and are taken away on the host's clock.
 *
 * It shares no code with the backend. What is modelled: job ids that exist, remembered request ids, labels and filters, pages, jobs that wait for
 * stock or quota, jobs that fail without a task, exit codes on tasks only and in events without order, reclaims, the limit of the run, slow
 * deletion, delayed visibility, missing permissions, states that nobody knows, and lost, late, failed and garbled answers.
 *
 * @throws DEPENDENCY_MISSING when `@google-cloud/batch` is not installed.
 *
 * @example
 * const simulator = await startGcpBatchSimulator({ host });
 * const backend = gcpBatch({ project: simulator.project, location: simulator.location, shapes, clientOptions: simulator.clientOptions });
 */
export async function startGcpBatchSimulator(options: GcpBatchSimulatorOptions): Promise<GcpBatchSimulator> {
  const simulator = new Simulator(options, await loadProtocol());
  await simulator.listen();
  return simulator;
}

class Simulator implements GcpBatchSimulator {
  readonly project: string;
  readonly location: string;
  address = "";
  clientOptions: Readonly<Record<string, unknown>> = {};
  loggingEndpoint = "";
  logReads = 0;
  readonly calls: Record<GcpBatchMethod, number> = {
    createJob: 0,
    getJob: 0,
    listJobs: 0,
    deleteJob: 0,
    cancelJob: 0,
    getTask: 0,
    listTasks: 0,
  };
  readonly #host: Host;
  readonly #usdPerHour: Readonly<Record<string, number>>;
  readonly #faults = new FaultBook<GcpBatchFault, GcpBatchMethod>();
  readonly #held = new HeldRequests();
  readonly #shortages = new Map<string, string>();
  readonly #service: BatchService;
  readonly #world: JobWorld;
  readonly #server: GrpcServer;
  readonly #logging: LoggingServer;

  constructor(options: GcpBatchSimulatorOptions, protocol: Protocol) {
    const { host, machineTypes } = options;
    this.project = options.project ?? "test-project";
    this.location = options.location ?? "us-central1";
    this.#host = host;
    this.#usdPerHour = options.usdPerHour ?? {};
    const logs = new LogBook(host, this.project, options.logLagMs ?? 3_000);
    this.#logging = new LoggingServer((request) => {
      this.logReads += 1;
      if (options.deniedPermissions?.includes("logging.logEntries.list") === true)
        throw new GrpcFailure(STATUS.permissionDenied, "Permission denied for all log views");
      return logs.list(request);
    });
    this.#world = {
      host,
      print: (uid, stream, text) => logs.write(uid, stream, text),
      commands: options.commands ?? virtualCommands(host),
      queueMs: options.queueMs ?? 1_000,
      bootMs: options.bootMs ?? 30_000,
      pullMs: options.pullMs ?? 5_000,
      teardownMs: options.teardownMs ?? 5_000,
      deleteMs: options.deleteMs ?? 8_000,
      isKnown: (machineType) => machineTypes === undefined || machineTypes.includes(machineType),
      shortage: (machineType) => this.#shortages.get(machineType),
    };
    const habits = {
      project: this.project,
      location: this.location,
      visibilityMs: options.visibilityMs ?? 0,
      requestIdMs: options.requestIdMs ?? HOUR_MS,
      pageSize: options.pageSize ?? 100,
      deniedPermissions: options.deniedPermissions ?? [],
    };
    this.#service = new BatchService(habits, this.#world, protocol);
    this.#server = new GrpcServer(protocol, {
      batch: (method, call) => this.#answer(method, call),
      operation: (name) => this.#service.operation(name),
    });
  }

  async listen(): Promise<void> {
    const port = await this.#server.listen();
    this.address = `127.0.0.1:${port}`;
    this.clientOptions = this.#server.clientOptions(port);
    this.loggingEndpoint = await this.#logging.listen();
  }

  jobs(): ReadonlyMap<string, SimulatedGcpJob> {
    return new Map(this.#service.all.filter(({ gone }) => !gone).map((job) => [job.spec.id, show(job)]));
  }

  allJobs(): ReadonlyMap<string, SimulatedGcpJob> {
    return new Map(this.#service.all.map((job) => [job.spec.id, show(job)]));
  }

  ledger(): ReadonlyMap<string, NanoUsd> {
    const costs = new Map<string, NanoUsd>();
    for (const { spec, billedMs } of this.#service.all) {
      const cost = nanoUsd(((this.#usdPerHour[spec.machineType] ?? 1) * billedMs) / HOUR_MS, "up");
      costs.set(spec.id, (costs.get(spec.id) ?? 0n) + cost);
    }
    return costs;
  }

  openCount(): number {
    return this.#service.all.filter(({ open }) => open).length;
  }

  get heldRequests(): number {
    return this.#held.count;
  }

  isHeld(requestId: string): boolean {
    return this.#held.has(requestId);
  }

  inject(rule: GcpBatchFaultRule): void {
    this.#faults.add(rule);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  exhaust(machineType: string, event = NO_STOCK): void {
    this.#shortages.set(machineType, event);
  }

  replenish(machineType: string): void {
    this.#shortages.delete(machineType);
    for (const job of this.#service.all) if (job.spec.machineType === machineType) job.schedule();
  }

  reclaim(jobId: string, exitCode = 50_001): void {
    void this.#job(jobId).reclaim(exitCode);
  }

  disguise(jobId: string, state: number | undefined): void {
    this.#job(jobId).disguise = state;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#logging.close();
    await Promise.all(this.#service.all.map((job) => job.discard()));
    await this.#world.commands.close?.();
  }

  async #answer(method: GcpBatchMethod, call: GrpcCall): Promise<object | "garbage"> {
    this.calls[method] += 1;
    const fault = this.#faults.strike(method);
    const perform = (): object => this.#service.perform(method, call.request);
    return fault === undefined ? perform() : this.#spoil(fault, call, perform);
  }

  async #spoil(fault: GcpBatchFault, call: GrpcCall, perform: () => object): Promise<object | "garbage"> {
    switch (fault.kind) {
      case "silence":
        if (fault.effect) perform();
        return this.#hold(call);
      case "status":
        if (fault.effect) perform();
        throw new GrpcFailure(fault.code, fault.message ?? nameOf(fault.code));
      case "garbage":
        perform();
        return "garbage";
      case "slow":
        return this.#hold(call, { answer: perform(), ms: fault.ms });
    }
  }

  /** Gives the answer late, or none at all. */
  #hold(call: GrpcCall, late?: { readonly answer: object; readonly ms: number }): Promise<object> {
    const letGo = this.#held.hold({ headers: call.metadata.getMap() });
    return new Promise((resolve) => {
      const timer =
        late &&
        this.#host.setTimer(late.ms, () => {
          letGo();
          resolve(late.answer);
        });
      call.once("cancelled", () => {
        letGo();
        timer?.cancel();
      });
    });
  }

  #job(id: string): SimulatedJob {
    const job = this.#service.all.findLast(({ spec }) => spec.id === id);
    if (job === undefined) throw new Error(`The simulator has no job "${id}".`);
    return job;
  }
}

function show(job: SimulatedJob): SimulatedGcpJob {
  const { id, command, labels, machineType, provisioningModel, maxRunSeconds, maxRetryCount, request } = job.spec;
  return {
    id,
    state: job.state,
    command,
    labels,
    machineType,
    provisioningModel,
    maxRunSeconds,
    maxRetryCount,
    machineUp: job.machineUp,
    request,
  };
}

const nameOf = (code: number): string => Object.entries(STATUS).find(([, number]) => number === code)?.[0] ?? "error";
