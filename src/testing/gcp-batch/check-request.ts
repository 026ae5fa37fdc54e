import { GrpcFailure, STATUS } from "./grpc-failure.js";
import type { JobSpec } from "./simulated-job.js";

const JOB_ID = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const LABEL_KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MOST_RUN_SECONDS = 14 * 24 * 3_600;
const DEFAULT_SECONDS = 7 * 24 * 3_600;

/** Plain data of the protocol: enum members by name, numbers as numbers, absent fields absent. */
export interface PlainJob {
  readonly labels?: Readonly<Record<string, string>>;
  readonly taskGroups?: readonly {
    readonly taskCount?: number;
    readonly taskSpec?: {
      readonly runnables?: readonly {
        readonly container?: { readonly imageUri?: string; readonly entrypoint?: string; readonly commands?: readonly string[] };
        readonly environment?: { readonly variables?: Readonly<Record<string, string>> };
      }[];
      readonly environment?: { readonly variables?: Readonly<Record<string, string>> };
      readonly maxRunDuration?: { readonly seconds?: number };
      readonly maxRetryCount?: number;
    };
  }[];
  readonly logsPolicy?: { readonly destination?: string };
  readonly allocationPolicy?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly location?: { readonly allowedLocations?: readonly string[] };
    readonly instances?: readonly { readonly policy?: { readonly machineType?: string; readonly provisioningModel?: string } }[];
  };
}

const refuse = (message: string): never => {
  throw new GrpcFailure(STATUS.invalidArgument, message);
};

/** Judges a request to create a job as the service does, as far as that is known. @throws INVALID_ARGUMENT */
export function checkJob(
  request: PlainJob,
  ids: { readonly jobId: string; readonly requestId: string; readonly uid: string },
  location: string,
): JobSpec {
  if (!JOB_ID.test(ids.jobId)) refuse("Job ID is invalid.");
  if (ids.requestId !== "" && (!UUID.test(ids.requestId) || /^[0-]+$/.test(ids.requestId))) refuse("request_id must be a non-zero UUID.");
  const [group, ...moreGroups] = request.taskGroups ?? [];
  if (group === undefined || moreGroups.length > 0) return refuse("Exactly one task group must be specified.");
  const spec = group.taskSpec ?? refuse("task_spec must be specified.");
  const [runnable] = spec.runnables ?? [];
  if (runnable?.container?.imageUri === undefined || runnable.container.imageUri === "")
    return refuse("A runnable with a container image must be specified.");
  const env = { ...spec.environment?.variables, ...runnable.environment?.variables };
  for (const name of Object.keys(env)) if (!VARIABLE.test(name)) refuse(`Environment variable name ${name} is invalid.`);
  checkLabels(request.labels ?? {});
  checkLabels(request.allocationPolicy?.labels ?? {});
  const maxRunSeconds = Number(spec.maxRunDuration?.seconds ?? DEFAULT_SECONDS);
  if (!(maxRunSeconds > 0) || maxRunSeconds > MOST_RUN_SECONDS) refuse("max_run_duration must be within 14 days.");
  const zone = zoneOf(request.allocationPolicy?.location?.allowedLocations ?? [], location);
  const [instance] = request.allocationPolicy?.instances ?? [];
  const { entrypoint = "", commands = [], imageUri } = runnable.container;
  return {
    id: ids.jobId,
    uid: ids.uid,
    request: request as Readonly<Record<string, unknown>>,
    command: { image: imageUri, argv: [...(entrypoint === "" ? [] : [entrypoint]), ...commands], env },
    labels: request.labels ?? {},
    machineType: instance?.policy?.machineType ?? "e2-standard-4",
    provisioningModel: instance?.policy?.provisioningModel ?? "STANDARD",
    maxRunSeconds,
    maxRetryCount: spec.maxRetryCount ?? 0,
    zone,
    keepsLogs: request.logsPolicy?.destination === "CLOUD_LOGGING",
  };
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  if (entries.length > 64) refuse("Too many labels.");
  for (const [key, value] of entries) {
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value) || /^goog(-|le-)/.test(key)) refuse(`Label ${key} is invalid.`);
  }
}

/** The zone that the machine gets: jobs of a region stay in it. */
function zoneOf(allowed: readonly string[], location: string): string {
  for (const place of allowed) {
    const isHere = place === `regions/${location}` || place.startsWith(`zones/${location}-`);
    if (!isHere) refuse(`Allowed location ${place} is not in the job's region ${location}.`);
  }
  const zone = allowed.find((place) => place.startsWith("zones/"));
  return zone === undefined ? `${location}-a` : zone.slice("zones/".length);
}
