import { defineBackend } from "../../kit/define-backend.js";
import { inspectEach } from "../../kit/each.js";
import { createSharedWork } from "../../kit/shared-work.js";
import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef } from "../../model/lease.js";
import type { Backend } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Launch, Placement } from "../../spec/launch.js";
import { bindLease } from "./bind-lease.js";
import { ioNetCapabilities } from "./capabilities.js";
import { createClient } from "./client.js";
import { listOffers } from "./list-offers.js";
import { readLogs } from "./logs.js";
import { keyOf, nameOf } from "./names.js";
import { type IoNetOptions, ioNetOptions, workloadOptions } from "./options.js";
import { deploymentOf, refTo } from "./reference.js";
import { needsWorkers, toReport } from "./report.js";
import { launchOf, startNext } from "./start-next.js";
import { isOver, stageOf } from "./statuses.js";
import type { ListedDeployment } from "./wire.js";

const KIND = "io-net";
const BASE_URL = "https://api.io.solutions";

/**
 * Runs container workloads on io.net's network of machines, through its API for containers. Each attempt is a deployment of one container, paid
 * beforehand for whole hours, which the platform starts again whenever it exits; the runner in it says when the work is done.
 *
 * Needs an API key of the project `io-cloud` and IO Credits: see `docs/backends/io-net.md`.
 *
 * @throws INVALID_CONFIG naming the option and the variable.
 *
 * @example
 * ioNet();                                                   // key from IONET_API_KEY
 * ioNet({ countries: ["FI", "DE"], assume: { memoryPerGpu: "32GiB" } });
 */
export function ioNet(options: IoNetOptions = {}): Backend {
  return define(options);
}

const define = defineBackend({
  kind: KIND,
  options: ioNetOptions,
  capabilities: ioNetCapabilities,
  create(options, { id, setting, capabilities }) {
    const apiKey = setting("apiKey", { option: options.apiKey, env: "IONET_API_KEY", what: "an API key", secret: true });
    const baseUrl = setting("baseUrl", { option: options.baseUrl, env: "IONET_BASE_URL", what: "an address", fallback: BASE_URL });
    const client = createClient(id, { apiKey, baseUrl }, options);
    const binds = createSharedWork<Lease>();

    /** By name, the one that is alive where there are several: whether names are unique is not documented. */
    const refAmong = (deployments: readonly ListedDeployment[], key: string, { namespace }: CallContext): LeaseRef | undefined => {
      const name = nameOf(key, namespace);
      const named = deployments.filter((deployment) => deployment.name === name && stageOf(deployment.status) !== "over");
      const found = named.find(({ status }) => !isOver(stageOf(status))) ?? named[0];
      return found && refTo(id, key, found.id);
    };

    return {
      listOffers(demand, call) {
        parseBackendOptions(KIND, workloadOptions, demand.options);
        return listOffers(demand, { backend: id, client, options, ttlMs: capabilities.offersTtlMs }, call);
      },

      bind: (placement: Placement, call): Promise<Lease> => {
        const { trafficPort = options.trafficPort } = parseBackendOptions(KIND, workloadOptions, placement.options);
        const name = nameOf(placement.key, call.namespace);
        const findByName = async () => refAmong(await client.deployments(call), placement.key, call);
        const tools = { backend: id, client, options, name, trafficPort, findByName };
        // Two at once would both find nothing by that name, and make two.
        return binds.share(placement.key, () => bindLease(placement, tools, call));
      },

      async find(intents, call): Promise<readonly Finding[]> {
        if (intents.length === 0) return [];
        const deployments = await client.deployments(call);
        return intents.map(({ key, partial }): Finding => {
          const ref = refAmong(deployments, key, call);
          if (ref !== undefined) return { kind: "bound", key, lease: { ref } };
          return partial === undefined ? { kind: "absent", key } : { kind: "partial", key, ref: partial };
        });
      },

      inspect: (leases, call) =>
        inspectEach(leases, call, async (lease) => {
          const deploymentId = deploymentOf(lease);
          const deployment = deploymentId === undefined ? undefined : await client.deployment(call, deploymentId);
          if (deploymentId === undefined || deployment === undefined) return undefined;
          const report = toReport(id, deployment, needsWorkers(deployment) ? await client.workers(call, deploymentId) : []);
          const attempt = launchOf(deployment, lease.key);
          return attempt === undefined || report.kind !== "status" ? report : { ...report, attempt };
        }),

      ...(capabilities.reuse
        ? {
            async start(lease: LeaseRef, launch: Launch, call: CallContext): Promise<void> {
              const deploymentId = deploymentOf(lease);
              if (deploymentId === undefined)
                throw new SchedulerError("LEASE_LOST", `${id}: the lease holds no deployment.`, { effect: "none" });
              await startNext(launch, { backend: id, client, options, deploymentId }, call);
            },
          }
        : {}),

      async release(lease, _how, call) {
        const deploymentId = deploymentOf(lease);
        if (deploymentId === undefined) return "released";
        const before = await client.deployment(call, deploymentId);
        if (before === undefined) return "released";
        const stage = stageOf(before.status);
        if (stage === "over" || stage === "consumed") return "released";
        // Also while it is ending: should the first request have been lost on the way, nobody else would ask again.
        const answer = await client.destroy(call, deploymentId);
        return answer === "missing" || stage === "failed" ? "released" : "pending";
      },

      async listLeases(call) {
        const alive = (await client.deployments(call)).filter(({ status }) => !isOver(stageOf(status)));
        return alive.flatMap(({ id: deploymentId, name }) => {
          const key = keyOf(name ?? "", call.namespace);
          return key === undefined ? [] : [refTo(id, key, deploymentId)];
        });
      },

      logs(lease, call) {
        const deploymentId = deploymentOf(lease);
        if (deploymentId === undefined) {
          throw new SchedulerError("INVARIANT_BROKEN", `${id}: the lease holds no deployment, so it has no logs.`, { effect: "none" });
        }
        return readLogs({ backend: id, client, deploymentId }, call);
      },
    };
  },
});
