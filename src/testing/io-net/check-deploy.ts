import { type Complaint, unprocessable } from "./failure.js";

/** A deploy body that was checked. */
export interface DeployRequest {
  readonly name: string;
  readonly durationHours: number;
  readonly gpusPerContainer: number;
  readonly hardwareId: number | string;
  readonly locationId: number | string | undefined;
  readonly nodePoolId: string | undefined;
  readonly container: ContainerConfig;
  readonly registry: { readonly imageUrl: string; readonly username: string | undefined; readonly secret: string | undefined };
}

/** What runs in each container. */
export interface ContainerConfig {
  readonly replicaCount: number;
  readonly trafficPort: number;
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly command: string | undefined;
}

type Bag = Readonly<Record<string, unknown>>;
type Loc = readonly (string | number)[];

/** Checks as the service does: unknown keys are refused at every level, and so is whatever is out of range. @throws IoNetFailure 422 */
export function checkDeploy(body: unknown): DeployRequest {
  const check = new Check();
  const top = check.object(
    body,
    ["body"],
    [
      "resource_private_name",
      "duration_hours",
      "gpus_per_container",
      "hardware_id",
      "location_ids",
      "node_pool_id",
      "container_config",
      "registry_config",
    ],
  );
  const config = check.object(
    top["container_config"],
    ["body", "container_config"],
    ["replica_count", "traffic_port", "env_variables", "secret_env_variables", "entrypoint", "args", "command"],
  );
  const registry = check.object(top["registry_config"], ["body", "registry_config"], ["image_url", "registry_username", "registry_secret"]);
  const at = (name: string): Loc => ["body", "container_config", name];
  const request: DeployRequest = {
    name: check.text(top["resource_private_name"], ["body", "resource_private_name"]),
    durationHours: check.int(top["duration_hours"], ["body", "duration_hours"], 1, 8_760),
    gpusPerContainer: check.int(top["gpus_per_container"], ["body", "gpus_per_container"], 1, 8),
    hardwareId: check.id(top["hardware_id"], ["body", "hardware_id"]),
    locationId: check.location(top["location_ids"]),
    nodePoolId: check.optional(top["node_pool_id"], (value) => check.text(value, ["body", "node_pool_id"])),
    container: {
      replicaCount: check.int(config["replica_count"], at("replica_count"), 1, 100),
      trafficPort: check.int(config["traffic_port"], at("traffic_port"), 1, 65_535),
      env: check.optional(config["env_variables"], (value) => check.texts(value, at("env_variables"))) ?? {},
      secretEnv: check.optional(config["secret_env_variables"], (value) => check.texts(value, at("secret_env_variables"))) ?? {},
      entrypoint: check.optional(config["entrypoint"], (value) => check.list(value, at("entrypoint"))),
      args: check.optional(config["args"], (value) => check.list(value, at("args"))),
      command: check.optional(config["command"], (value) => check.text(value, at("command"))),
    },
    registry: {
      imageUrl: check.text(registry["image_url"], ["body", "registry_config", "image_url"]),
      username: check.optional(registry["registry_username"], (value) =>
        check.text(value, ["body", "registry_config", "registry_username"]),
      ),
      secret: check.optional(registry["registry_secret"], (value) => check.text(value, ["body", "registry_config", "registry_secret"])),
    },
  };
  if (request.nodePoolId !== undefined && request.locationId !== undefined) {
    check.complain(["body", "location_ids"], "location_ids and node_pool_id are mutually exclusive", "value_error");
  }
  check.finish();
  return request;
}

/** Collects complaints, so that all are told at once. */
class Check {
  readonly #complaints: Complaint[] = [];

  complain(loc: Loc, msg: string, type: string): void {
    this.#complaints.push({ loc, msg, type });
  }

  finish(): void {
    if (this.#complaints.length > 0) throw unprocessable(this.#complaints);
  }

  optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
    return value === undefined || value === null ? undefined : read(value);
  }

  object(value: unknown, loc: Loc, known: readonly string[]): Bag {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.complain(
        loc,
        value === undefined ? "Field required" : "Input should be a valid dictionary",
        value === undefined ? "missing" : "dict_type",
      );
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.complain([...loc, key], "Extra inputs are not permitted", "extra_forbidden");
    }
    return value as Bag;
  }

  text(value: unknown, loc: Loc): string {
    if (typeof value === "string" && value !== "") return value;
    this.complain(
      loc,
      value === undefined ? "Field required" : "Input should be a valid string",
      value === undefined ? "missing" : "string_type",
    );
    return "";
  }

  int(value: unknown, loc: Loc, least: number, most: number): number {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      this.complain(
        loc,
        value === undefined ? "Field required" : "Input should be a valid integer",
        value === undefined ? "missing" : "int_type",
      );
      return least;
    }
    if (value < least) this.complain(loc, `Input should be greater than or equal to ${least}`, "greater_than_equal");
    if (value > most) this.complain(loc, `Input should be less than or equal to ${most}`, "less_than_equal");
    return value;
  }

  id(value: unknown, loc: Loc): number | string {
    if (typeof value === "number" || (typeof value === "string" && value !== "")) return value;
    this.complain(loc, "Input should be a valid integer", "int_type");
    return 0;
  }

  location(value: unknown): number | string | undefined {
    if (value === undefined || value === null) return undefined;
    const loc = ["body", "location_ids"];
    if (!Array.isArray(value) || value.length !== 1) {
      this.complain(loc, "List should have exactly 1 item", "list_length");
      return undefined;
    }
    return this.id(value[0], [...loc, 0]);
  }

  list(value: unknown, loc: Loc): readonly string[] {
    if (!Array.isArray(value) || value.length === 0) {
      this.complain(loc, "List should have at least 1 item after validation, not 0", "too_short");
      return [];
    }
    for (const [index, one] of value.entries()) {
      if (typeof one !== "string") this.complain([...loc, index], "Input should be a valid string", "string_type");
    }
    return value.map(String);
  }

  texts(value: unknown, loc: Loc): Readonly<Record<string, string>> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.complain(loc, "Input should be a valid dictionary", "dict_type");
      return {};
    }
    for (const [name, one] of Object.entries(value)) {
      if (typeof one !== "string") this.complain([...loc, name], "Input should be a valid string", "string_type");
    }
    return value as Readonly<Record<string, string>>;
  }
}
