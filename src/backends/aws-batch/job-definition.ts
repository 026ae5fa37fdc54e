import type { RegisterJobDefinitionCommandInput } from "@aws-sdk/client-batch";
import { LRUCache } from "lru-cache";
import { canonicalJson } from "../../model/canonical-json.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Launch } from "../../spec/launch.js";
import type { BatchApi } from "./client.js";
import type { JobSize } from "./job-size.js";
import type { ResolvedOptions } from "./options.js";
import { DEFAULT_LOG_GROUP, type ResolvedQueue } from "./queue-options.js";
import { definitionList, registered } from "./wire.js";

/** Longest image reference that Batch takes (types of `@aws-sdk/client-batch` 3.1138.0). */
const LONGEST_IMAGE = 255;
/** Definitions whose ARN is remembered. */
const REMEMBERED = 10_000;

type DefinitionBody = Omit<RegisterJobDefinitionCommandInput, "jobDefinitionName">;

/**
 * Everything of a job that cannot be said at submission: image, roles, platform, network, disk and logs. Command, environment, size, timeout and tags
 * are, so they are constants here and one definition serves all sizes.
 *
 * @throws UNSUPPORTED_WORKLOAD when Batch cannot take the image.
 */
export function definitionFor(launch: Launch, queue: ResolvedQueue, size: JobSize, options: ResolvedOptions): DefinitionBody {
  const isFargate = queue.platform === "fargate";
  return {
    type: "container",
    platformCapabilities: [isFargate ? "FARGATE" : "EC2"],
    retryStrategy: { attempts: 1 },
    propagateTags: true,
    containerProperties: {
      image: imageOf(launch),
      command: [],
      resourceRequirements: isFargate
        ? [
            { type: "VCPU", value: "0.25" },
            { type: "MEMORY", value: "512" },
          ]
        : [
            { type: "VCPU", value: "1" },
            { type: "MEMORY", value: "512" },
          ],
      // Batch's own default is the same driver with its own group.
      ...(queue.logGroup === DEFAULT_LOG_GROUP
        ? {}
        : { logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": queue.logGroup } } }),
      ...(queue.jobRoleArn === undefined ? {} : { jobRoleArn: queue.jobRoleArn }),
      ...(queue.executionRoleArn === undefined ? {} : { executionRoleArn: queue.executionRoleArn }),
      ...credentialsOf(launch, options),
      ...(isFargate ? fargateParts(queue, size) : {}),
    },
  };
}

function imageOf({ image }: Launch): string {
  if (image === undefined)
    throw new SchedulerError("UNSUPPORTED_WORKLOAD", "aws-batch runs container images: give the workload an `image`.");
  if (image.length <= LONGEST_IMAGE) return image;
  throw new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `aws-batch takes image references of up to ${LONGEST_IMAGE} characters, this one has ${image.length}.`,
    {
      details: { field: "image" },
    },
  );
}

function credentialsOf({ registry }: Launch, { registrySecrets }: ResolvedOptions): object {
  if (registry === undefined) return {};
  const secret = registrySecrets[registry.server];
  if (secret !== undefined) return { repositoryCredentials: { credentialsParameter: secret } };
  throw new SchedulerError(
    "UNSUPPORTED_WORKLOAD",
    `aws-batch cannot hand over a registry password. Store the login for ${registry.server} in Secrets Manager and name its ARN in \`registrySecrets\`.`,
    { details: { field: "registry" } },
  );
}

function fargateParts(queue: ResolvedQueue, size: JobSize): object {
  return {
    networkConfiguration: { assignPublicIp: queue.assignPublicIp ? "ENABLED" : "DISABLED" },
    runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: queue.arch === "arm64" ? "ARM64" : "X86_64" },
    fargatePlatformConfiguration: { platformVersion: "LATEST" },
    // 20 GiB come with every task; only more can be asked for.
    ...(size.diskGiB > 20 ? { ephemeralStorage: { sizeInGiB: size.diskGiB } } : {}),
  };
}

/** Knows the ARNs of job definitions. */
export interface Definitions {
  /** The ARN of the definition with this content, registered if there is none. */
  arnOf(body: DefinitionBody, call: CallContext): Promise<string>;
  /** Somebody deregistered it. */
  forget(arn: string): void;
}

/**
 * Definitions by content: the name holds a digest of the body, so whoever needs the same body finds it. Each registration makes a new revision, even of
 * the same body, and they pile up; hence one look and at most one registration at a time for each name.
 */
export function createDefinitions(api: BatchApi, namePrefix: string): Definitions {
  const known = new LRUCache<string, string>({ max: REMEMBERED });
  const underWay = new Map<string, Promise<string>>();

  async function findOrRegister(name: string, body: DefinitionBody, call: CallContext): Promise<string> {
    const input = { jobDefinitionName: name, status: "ACTIVE", maxResults: 1 };
    const found = await api.read(call, "look up the job definition", (sdk) => new sdk.DescribeJobDefinitionsCommand(input), definitionList);
    const arn = found.jobDefinitions[0]?.jobDefinitionArn;
    if (arn !== undefined) return arn;
    const made = await api.readOnce(
      call,
      "register the job definition",
      (sdk) => new sdk.RegisterJobDefinitionCommand({ jobDefinitionName: name, ...body }),
      registered,
    );
    return made.jobDefinitionArn;
  }

  return {
    async arnOf(body, call) {
      const name = `${namePrefix}${call.host.sha256(canonicalJson(body)).slice(0, 32)}`;
      const arn = known.get(name);
      if (arn !== undefined) return arn;
      const other = underWay.get(name);
      if (other !== undefined) {
        // The one who asked first may be aborted or fail; then this call has to ask for itself.
        const settled = await other.catch(() => undefined);
        if (settled !== undefined) return settled;
        if (call.signal.aborted) throw call.signal.reason;
        return this.arnOf(body, call);
      }
      const asking = findOrRegister(name, body, call).finally(() => underWay.delete(name));
      underWay.set(name, asking);
      const answer = await asking;
      known.set(name, answer);
      return answer;
    },
    forget(arn) {
      for (const [name, value] of known.entries()) if (value === arn) known.delete(name);
    },
  };
}
