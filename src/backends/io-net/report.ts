import type { ReportBody } from "../../kit/each.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { stageOf } from "./statuses.js";
import type { Deployment, Worker } from "./wire.js";

/** Longest text of the service that is passed on, characters. */
const MOST_TEXT = 300;
/** Events that tell of an image that cannot be had. Their texts are not documented; the place to extend. */
const NO_IMAGE = /(pull|image|manifest|registry).*(fail|error|denied|unauthorized|unknown|not found)|(fail|error).*pull/i;
/** A container's status has no documented words; this one was seen. */
const RUNS = /^\s*(running|active)\s*$/i;

/** Whether the containers have anything to tell beside the deployment. */
export const needsWorkers = (deployment: Deployment): boolean => stageOf(deployment.status) === "running";

/**
 * What a deployment and its container say about the lease. A deployment that runs has a machine; that the command runs shows on the container. How the
 * command ended shows nowhere: see the result manifest.
 *
 * @throws BACKEND_RESPONSE_INVALID for a status that is not known: it will be another one soon, or says nothing that we understand.
 */
export function toReport(backend: string, deployment: Deployment, workers: readonly Worker[]): ReportBody {
  const times = omitUndefined({ startedAtMs: deployment.started_at ?? undefined });
  const endTimes = omitUndefined({ ...times, endedAtMs: deployment.finished_at ?? undefined });
  const ended = (reason: ErrorCode, message: string): ReportBody => ({ kind: "status", phase: "ended", reason, message, ...endTimes });
  switch (stageOf(deployment.status)) {
    case "requested":
      return { kind: "status", phase: "pending" };
    case "running":
      return placed(backend, times, workers);
    case "failed":
      return deployment.started_at == null
        ? ended("PROVISIONING_FAILED", "io.net could not start the deployment.")
        : ended("LEASE_LOST", "io.net reports that the deployment failed.");
    case "ending":
      return ended("LEASE_LOST", "The deployment is being destroyed.");
    case "over":
      return ended("LEASE_LOST", "The deployment was destroyed.");
    case "consumed":
      return ended("WORKLOAD_TIMED_OUT", "The hours that were bought are used up, and the container is gone.");
    case "unknown":
      throw new SchedulerError("BACKEND_RESPONSE_INVALID", `${backend}: the deployment has a status that this version does not know.`, {
        effect: "none",
      });
  }
}

/** The container that counts: of several, which come of a move to another machine, the one that can be reached. */
export function currentWorker(workers: readonly Worker[]): Worker | undefined {
  return workers.find(({ public_url }) => isAddress(public_url)) ?? workers.find(isRunning) ?? workers[0];
}

/** Its command has begun: the address appears after the image was pulled, and is not there where nothing serves. */
const isRunning = ({ status, public_url }: Worker): boolean => isAddress(public_url) || RUNS.test(status ?? "");

function placed(backend: string, times: { readonly startedAtMs?: number }, workers: readonly Worker[]): ReportBody {
  const worker = currentWorker(workers);
  if (worker === undefined) return { kind: "status", phase: "starting" };
  const node = worker.device_id == null ? undefined : { backend, provider: "io.net", node: worker.device_id };
  if (isRunning(worker)) {
    const endpoint = isAddress(worker.public_url) ? worker.public_url : undefined;
    return omitUndefined({ kind: "status", phase: "running", node, endpoint, ...times });
  }
  const message = newestMessage(worker);
  if (message !== undefined && NO_IMAGE.test(message)) {
    return omitUndefined({ kind: "status", phase: "ended", reason: "IMAGE_PULL_FAILED", message: excerpt(message), node });
  }
  return omitUndefined({ kind: "status", phase: "starting", node, message: message === undefined ? undefined : excerpt(message) });
}

function newestMessage({ container_events: events }: Worker): string | undefined {
  const [newest] = [...(events ?? [])].sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  return newest?.message ?? undefined;
}

const isAddress = (text: string | null | undefined): text is string => text != null && /^https?:\/\/[^\s]+$/.test(text);
const excerpt = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text);
