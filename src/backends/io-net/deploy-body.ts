import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Secret } from "../../model/secret.js";
import type { Launch } from "../../spec/launch.js";
import type { ResolvedOptions } from "./options.js";
import type { WireId } from "./wire.js";

/** The body of a deploy. The service refuses keys that it does not know, at all three levels. */
export interface DeployBody {
  readonly resource_private_name: string;
  readonly duration_hours: number;
  readonly gpus_per_container: number;
  readonly hardware_id: WireId;
  /** Exactly one; not together with a pool. */
  readonly location_ids?: readonly [WireId];
  readonly node_pool_id?: string;
  readonly container_config: {
    readonly replica_count: 1;
    readonly traffic_port: number;
    readonly env_variables: Readonly<Record<string, string>>;
    readonly secret_env_variables: Readonly<Record<string, Secret>>;
    readonly entrypoint: readonly string[];
    /** Must not be there rather than empty. */
    readonly args?: readonly string[];
  };
  readonly registry_config: {
    readonly image_url: string;
    readonly registry_username?: string;
    readonly registry_secret?: Secret;
  };
}

/** What a deployment is made from. */
export interface DeployParts {
  readonly name: string;
  readonly image: string;
  readonly launch: Launch;
  readonly hours: number;
  readonly machine: MachineChoice;
  readonly trafficPort: number;
  readonly options: Pick<ResolvedOptions, "dollars" | "nodePool">;
}

/** Which machine an offer stands for. Kept in the offer's `data`. */
export interface MachineChoice {
  readonly hardwareId: WireId;
  readonly locationId: WireId;
  readonly gpus: number;
}

/** A command that arrives as it is: the service puts variables into what it is given. */
export const literalArgv = (argv: readonly string[], { dollars }: Pick<ResolvedOptions, "dollars">): readonly string[] =>
  dollars === "double" ? argv.map((text) => text.replaceAll("$", "$$$$")) : argv;

/** Translates a launch. */
export function toDeployBody({ name, image, launch, hours, machine, trafficPort, options }: DeployParts): DeployBody {
  const { nodePool } = options;
  const [program = "", ...args] = literalArgv(launch.argv, options);
  return {
    resource_private_name: name,
    duration_hours: hours,
    gpus_per_container: machine.gpus,
    hardware_id: machine.hardwareId,
    ...(nodePool === undefined ? { location_ids: [machine.locationId] } : { node_pool_id: nodePool.id }),
    container_config: {
      replica_count: 1,
      traffic_port: trafficPort,
      // Shown again to whoever has the API key; secrets are shown by name only.
      env_variables: launch.env,
      secret_env_variables: launch.secrets,
      entrypoint: [program],
      ...(args.length === 0 ? {} : { args }),
    },
    registry_config: {
      image_url: image,
      ...omitUndefined({ registry_username: launch.registry?.username, registry_secret: launch.registry?.password }),
    },
  };
}
