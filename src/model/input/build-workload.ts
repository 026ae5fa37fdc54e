import type { KindSpec } from "../kinds/kind-spec.js";
import { toUsd } from "../money.js";
import { formatDuration } from "../units.js";
import type {
  CheckpointRequest,
  DataRequest,
  InputRequest,
  OutputRequest,
  ResourceRequest,
  VerificationRequest,
  Workload,
} from "../workload.js";
import type { CommonParsed } from "./common-schema.js";
import type { Problem } from "./problem.js";

/** Most work ends within three times a fair guess; short guesses are the least fair. */
const TIMEOUT_FACTOR = 3;
const LEAST_TIMEOUT_MS = 600_000;

const CHECKPOINT = { costMs: 10_000, restoreMs: 30_000, sizeBytes: 1024 ** 3 };
const QUORUM = { maxErrorProbability: 0.001, maxReplicas: 7 };

/** Fills the defaults and checks what no single field can know. */
export function buildWorkload(
  parsed: CommonParsed,
  task: Readonly<Record<string, unknown>>,
  spec: KindSpec,
): { readonly workload: Workload; readonly problems: readonly Problem[] } {
  const latency = parsed.latency ?? "batch";
  const { expectedDurationMs, timeoutMs } = times(parsed, spec);
  const reclaimable = latency === "batch" && (spec.defaults.interruptible === "always" || parsed.checkpoint !== undefined);
  const { name, image, registry, deadline, near, maxCost, tenant } = parsed;
  const encryption = parsed.data?.encryptTo === undefined ? {} : { encryptTo: parsed.data.encryptTo };
  const workload: Workload = {
    kind: spec.kind,
    ...(name === undefined ? {} : { name }),
    ...(image === undefined ? {} : { image }),
    command: parsed.command,
    env: parsed.env ?? {},
    secrets: parsed.secrets ?? {},
    secretsTo: parsed.secretsTo ?? "trusted",
    ...(registry === undefined ? {} : { registry }),
    resources: resourcesOf(parsed, spec),
    inputs: mapValues(parsed.inputs ?? {}, (input): InputRequest => input),
    outputs: mapValues(parsed.outputs ?? {}, (output): OutputRequest => ({ optional: false, ...encryption, ...output })),
    data: dataOf(parsed),
    expectedDurationMs,
    timeoutMs,
    ...(deadline === undefined ? {} : { deadline }),
    ...(parsed.startWithin === undefined ? {} : { startWithinMs: parsed.startWithin }),
    latency,
    ...(near === undefined ? {} : { near }),
    interruptible: parsed.interruptible ?? reclaimable,
    ...(parsed.checkpoint === undefined ? {} : { checkpoint: checkpointOf(parsed.checkpoint) }),
    ...(maxCost === undefined ? {} : { maxCost }),
    ...(parsed.valueAtRisk === undefined ? {} : { valueAtRiskUsd: toUsd(parsed.valueAtRisk) }),
    priority: parsed.priority ?? 0,
    ...(tenant === undefined ? {} : { tenant }),
    verification: verificationOf(parsed),
    labels: parsed.labels ?? {},
    backendOptions: parsed.backendOptions ?? {},
    task,
  };
  return { workload, problems: contradictions(parsed, workload) };
}

/** A timeout alone also bounds the guess: work that is ended after a minute is not expected to take ten. */
function times(parsed: CommonParsed, spec: KindSpec): { expectedDurationMs: number; timeoutMs: number } {
  const guess = Math.min(spec.defaults.expectedDurationMs, parsed.timeout ?? Number.POSITIVE_INFINITY);
  const expectedDurationMs = parsed.expectedDuration ?? guess;
  return { expectedDurationMs, timeoutMs: parsed.timeout ?? Math.max(TIMEOUT_FACTOR * expectedDurationMs, LEAST_TIMEOUT_MS) };
}

function resourcesOf({ resources = {} }: CommonParsed, { defaults }: KindSpec): ResourceRequest {
  return {
    cpu: resources.cpu ?? defaults.cpu,
    memoryMiB: resources.memory ?? defaults.memoryMiB,
    diskMiB: resources.disk ?? defaults.diskMiB,
    ...(resources.gpu ? { gpu: resources.gpu } : {}),
    ...(resources.arch ? { arch: resources.arch } : {}),
  };
}

function dataOf({ data = {} }: CommonParsed): DataRequest {
  return {
    sensitivity: data.sensitivity ?? "internal",
    residency: data.residency ?? [],
    certifications: data.certifications ?? [],
    agreements: data.agreements ?? [],
    tee: data.tee ?? [],
    ...(data.transferBasis === undefined ? {} : { transferBasis: data.transferBasis }),
  };
}

function checkpointOf(written: NonNullable<CommonParsed["checkpoint"]>): CheckpointRequest {
  return {
    path: written.path,
    ...(written.every === undefined ? {} : { everyMs: written.every }),
    costMs: written.cost ?? CHECKPOINT.costMs,
    restoreMs: written.restore ?? CHECKPOINT.restoreMs,
    sizeBytes: written.size ?? CHECKPOINT.sizeBytes,
  };
}

function verificationOf({ verification }: CommonParsed): VerificationRequest {
  switch (verification?.kind) {
    case "quorum":
      return { ...QUORUM, ...verification };
    case "custom":
      return { kind: "custom", name: verification.name, options: verification.options };
    default:
      return { kind: "none" };
  }
}

function contradictions(parsed: CommonParsed, workload: Workload): Problem[] {
  const problems: Problem[] = [];
  const shared = Object.keys(workload.secrets).find((name) => Object.hasOwn(workload.env, name));
  if (shared !== undefined) problems.push({ field: `secrets.${shared}`, message: "is also set in `env`; keep one of them" });
  if (parsed.registry && parsed.image === undefined)
    problems.push({ field: "registry", message: "is a login for an image, but there is no `image`" });
  if (workload.timeoutMs < workload.expectedDurationMs) {
    const [limit, guess] = [formatDuration(workload.timeoutMs), formatDuration(workload.expectedDurationMs)];
    problems.push({ field: "timeout", message: `is ${limit} and would end work that is expected to take ${guess} (\`expectedDuration\`)` });
  }
  if (workload.verification.kind === "quorum" && Object.keys(workload.outputs).length === 0) {
    problems.push({
      field: "outputs",
      message: "is empty, but `verification` by quorum compares the outputs of several attempts; declare at least one",
    });
  }
  const sealed = Object.entries(workload.outputs).find(([, { encryptTo }]) => encryptTo !== undefined);
  if (workload.verification.kind === "quorum" && sealed !== undefined) {
    problems.push({
      field: parsed.data?.encryptTo === undefined ? `outputs.${sealed[0]}.encryptTo` : "data.encryptTo",
      message: "makes equal outputs look different each time, but `verification` by quorum compares them; give up one of the two",
    });
  }
  return problems;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
