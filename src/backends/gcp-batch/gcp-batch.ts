import { defineBackend } from "../../kit/define-backend.js";
import { findEach } from "../../kit/each.js";
import type { SettingReader } from "../../kit/settings.js";
import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease, LeaseRef } from "../../model/lease.js";
import type { Backend } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { gcpBatchCapabilities } from "./capabilities.js";
import { createBatch } from "./client.js";
import { inspectLeases } from "./inspect-leases.js";
import { toJob } from "./job-request.js";
import { isOwnJob, jobLabels, ownJobsFilter } from "./labels.js";
import { listOffers } from "./list-offers.js";
import { createLogReader, loggingEndpointOf } from "./logs.js";
import { createJobNames, jobIdOf, keyOfJob, requestIdOf } from "./names.js";
import { openClient } from "./open-client.js";
import { type GcpBatchOptions, gcpBatchOptions, type ResolvedOptions, type ResolvedShape, shapeName, workloadOptions } from "./options.js";
import { countryOfRegion } from "./regions.js";
import { stateOf } from "./report.js";

const KIND = "gcp-batch";

/**
 * Runs container workloads on Google Cloud Batch, in one project and region. Each attempt is a job with one task that is tried once; Batch makes a
 * machine for it and takes it away afterwards, and ends it at its lifetime even if every scheduler process is gone.
 *
 * Needs the package `@google-cloud/batch`, the Batch API enabled in the project, and credentials with `roles/batch.jobsEditor` and
 * `roles/iam.serviceAccountUser`: see `docs/backends/gcp-batch.md`.
 *
 * @throws INVALID_CONFIG naming the option and the variable.
 *
 * @example
 * gcpBatch({
 *   project: "acme-jobs",
 *   location: "us-central1",
 *   shapes: [{ machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.0363, bootDiskType: "hyperdisk-balanced" }],
 *   pricedOn: "2026-11-22",
 * });
 */
export function gcpBatch(options: GcpBatchOptions): Backend {
  return define(options);
}

const locationOf = (options: ResolvedOptions, setting: SettingReader): string =>
  setting("location", { option: options.location, env: "GOOGLE_CLOUD_LOCATION", what: "a region" });

const countryOf = (options: ResolvedOptions, location: string): string | undefined => options.country ?? countryOfRegion(location);

const define = defineBackend({
  kind: KIND,
  options: gcpBatchOptions,
  capabilities: (options, { setting }) => gcpBatchCapabilities(options, countryOf(options, locationOf(options, setting))),
  create(options, { id, setting, capabilities }) {
    const project = setting("project", { option: options.project, env: ["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"], what: "a project" });
    const location = locationOf(options, setting);
    const names = createJobNames(id, project, location);
    const client = openClient(id, options);
    const batch = createBatch(id, client);
    const reader = createLogReader(id, project, loggingEndpointOf(options), client);
    const seller = { backend: id, location, country: countryOf(options, location), options, ttlMs: capabilities.offersTtlMs };

    /** A job of the name that somebody else made. Names hold our namespace, so this takes intention. */
    async function requireOwn(ref: LeaseRef, call: CallContext): Promise<void> {
      const job = await batch.getJob(call, names.nameOf(ref));
      // Not to be seen yet: the name itself is ours.
      if (job === undefined || isOwnJob(job.labels, id, call.namespace)) return;
      throw new SchedulerError("BACKEND_REJECTED", `${id}: a job of another owner has the name of this attempt; it was left alone.`, {
        effect: "none",
        details: { backend: id },
      });
    }

    return {
      async listOffers(demand, call) {
        parseBackendOptions(KIND, workloadOptions, demand.options);
        // Creates nothing, but without credentials nothing could be bound either.
        await batch.ready(call);
        return listOffers(demand, seller, call.host.now());
      },

      async bind(placement, call): Promise<Lease> {
        const { key, launch } = placement;
        const { secretVariables = {} } = parseBackendOptions(KIND, workloadOptions, placement.options);
        const shape = shapeFor(placement, options.shapes, id, call);
        const labels = jobLabels(id, call.namespace, launch.labels, options.labels);
        const ref = names.refTo(key);
        const secrets = [...Object.values(launch.secrets), ...(launch.registry === undefined ? [] : [launch.registry.password])];
        const made = await batch.createJob(call, {
          parent: names.parent,
          jobId: jobIdOf(key),
          requestId: requestIdOf(key, call.host),
          job: toJob({ launch, shape, options, location, labels, secretVariables }),
          secrets: secrets.map((secret) => secret.reveal()),
        });
        if (made === "exists") await requireOwn(ref, call);
        return { ref };
      },

      find: (intents, call) =>
        findEach(intents, call, async ({ key }) => {
          const ref = names.refTo(key);
          const job = await batch.getJob(call, names.nameOf(ref));
          return job !== undefined && isOwnJob(job.labels, id, call.namespace) ? { ref } : undefined;
        }),

      inspect: async (leases, call) => (leases.length === 0 ? [] : inspectLeases(leases, { backend: id, batch, names }, call)),

      async release(ref, _how, call) {
        const name = names.nameOf(ref);
        const job = await batch.getJob(call, name);
        if (job !== undefined && !isOwnJob(job.labels, id, call.namespace)) return "released";
        if (job !== undefined && stateOf(job) === "DELETION_IN_PROGRESS") return "pending";
        // Also when it was not found: a job that was made just now may not be readable yet, but it can be deleted.
        return (await batch.deleteJob(call, name)) === "missing" ? "released" : "pending";
      },

      async listLeases(call) {
        const jobs = await batch.listJobs(call, names.parent, ownJobsFilter(id, call.namespace));
        return jobs.flatMap(({ name, labels }) => {
          const key = keyOfJob(name);
          return key === undefined || !isOwnJob(labels, id, call.namespace) ? [] : [names.refTo(key)];
        });
      },

      logs(ref, call) {
        const look = async () => {
          const job = await batch.getJob(call, names.nameOf(ref));
          return job !== undefined && isOwnJob(job.labels, id, call.namespace) ? job : undefined;
        };
        return reader.follow(look, call);
      },

      close: () => batch.close(),
    };
  },
});

/** @throws OFFER_EXPIRED when the offer is no longer valid, or no longer what was offered. */
function shapeFor(
  { offer, priceCapUsdPerHour }: Placement,
  shapes: readonly ResolvedShape[],
  backend: string,
  call: CallContext,
): ResolvedShape {
  const shape = shapes.find((candidate) => shapeName(candidate) === offer.id);
  const expired = (why: string): SchedulerError =>
    new SchedulerError("OFFER_EXPIRED", `${backend}: the offer "${offer.id}" ${why}.`, { effect: "none", details: { backend } });
  if (shape === undefined) throw expired("is no longer among the configured `shapes`");
  if (offer.expiresAtMs <= call.host.now()) throw expired("has expired");
  if (shape.usdPerHour > priceCapUsdPerHour) throw expired("costs more than the placement may");
  return shape;
}
