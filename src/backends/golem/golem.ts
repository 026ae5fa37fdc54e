import { defineBackend } from "../../kit/define-backend.js";
import { inspectEach } from "../../kit/each.js";
import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease } from "../../model/lease.js";
import type { Backend } from "../../spec/backend.js";
import { bindLease } from "./bind-lease.js";
import { golemCapabilities } from "./capabilities.js";
import { collectOutputs } from "./collect-outputs.js";
import { cleanerOf, type Desk } from "./desk.js";
import { createExchangeRate } from "./exchange-rate.js";
import { findLeases, listLeases } from "./find-leases.js";
import { inspectLease } from "./inspect-lease.js";
import { listOffers } from "./list-offers.js";
import { type GolemOptions, golemOptions, workloadOptions } from "./options.js";
import { releaseLease } from "./release-lease.js";
import { SettledBook } from "./settled-book.js";
import { sessionTagOf } from "./tags.js";
import { createThreadEvents } from "./thread-events.js";
import { createSdkHouse } from "./worker/sdk-house.js";
import { createYagnaClient } from "./yagna-client.js";

const KIND = "golem";
const URL = "http://127.0.0.1:7465";
/** Networks whose GLM is worth something; elsewhere it is called tGLM. */
const MAIN_NETWORKS: readonly string[] = ["mainnet", "polygon"];

/**
 * Runs image workloads on machines of the Golem Network, through a yagna daemon that you run and the package `@golem-sdk/golem-js`, which is
 * loaded into a thread of its own. Images are GVMI, prices are in GLM, and nobody vouches for the machines: see `docs/backends/golem.md`.
 *
 * @throws INVALID_CONFIG naming the option and the variable.
 *
 * @example
 * golem({
 *   network: "polygon",                                        // app key from YAGNA_APPKEY
 *   glmUsd: 0.25,
 *   images: { "ghcr.io/acme/embed:1.4": "acme/embed:1.4" },    // the same image, converted
 * });
 */
export function golem(options: GolemOptions): Backend {
  return define(options);
}

const define = defineBackend({
  kind: KIND,
  options: golemOptions,
  capabilities: golemCapabilities,
  create(options, { id, setting, capabilities }) {
    const appKey = setting("appKey", { option: options.appKey, env: "YAGNA_APPKEY", what: "an app key of the yagna daemon", secret: true });
    const url = setting("url", { option: options.url, env: "YAGNA_API_URL", what: "an address", fallback: URL });
    const subnet = setting("subnet", { option: options.subnet, env: "YAGNA_SUBNET", what: "a subnet", fallback: "public" });
    const network = setting("network", {
      option: options.network,
      env: "PAYMENT_NETWORK",
      what: "the name of a payment network, such as polygon or hoodi",
    });
    const token = options.token ?? (MAIN_NETWORKS.includes(network) ? "glm" : "tglm");
    const sessions: Desk["sessions"] = new Map();
    const books: Desk["books"] = new Map();
    const clean = cleanerOf([appKey.reveal()]);
    const tagOf = (namespace: string): string => sessionTagOf(id, namespace);
    const events = createThreadEvents(sessions, books);
    const { driver, sdkFrom, mostRestarts } = options;
    const house = createSdkHouse({
      ...{ backend: id, url, network, driver, sdkFrom, mostRestarts, clean },
      ...(options.token === undefined ? {} : { token }),
      appKey: appKey.reveal(),
      sessionTagOf: tagOf,
      onEvent: events.onEvent,
      onEnd: events.onEnd,
    });
    const desk: Desk = {
      ...{ backend: id, options, house, sessions, books, subnet, clean },
      yagna: createYagnaClient(id, { url, appKey, timeoutMs: options.timeoutMs, fetch: options.fetch }),
      rate: createExchangeRate(id, options.glmUsd),
      platform: `${driver}-${network}-${token}`,
      past: new Set(),
      sessionTagOf: tagOf,
    };
    const settled = new SettledBook();
    const begun = new Map<string, number>();
    const binding = new Map<string, Promise<Lease>>();

    return {
      async listOffers(demand, call) {
        parseBackendOptions(KIND, workloadOptions, demand.options);
        if (call.signal.aborted) throw call.signal.reason;
        return listOffers(demand, desk, capabilities.offersTtlMs, call);
      },

      bind(placement, call): Promise<Lease> {
        const { key } = placement;
        // Two at once would both find nothing by that key, and make two.
        const mine = (binding.get(key) ?? Promise.reject(new Error("none"))).catch(() => bindLease(placement, desk, call));
        binding.set(key, mine);
        const forget = (): void => {
          if (binding.get(key) === mine) binding.delete(key);
        };
        mine.then(forget, forget);
        return mine;
      },

      find: (intents, call) => findLeases(intents, (key) => binding.has(key), desk, call),

      inspect: (leases, call) => inspectEach(leases, call, (lease) => inspectLease(lease, desk, settled, call)),

      release: (lease, _how, call) => releaseLease(lease, { desk, begun, settle: (key, bill) => settled.set(key, bill) }, call),

      listLeases: (call) => listLeases(desk, call),

      async collect(lease, outputs, call) {
        const session = sessions.get(lease.key);
        if (session !== undefined) return collectOutputs(session, outputs, desk, call);
        throw new SchedulerError("LEASE_LOST", `${id}: the process that followed the lease is gone, and with it the way to its files.`, {
          details: { backend: id },
        });
      },

      async *logs(lease, call) {
        const session = sessions.get(lease.key);
        if (session !== undefined) yield* session.log.read(call.signal);
      },

      async close() {
        for (const session of sessions.values()) session.close();
        await house.close();
      },
    };
  },
});
