import { createHttp } from "../../kit/http/create-http.js";
import { path } from "../../kit/http/encode.js";
import type { SseEvent } from "../../kit/http/streams.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import { collectAll, paginate } from "../../kit/paginate.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import type { DeployBody } from "./deploy-body.js";
import { isNameTaken, isOwn404, meaningOf, textOf } from "./errors.js";
import type { ResolvedOptions } from "./options.js";
import type { UpdateBody } from "./start-next.js";
import * as wire from "./wire.js";

const PREFIX = "/enterprise/v1/io-cloud/caas";
/** Most deployments or containers of one page (its schema). */
const PAGE = 100;

/** What is asked for a price. */
export interface PriceQuestion {
  readonly hardwareId: wire.WireId;
  readonly locationId: wire.WireId;
  readonly hours: number;
  readonly gpus: number;
}

/** One function for each request of the API that is used. */
export interface IoNetClient {
  hardware(call: CallContext): Promise<readonly wire.Hardware[]>;
  places(call: CallContext, hardwareId: wire.WireId, gpus: number): Promise<readonly wire.Place[]>;
  /** USD for the whole time, fees included. */
  price(call: CallContext, question: PriceQuestion): Promise<number>;
  /** The id of the new deployment, or that the name is taken. */
  deploy(call: CallContext, body: DeployBody): Promise<{ readonly id: string } | "name-taken">;
  /** Every deployment that the account ever made: no filter can be trusted to show all that are alive. */
  deployments(call: CallContext): Promise<readonly wire.ListedDeployment[]>;
  deployment(call: CallContext, id: string): Promise<wire.Deployment | undefined>;
  workers(call: CallContext, id: string): Promise<readonly wire.Worker[]>;
  /** Changes a deployment in place. Answers as soon as it is accepted. */
  update(call: CallContext, id: string, body: UpdateBody): Promise<void>;
  /** Answers as soon as it is accepted, which is before it is done. */
  destroy(call: CallContext, id: string): Promise<"accepted" | "missing">;
  log(call: CallContext, id: string, containerId: string, stream: "stdout" | "stderr"): AsyncIterable<SseEvent>;
}

/** Makes the client of the enterprise API for containers. */
export function createClient(
  backend: string,
  access: { readonly apiKey: Secret; readonly baseUrl: string },
  options: ResolvedOptions,
): IoNetClient {
  const http = createHttp({
    backend,
    baseUrl: access.baseUrl,
    headers: { "x-api-key": access.apiKey },
    credential: "`apiKey` or IONET_API_KEY: a key of the project io-cloud that has not expired",
    mapError: meaningOf,
    isMissing: isOwn404,
    errorText: textOf,
    timeoutMs: options.timeoutMs,
    ...omitUndefined({ fetch: options.fetch, callsPerSecond: options.callsPerSecond }),
  });
  const pool = omitUndefined({ node_pool_id: options.nodePool?.id });
  return {
    async hardware(call) {
      return (await http.get(call, `${PREFIX}/hardware/max-gpus-per-container`, { query: pool }).json(wire.hardwareList)).data.hardware;
    },
    async places(call, hardwareId, gpus) {
      const query = { hardware_id: hardwareId, hardware_qty: gpus, ...pool };
      return (await http.get(call, `${PREFIX}/available-replicas`, { query }).json(wire.replicaList)).data;
    },
    async price(call, { hardwareId, locationId, hours, gpus }) {
      const query = {
        // One parameter that holds JSON.
        location_ids: JSON.stringify([locationId]),
        hardware_id: hardwareId,
        duration_hours: hours,
        gpus_per_container: gpus,
        replica_count: 1,
      };
      return (await http.get(call, `${PREFIX}/price`, { query }).json(wire.priceAnswer)).data.total_cost_usdc;
    },
    async deploy(call, body) {
      try {
        const { deployment_id: id } = await http.post(call, `${PREFIX}/deploy`, { body }).json(wire.deployAnswer);
        return { id };
      } catch (error) {
        if (isNameTaken(error)) return "name-taken";
        throw error;
      }
    },
    async deployments(call) {
      const byId = new Map<string, wire.ListedDeployment>();
      const fetchPage = async (page = 0) => {
        const query = { page, page_size: PAGE };
        const { deployments, total } = (await http.get(call, `${PREFIX}/deployments`, { query }).json(wire.deploymentPage)).data;
        // The page may be smaller than asked for, and what is new may move things to the next one: only a count or an empty page ends it.
        for (const deployment of deployments) byId.set(deployment.id, deployment);
        const isLast = deployments.length === 0 || (total != null && byId.size >= total);
        return { items: deployments, next: isLast ? undefined : page + 1 };
      };
      await collectAll(paginate(fetchPage, { backend, what: "the deployments" }));
      return [...byId.values()];
    },
    async deployment(call, id) {
      return (await http.lookUp(call, path`/enterprise/v1/io-cloud/caas/deployment/${id}`, wire.deploymentAnswer))?.data;
    },
    async workers(call, id) {
      const query = { page: 0, page_size: PAGE };
      const found = await http.lookUp(call, path`/enterprise/v1/io-cloud/caas/deployment/${id}/containers`, wire.workerList, { query });
      return found?.data.workers ?? [];
    },
    async update(call, id, body) {
      await http.patch(call, path`/enterprise/v1/io-cloud/caas/deployment/${id}`, { body }).json(wire.deployAnswer);
    },
    async destroy(call, id) {
      const { status } = await http.delete(call, path`/enterprise/v1/io-cloud/caas/deployment/${id}`, { accept: [404, 409] });
      return status === 404 ? "missing" : "accepted";
    },
    log: (call, id, containerId, stream) =>
      http.sse(call, path`/enterprise/v1/io-cloud/caas/deployment/${id}/log/${containerId}`, {
        query: { stream },
        idleMs: options.logIdleMs,
      }),
  };
}
