import { omitUndefined } from "../../kit/omit-undefined.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Launch } from "../../spec/launch.js";
import type { IoNetClient } from "./client.js";
import { literalArgv } from "./deploy-body.js";
import type { ResolvedOptions } from "./options.js";
import { stageOf } from "./statuses.js";
import type { Deployment } from "./wire.js";

/** Says which launch a deployment is configured for; plain variables can be read back. The runner knows its attempt by it too. */
export const ATTEMPT_VARIABLE = "SPILLWAY_ATTEMPT";

/** The body of an update. Plain variables are replaced by it, secret ones merged: null takes one away. */
export interface UpdateBody {
  readonly env_variables: Readonly<Record<string, string>>;
  readonly secret_env_variables: Readonly<Record<string, Secret | null>>;
  readonly entrypoint: readonly string[];
  readonly args: readonly string[];
  readonly image_url: string;
  readonly registry_username?: string;
  readonly registry_secret?: Secret;
}

/** What {@link startNext} works with. */
export interface StartTools {
  readonly backend: string;
  readonly client: IoNetClient;
  readonly options: Pick<ResolvedOptions, "dollars">;
  readonly deploymentId: string;
}

/** Key of the launch that a deployment was changed to last; nothing while it has the one that it was made with. */
export function launchOf(deployment: Deployment, leaseKey: string): string | undefined {
  const key = deployment.container_config?.env_variables?.[ATTEMPT_VARIABLE];
  return key == null || key === leaseKey ? undefined : key;
}

/**
 * Changes a deployment in place to the next launch, unless it was changed to it before: its container is started anew with that.
 *
 * @throws LEASE_LOST, BACKEND_REJECTED with effect `none`, and what the client throws.
 */
export async function startNext(launch: Launch, tools: StartTools, call: CallContext): Promise<void> {
  const { backend, client, deploymentId } = tools;
  const deployment = await client.deployment(call, deploymentId);
  if (deployment === undefined || stageOf(deployment.status) !== "running")
    throw new SchedulerError("LEASE_LOST", `${backend}: the deployment does not run any more.`, { effect: "none", details: { backend } });
  if (deployment.container_config?.env_variables?.[ATTEMPT_VARIABLE] === launch.key) return;
  await client.update(call, deploymentId, toUpdateBody(launch, deployment, tools));
}

function toUpdateBody(launch: Launch, { container_config: config }: Deployment, { backend, options }: StartTools): UpdateBody {
  const [program = "", ...args] = literalArgv(launch.argv, options);
  const { image, registry } = launch;
  // What is left out stays as it is, and what the former launch had must not reach this one. Whoever runs under the runner has arguments.
  if (image === undefined || args.length === 0 || config?.secret_env_keys == null) {
    throw new SchedulerError("BACKEND_REJECTED", `${backend}: an open deployment cannot be changed to this launch.`, {
      effect: "none",
      details: { backend },
    });
  }
  const former = config.secret_env_keys.filter((name) => !Object.hasOwn(launch.secrets, name));
  return {
    env_variables: { ...launch.env, [ATTEMPT_VARIABLE]: launch.key },
    secret_env_variables: { ...Object.fromEntries(former.map((name) => [name, null])), ...launch.secrets },
    entrypoint: [program],
    args,
    image_url: image,
    ...omitUndefined({ registry_username: registry?.username, registry_secret: registry?.password }),
  };
}
