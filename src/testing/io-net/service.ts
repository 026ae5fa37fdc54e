import type { Catalog } from "./catalog.js";
import { type ContainerConfig, checkDeploy, type DeployRequest } from "./check-deploy.js";
import type { SimulatedContainer } from "./container.js";
import { type DeploymentWorld, SimulatedDeployment } from "./deployment.js";
import { type Complaint, IoNetFailure, refused, unprocessable } from "./failure.js";
import type { SimulatedPlace } from "./options.js";
import { showDetails, showHardware, showListed, showWorker } from "./views.js";

/** How the service behaves where the truth is not known. */
export interface ServiceHabits {
  readonly nodePools: readonly string[];
  readonly uniqueNames: boolean;
  readonly listLagMs: number;
  readonly pageSize: number;
  readonly credits: () => number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const STATUSES = ["running", "completed", "failed", "deployment requested", "termination requested", "destroyed"];
const NOT_FOUND = "Deployment not found";

/** What the requests mean, without HTTP around them. */
export class IoNetService {
  readonly all: SimulatedDeployment[] = [];
  readonly catalog: Catalog;
  readonly #habits: ServiceHabits;
  readonly #world: DeploymentWorld;

  constructor(catalog: Catalog, habits: ServiceHabits, world: DeploymentWorld) {
    this.catalog = catalog;
    this.#habits = habits;
    this.#world = world;
  }

  hardware(): object {
    const hardware = this.catalog.all.map((one) => showHardware(one, this.catalog));
    return { data: { hardware, total: hardware.length } };
  }

  replicas(query: URLSearchParams): object {
    const hardware = this.catalog.find(required(query, "hardware_id"));
    const gpus = whole(query, "hardware_qty", 1);
    if (hardware === undefined) throw refused(404, "Hardware not found");
    const fits = gpus <= (hardware.maxGpus ?? 8);
    const data = hardware.places.map((place) => ({
      id: place.id,
      iso2: place.iso2,
      name: place.name,
      available_replicas: fits ? this.catalog.shown(hardware, place) : 0,
    }));
    return { data: fits ? data : [] };
  }

  price(query: URLSearchParams): object {
    const hardware = this.catalog.find(required(query, "hardware_id"));
    const hours = whole(query, "duration_hours", 1);
    const gpus = whole(query, "gpus_per_container", 1);
    const replicas = whole(query, "replica_count", 1);
    if (hardware === undefined) throw refused(404, "Hardware not found");
    if (hardware.unpriced === true) throw refused(400, "Price is not available for this hardware");
    const places = locationList(required(query, "location_ids")).map((id) => this.catalog.place(hardware, id));
    const shown = places.map((place) => (place === undefined ? 0 : this.catalog.shown(hardware, place)));
    const parts = this.catalog.quote(hardware, gpus, hours, replicas);
    return { data: { replica_count: replicas, gpus_per_container: gpus, available_replica_count: shown, ...parts } };
  }

  deploy(body: unknown): object {
    const request = checkDeploy(body);
    const hardware = this.catalog.find(request.hardwareId);
    if (hardware === undefined) throw refused(404, "Hardware not found");
    if (request.gpusPerContainer > (hardware.maxGpus ?? 8)) throw refused(400, "Too many GPUs per container for this hardware");
    if (this.#habits.uniqueNames && this.all.some((one) => one.request.name === request.name)) {
      throw refused(400, "A resource with this name already exists");
    }
    const place = this.#placeFor(request);
    const usdPerHour = this.catalog.usdPerHour(hardware, request.gpusPerContainer);
    const usd = usdPerHour * request.container.replicaCount * request.durationHours;
    const shortfall = usd - this.#habits.credits();
    if (shortfall > 0) throw paymentRequired(shortfall, usd);
    const made = new SimulatedDeployment(request, { hardware, place, usdPerHour }, this.all.length, this.#world);
    this.all.push(made);
    return { status: "DEPLOYMENT REQUESTED", deployment_id: made.id };
  }

  list(query: URLSearchParams): object {
    const page = whole(query, "page", 0, 0);
    const size = Math.min(whole(query, "page_size", 1, 10), this.#habits.pageSize);
    const status = query.get("status");
    if (status !== null && !STATUSES.includes(status)) throw unprocessable([complaint("status", "Input should be a known status", "enum")]);
    const visibleFromMs = this.#world.host.now() - this.#habits.listLagMs;
    const found = this.all.filter((one) => one.createdAtMs <= visibleFromMs && (status === null || one.status === status)).reverse();
    return {
      data: { deployments: found.slice(page * size, (page + 1) * size).map(showListed), total: found.length, statuses: STATUSES },
    };
  }

  details(id: string): object {
    return { data: showDetails(this.deployment(id)) };
  }

  containers(id: string): object {
    const deployment = this.deployment(id);
    const workers = deployment.containers.map((container) => showWorker(container, deployment));
    return { data: { total: workers.length, workers } };
  }

  containerJobs(id: string, containerId: string): object {
    const deployment = this.deployment(id);
    const container = this.container(id, containerId);
    const workers = container.history.map((place) => showWorker(container, deployment, place));
    return { data: { total: workers.length, workers } };
  }

  extend(id: string, body: unknown): object {
    const deployment = this.deployment(id);
    const hours = typeof body === "object" && body !== null && "duration_hours" in body ? body.duration_hours : undefined;
    if (typeof hours !== "number" || !Number.isInteger(hours) || hours < 1) {
      throw unprocessable([{ loc: ["body", "duration_hours"], msg: "Input should be greater than 0", type: "greater_than" }]);
    }
    if (!deployment.open) throw refused(400, "A finished deployment cannot be extended");
    const shortfall = deployment.usdPerHour * hours - this.#habits.credits();
    if (shortfall > 0) throw paymentRequired(shortfall, deployment.usdPerHour * hours);
    deployment.extend(hours);
    return { data: showDetails(deployment) };
  }

  update(id: string, body: unknown): object {
    const deployment = this.deployment(id);
    if (!deployment.open) throw refused(400, "A finished deployment cannot be updated");
    const { config, image } = updated(deployment, body);
    deployment.update(config, image);
    return { status: "UPDATE REQUESTED", deployment_id: id };
  }

  destroy(id: string): object {
    const deployment = this.deployment(id);
    deployment.destroy();
    return { status: "TERMINATION REQUESTED", deployment_id: id };
  }

  nodePools(): object {
    return { data: this.#habits.nodePools.map((id) => ({ id })) };
  }

  deployment(id: string): SimulatedDeployment {
    if (!UUID.test(id)) {
      throw unprocessable([
        {
          loc: ["path", "deployment_id"],
          msg: "Input should be a valid UUID, invalid character: expected an optional prefix",
          type: "uuid_parsing",
        },
      ]);
    }
    const found = this.all.find((one) => one.id === id);
    if (found === undefined) throw refused(404, NOT_FOUND);
    return found;
  }

  container(id: string, containerId: string): SimulatedContainer {
    const found = this.deployment(id).containers.find((one) => one.id === containerId);
    if (found === undefined) throw refused(404, "Container not found");
    return found;
  }

  #placeFor({ hardwareId, locationId, nodePoolId, container }: DeployRequest): SimulatedPlace {
    const hardware = this.catalog.find(hardwareId);
    if (nodePoolId !== undefined && !this.#habits.nodePools.includes(nodePoolId)) throw refused(404, "Node pool not found");
    const place =
      locationId === undefined
        ? hardware?.places.find((one) => this.catalog.free(hardware, one) >= container.replicaCount)
        : hardware && this.catalog.place(hardware, locationId);
    if (hardware === undefined || place === undefined) throw refused(400, "Not enough available replicas in the location");
    if (this.catalog.free(hardware, place) < container.replicaCount) throw refused(400, "Not enough available replicas in the location");
    return place;
  }
}

/** A deploy body with what changes laid over it; whatever cannot be changed is refused by the same check. */
function updated(
  { request, config, image }: SimulatedDeployment,
  body: unknown,
): { readonly config: ContainerConfig; readonly image: string } {
  if (typeof body !== "object" || body === null) throw unprocessable([{ loc: ["body"], msg: "Field required", type: "missing" }]);
  const {
    env_variables,
    secret_env_variables,
    entrypoint,
    args,
    command,
    traffic_port,
    image_url,
    registry_username,
    registry_secret,
    ...rest
  } = body as Readonly<Record<string, unknown>>;
  const [extra] = Object.keys(rest);
  if (extra !== undefined) throw unprocessable([{ loc: ["body", extra], msg: "Extra inputs are not permitted", type: "extra_forbidden" }]);
  const merged = { ...config.secretEnv, ...(secret_env_variables as object | null | undefined) };
  const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  const checked = checkDeploy({
    resource_private_name: request.name,
    duration_hours: request.durationHours,
    gpus_per_container: request.gpusPerContainer,
    hardware_id: request.hardwareId,
    container_config: {
      replica_count: config.replicaCount,
      traffic_port: traffic_port ?? config.trafficPort,
      env_variables: env_variables ?? config.env,
      secret_env_variables: kept,
      entrypoint: entrypoint ?? config.entrypoint ?? null,
      args: args ?? config.args ?? null,
      command: command ?? config.command ?? null,
    },
    registry_config: {
      image_url: image_url ?? image,
      registry_username: registry_username ?? null,
      registry_secret: registry_secret ?? null,
    },
  });
  return { config: checked.container, image: checked.registry.imageUrl };
}

/** What the tool interface answers, on which the plain one is taken to be modelled. */
const paymentRequired = (shortfallUsd: number, quoteUsd: number): IoNetFailure =>
  new IoNetFailure(402, {
    status: "payment_required",
    payment: {
      x402Version: 2,
      accepts: [
        { scheme: "exact", network: "solana", asset: "USDC", payTo: "simulated", maxAmountRequired: String(Math.ceil(quoteUsd * 1e6)) },
      ],
      io_net: { shortfall_usd: shortfallUsd, quote_usd: Math.max(1, shortfallUsd) },
    },
  });

const complaint = (name: string, msg: string, type: string): Complaint => ({ loc: ["query", name], msg, type });

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === "") throw unprocessable([complaint(name, "Field required", "missing")]);
  return value;
}

function whole(query: URLSearchParams, name: string, least: number, fallback?: number): number {
  const text = query.get(name);
  if (text === null && fallback !== undefined) return fallback;
  const value = Number(required(query, name));
  if (!Number.isInteger(value)) throw unprocessable([complaint(name, "Input should be a valid integer", "int_parsing")]);
  if (value < least) throw unprocessable([complaint(name, `Input should be greater than or equal to ${least}`, "greater_than_equal")]);
  return value;
}

/** A JSON array in one parameter. */
function locationList(text: string): readonly (number | string)[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === "number" || typeof one === "string")) return list;
  } catch {
    // Said below.
  }
  throw unprocessable([complaint("location_ids", "Input should be a valid list", "list_type")]);
}
