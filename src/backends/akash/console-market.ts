import { createHttp } from "../../kit/http/create-http.js";
import { path } from "../../kit/http/encode.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import { collectAll, paginate } from "../../kit/paginate.js";
import { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import { isOwn404, meaningOf, textOf } from "./errors.js";
import type { Market } from "./market.js";
import type { ResolvedOptions } from "./options.js";
import { regroup } from "./regroup.js";
import { tokenClaims } from "./token-claims.js";
import * as wire from "./wire.js";

/** Most deployments of one page, under either contract. */
const PAGE = 100;

/** The market through the Console's API and its managed wallet. */
export function consoleMarket(
  backend: string,
  access: { readonly apiKey: Secret; readonly baseUrl: string },
  options: ResolvedOptions,
): Market {
  const isSeptember = options.contract === "2026-09";
  const http = createHttp({
    backend,
    baseUrl: access.baseUrl,
    headers: { "x-api-key": access.apiKey },
    credential: "`apiKey` or AKASH_API_KEY: a key of the Console, which begins with ac.sk.",
    mapError: meaningOf,
    isMissing: isOwn404,
    errorText: textOf,
    timeoutMs: options.timeoutMs,
    ...omitUndefined({ fetch: options.fetch, callsPerSecond: options.callsPerSecond }),
  });
  const slow = { timeoutMs: options.transactionMs };

  const page = async (call: CallContext, skip = 0) => {
    const query = { skip, limit: PAGE, ...(isSeptember ? { state: "active" } : {}) };
    const { deployments, pagination } = (await http.get(call, "/v1/deployments", { query }).json(wire.deploymentPage)).data;
    const seen = skip + deployments.length;
    const hasMore = pagination?.hasMore ?? (pagination?.total == null ? deployments.length === PAGE : seen < pagination.total);
    return { items: deployments, next: hasMore && deployments.length > 0 ? seen : undefined };
  };

  return {
    providers: (call) => http.get(call, "/v1/providers", { query: { scope: "all" } }).json(wire.providers),
    provider: (call, address) => http.lookUp(call, path`/v1/providers/${address}`, wire.provider),
    gpuPrices: async (call) => (await http.get(call, "/v1/gpu-prices").json(wire.gpuPrices)).models,
    balanceUsd: async (call) => (await http.get(call, "/v1/balances").json(wire.balances)).data.balance,
    async create(call, { sdl, name, depositUsd, limitHours }) {
      const more = isSeptember ? omitUndefined({ name, runtimeLimitHours: limitHours }) : {};
      const body = { data: { sdl, deposit: depositUsd, ...more } };
      const { dseq, manifest } = (await http.post(call, "/v1/deployments", { body, ...slow }).json(wire.created)).data;
      return { dseq, ...(manifest == null ? {} : { manifest }) };
    },
    bids: async (call, dseq) => (await http.get(call, "/v1/bids", { query: { dseq } }).json(wire.bids)).data.map(({ bid }) => bid),
    async lease(call, { dseq, gseq, oseq, provider }, manifest) {
      const body = { manifest, leases: [{ dseq, gseq, oseq, provider }] };
      return (await http.post(call, "/v1/leases", { body, ...slow }).json(wire.deploymentAnswer)).data;
    },
    deployment: async (call, dseq) => (await http.lookUp(call, path`/v1/deployments/${dseq}`, wire.deploymentAnswer))?.data,
    async deployments(call) {
      const listed = await collectAll(paginate((skip: number | undefined) => page(call, skip), { backend, what: "the deployments" }));
      return regroup(listed).filter(({ deployment }) => deployment.state !== "closed");
    },
    async close(call, dseq) {
      // Repeating it does no harm, and a first one that got lost must not be the last.
      await http.delete(call, path`/v1/deployments/${dseq}`, { accept: [404], safe: true, ...slow });
    },
    async limitHours(call, dseq) {
      const found = await http.lookUp(call, path`/v2/deployment-settings/${dseq}`, wire.settings);
      return found?.data.runtimeLimitHours ?? undefined;
    },
    async token(call, deal, scope, ttlMs) {
      const body = { data: tokenClaims(deal, scope, ttlMs) };
      const { token } = (await http.post(call, "/v1/create-jwt-token", { body, safe: true }).json(wire.token)).data;
      return new Secret(token);
    },
  };
}
