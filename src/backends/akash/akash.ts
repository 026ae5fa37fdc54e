import { defineBackend } from "../../kit/define-backend.js";
import { inspectEach } from "../../kit/each.js";
import { createSharedWork } from "../../kit/shared-work.js";
import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease } from "../../model/lease.js";
import type { Backend } from "../../spec/backend.js";
import { bindLease } from "./bind-lease.js";
import { akashCapabilities } from "./capabilities.js";
import { isClosed } from "./close-deployment.js";
import { consoleMarket } from "./console-market.js";
import { directGateway } from "./direct-gateway.js";
import { createInspector } from "./inspect-lease.js";
import { createLeaseWindow } from "./lease-window.js";
import { listOffers } from "./list-offers.js";
import { readLogs } from "./logs.js";
import { nameOf } from "./names.js";
import { type AkashOptions, akashOptions, workloadOptions } from "./options.js";
import { createProviderBook } from "./provider-book.js";
import { proxyGateway } from "./proxy-gateway.js";
import { createRecogniser } from "./recognise.js";
import { dseqOf } from "./reference.js";
import { walletMarket } from "./wallet-market.js";

const KIND = "akash";
const BASE_URL = "https://console-api.akash.network";
const PROXY_URL = "https://console-provider-proxy.akash.network";

/**
 * Runs container workloads on the Akash network, through the Console's API and its managed wallet. Each attempt is a deployment of its own: an order
 * to which providers answer with bids, of which the best is taken inside `bind`. Billed by the block, a few seconds, out of an escrow that the Console
 * fills from the account's credits. Providers start again whatever exits; the runner in the container says when the work is done.
 *
 * Needs an API key of the Console and credits: see `docs/backends/akash.md`.
 *
 * @throws INVALID_CONFIG naming the option and the variable.
 *
 * @example
 * akash();                                                   // key from AKASH_API_KEY
 * akash({ auditors: [AKASH_CONSOLE_AUDITOR], runtimeLimit: "require" });
 */
export function akash(options: AkashOptions = {}): Backend {
  return define(options);
}

const define = defineBackend({
  kind: KIND,
  options: akashOptions,
  capabilities: akashCapabilities,
  create(options, { id, setting, capabilities }) {
    if (options.signer !== "console") walletMarket(id);
    const apiKey = setting("apiKey", { option: options.apiKey, env: "AKASH_API_KEY", what: "an API key of the Console", secret: true });
    const baseUrl = setting("baseUrl", { option: options.baseUrl, env: "AKASH_BASE_URL", what: "an address", fallback: BASE_URL });
    const proxyUrl = setting("proxyUrl", {
      option: options.proxyUrl,
      env: "AKASH_PROVIDER_PROXY_URL",
      what: "an address",
      fallback: PROXY_URL,
    });
    const market = consoleMarket(id, { apiKey, baseUrl }, options);
    const book = createProviderBook(market);
    const gateway = options.gateway === "direct" ? directGateway(id, options) : proxyGateway(id, proxyUrl, options);
    const window = createLeaseWindow({ backend: id, market, book, gateway, tokenMs: options.tokenMs });
    const recogniser = createRecogniser(id, market, options);
    const inspectOne = createInspector({ backend: id, market, window, options, recogniser });
    const binds = createSharedWork<Lease>();

    return {
      listOffers(demand, call) {
        parseBackendOptions(KIND, workloadOptions, demand.options);
        return listOffers(demand, { backend: id, market, options, ttlMs: capabilities.offersTtlMs }, call);
      },

      bind(placement, call): Promise<Lease> {
        const own = parseBackendOptions(KIND, workloadOptions, placement.options);
        const { attributes = {} } = own;
        // A window beyond the whole wait could not end in time.
        const bidWindowMs = Math.min(own.bidWindowMs ?? options.bidWindowMs, options.bidLimitMs);
        const name = nameOf(placement.key, call.namespace);
        const tools = { backend: id, market, options, book, recogniser, name, attributes, bidWindowMs };
        // Two at once would both find no order of the attempt, and make two.
        return binds.share(placement.key, () => bindLease(placement, tools, call));
      },

      find: (intents, call) => recogniser.find(intents, call),

      inspect: (leases, call) => inspectEach(leases, call, (lease) => inspectOne(lease, call)),

      async release(lease, _how, call) {
        const dseq = recogniser.behind(lease) ?? (await orderBehind(lease));
        if (dseq === undefined || (await isClosed(market, dseq, call))) return "released";
        await market.close(call, dseq);
        return (await isClosed(market, dseq, call)) ? "released" : "pending";

        /** Of a reference from before the order was made, what came of it. */
        async function orderBehind(partial: typeof lease): Promise<string | undefined> {
          const [finding] = await recogniser.find([{ key: partial.key, partial, intendedAtMs: 0 }], call);
          if (finding?.kind === "unknown") {
            throw new SchedulerError("BACKEND_UNAVAILABLE", `${id}: it cannot be told yet which open order is the one to close.`, {
              effect: "none",
            });
          }
          const ref = finding?.kind === "bound" ? finding.lease.ref : finding?.kind === "partial" ? finding.ref : undefined;
          return ref && dseqOf(ref);
        }
      },

      listLeases: (call) => recogniser.ours(call),

      logs(lease, call) {
        const dseq = dseqOf(lease);
        if (dseq === undefined) {
          throw new SchedulerError("INVARIANT_BROKEN", `${id}: the reference holds no deployment, so it has no logs.`, { effect: "none" });
        }
        const service = nameOf(lease.key, call.namespace);
        return readLogs({ backend: id, market, window, dseq, service, idleMs: options.logIdleMs }, call);
      },
    };
  },
});
