import type { protos } from "@google-cloud/batch";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Launch } from "../../spec/launch.js";
import type { ResolvedOptions, ResolvedShape } from "./options.js";

type Job = protos.google.cloud.batch.v1.IJob;
type InstancePolicy = protos.google.cloud.batch.v1.AllocationPolicy.IInstancePolicy;

/** Requests may have 1 MB (quotas page); the rest of the job takes little. */
const MOST_BYTES = 1_000_000;

/** Name of an environment variable that every shell and container runtime takes. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Part of a lease's life that is left for the machine to boot and to be torn down, ms: both are billed, and neither counts for Batch's
 * limit of the run. Of short lives at most a half.
 */
const MACHINE_MS = 5 * 60_000;

/** What goes into a job beside the launch. */
export interface JobParts {
  readonly launch: Launch;
  readonly shape: ResolvedShape;
  readonly options: ResolvedOptions;
  readonly location: string;
  readonly labels: Record<string, string>;
  readonly secretVariables: Readonly<Record<string, string>>;
}

/**
 * The job of a launch: one task of one container, tried once, alone on a machine of the shape.
 *
 * @throws BACKEND_REJECTED for what Batch would refuse or garble; nothing has been sent by then.
 */
export function toJob(parts: JobParts): Job {
  const { launch, shape, options, location, labels } = parts;
  const environment = { variables: variablesOf(launch), secretVariables: { ...parts.secretVariables } };
  const job: Job = {
    taskGroups: [
      {
        taskCount: 1,
        parallelism: 1,
        taskSpec: {
          runnables: [{ container: containerOf(launch, shape, options), environment }],
          // Defaults are 2 vCPUs and 2,000 MiB; asking for all of the machine keeps it to this job.
          computeResource: { cpuMilli: Math.floor(shape.cpu * 1_000), memoryMib: shape.memory },
          maxRunDuration: { seconds: maxRunSeconds(launch.maxLifetimeMs) },
          // Retries of Batch would be attempts that nobody sees.
          maxRetryCount: 0,
        },
      },
    ],
    allocationPolicy: {
      instances: [{ policy: policyOf(shape), installGpuDrivers: shape.gpu !== undefined }],
      location: { allowedLocations: allowedLocations(shape, location) },
      labels,
      ...(options.serviceAccount === undefined ? {} : { serviceAccount: { email: options.serviceAccount } }),
      ...(options.network === undefined ? {} : { network: { networkInterfaces: [interfaceOf(options.network)] } }),
    },
    labels,
    // The default keeps no logs at all.
    logsPolicy: { destination: "CLOUD_LOGGING" },
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  };
  requireRoom(job);
  return job;
}

/** Batch's limit on the run, in whole seconds: the lifetime without what the machine takes to come and go. */
export function maxRunSeconds(maxLifetimeMs: number): number {
  return Math.max(1, Math.floor(Math.max(maxLifetimeMs - MACHINE_MS, maxLifetimeMs / 2) / 1_000));
}

function containerOf(
  { image, argv, registry }: Launch,
  shape: ResolvedShape,
  options: ResolvedOptions,
): protos.google.cloud.batch.v1.Runnable.IContainer {
  if (image === undefined) throw refused("a container image is needed: give the workload an `image`", "image");
  const [entrypoint = "", ...commands] = argv;
  for (const part of argv) if (part.includes("\0")) throw refused("an argument holds a NUL character", "command");
  return {
    imageUri: image,
    // Replaces the image's own, so that exactly the launch's argument vector runs.
    entrypoint,
    commands,
    volumes: [...shape.containerVolumes],
    ...(shape.containerOptions === undefined ? {} : { options: shape.containerOptions }),
    ...(options.blockExternalNetwork ? { blockExternalNetwork: true } : {}),
    ...(registry === undefined ? {} : { username: registry.username, password: registry.password.reveal() }),
  };
}

function variablesOf({ env, secrets }: Launch): Record<string, string> {
  const all = { ...env, ...Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()])) };
  for (const [name, value] of Object.entries(all)) {
    if (!VARIABLE.test(name)) throw refused("a name of an environment variable holds more than letters, digits and `_`", "env");
    if (value.includes("\0")) throw refused(`the environment variable ${name} holds a NUL character`, "env");
  }
  return all;
}

function policyOf(shape: ResolvedShape): InstancePolicy {
  const { machineType, provisioning, gpu, bootDiskType, bootDiskImage } = shape;
  const attach = gpu?.attach ?? machineType.startsWith("n1-");
  return {
    machineType,
    provisioningModel: provisioning === "spot" ? "SPOT" : "STANDARD",
    ...(gpu !== undefined && attach ? { accelerators: [{ type: gpu.type, count: gpu.count }] } : {}),
    bootDisk: {
      sizeGb: Math.ceil(shape.disk / 1_024),
      ...(bootDiskType === undefined ? {} : { type: bootDiskType }),
      ...(bootDiskImage === undefined ? {} : { image: bootDiskImage }),
    },
  };
}

/** Either a region or zones of one; since 2026-07-31 they must lie in the job's own region. */
const allowedLocations = ({ zones }: ResolvedShape, location: string): string[] =>
  zones === undefined || zones.length === 0 ? [`regions/${location}`] : zones.map((zone) => `zones/${zone}`);

function interfaceOf({ network, subnetwork, externalIp }: NonNullable<ResolvedOptions["network"]>) {
  return {
    ...(network === undefined ? {} : { network }),
    ...(subnetwork === undefined ? {} : { subnetwork }),
    noExternalIpAddress: !externalIp,
  };
}

function requireRoom(job: Job): void {
  const bytes = new TextEncoder().encode(JSON.stringify(job)).length;
  if (bytes > MOST_BYTES) {
    throw refused(
      `the job takes ${bytes} bytes and Batch takes ${MOST_BYTES}: make command and environment smaller, or pass data as inputs`,
      "env",
    );
  }
}

const refused = (why: string, field: string): SchedulerError =>
  new SchedulerError("BACKEND_REJECTED", `The job cannot be submitted to Google Cloud Batch: ${why}.`, {
    effect: "none",
    details: { field },
  });
