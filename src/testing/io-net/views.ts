import { msToIso } from "../../kit/timestamp.js";
import type { Catalog } from "./catalog.js";
import type { SimulatedContainer } from "./container.js";
import type { SimulatedDeployment } from "./deployment.js";
import type { SimulatedHardware } from "./options.js";

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

/** Times are told without a zone. */
const naive = (ms: number | undefined): string | null => (ms === undefined ? null : msToIso(ms).replace("Z", "000"));

/** Words for a status are not always written alike. */
const shownStatus = (deployment: SimulatedDeployment): string | null =>
  deployment.disguise === undefined ? deployment.status : deployment.disguise;

/** A kind of hardware, the sum of its places. */
export function showHardware(hardware: SimulatedHardware, catalog: Catalog) {
  return {
    max_gpus_per_container: hardware.maxGpus ?? 8,
    available: hardware.places.reduce((sum, place) => sum + catalog.shown(hardware, place), 0),
    hardware_id: hardware.id,
    hardware_name: hardware.name,
    brand_name: hardware.brand ?? "NVIDIA",
    price: hardware.usdPerGpuHour,
  };
}

/** A deployment in a list. */
export function showListed(deployment: SimulatedDeployment) {
  const { request, terms } = deployment;
  return {
    id: deployment.id,
    status: shownStatus(deployment),
    name: request.name,
    hardware_quantity: request.gpusPerContainer * request.container.replicaCount,
    brand_name: terms.hardware.brand ?? "NVIDIA",
    hardware_name: terms.hardware.name,
    created_at: naive(deployment.createdAtMs),
    ...showProgress(deployment),
  };
}

/** A deployment by its id. The values of secret variables are never told, and neither is its name. */
export function showDetails(deployment: SimulatedDeployment) {
  const { request, terms, config } = deployment;
  const { replicaCount } = request.container;
  return {
    id: deployment.id,
    status: shownStatus(deployment),
    created_at: naive(deployment.createdAtMs),
    started_at: naive(deployment.startedAtMs),
    finished_at: deployment.open ? null : naive(deployment.finishedAtMs),
    amount_paid: deployment.usdPerHour * deployment.hours,
    total_gpus: request.gpusPerContainer * replicaCount,
    gpus_per_container: request.gpusPerContainer,
    total_containers: replicaCount,
    hardware_name: terms.hardware.name,
    hardware_id: terms.hardware.id,
    locations: [{ id: terms.place.id, iso2: terms.place.iso2, name: terms.place.name }],
    brand_name: terms.hardware.brand ?? "NVIDIA",
    ...showProgress(deployment),
    container_config: {
      entrypoint: config.entrypoint ?? null,
      env_variables: config.env,
      traffic_port: config.trafficPort,
      image_url: deployment.image,
      secret_env_keys: Object.keys(config.secretEnv),
    },
  };
}

/** Progress is that of the reservation, not of the work. */
function showProgress(deployment: SimulatedDeployment) {
  const served = Math.floor(deployment.servedMs / MINUTE_MS);
  const whole = deployment.hours * HOUR_MINUTES;
  return {
    completed_percent: whole === 0 ? 0 : (100 * served) / whole,
    compute_minutes_served: served,
    compute_minutes_remaining: whole - served,
  };
}

/** A container, in its present place or an earlier one. */
export function showWorker(container: SimulatedContainer, deployment: SimulatedDeployment, place = container.history.at(-1)) {
  return {
    device_id: place?.deviceId ?? "",
    container_id: container.id,
    hardware: deployment.terms.hardware.name,
    brand_name: deployment.terms.hardware.brand ?? "NVIDIA",
    created_at: naive(place?.createdAtMs),
    uptime_percent: 100 / Math.max(1, container.history.length),
    gpus_per_container: deployment.request.gpusPerContainer,
    status: container.status,
    container_events: container.events.length === 0 ? null : container.events.map(({ atMs, message }) => ({ time: naive(atMs), message })),
    public_url: container.publicUrl ?? null,
  };
}
