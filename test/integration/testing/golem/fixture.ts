import { createRequire } from "node:module";
import type * as GolemJs from "@golem-sdk/golem-js";
import { onTestFinished } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import {
  processGolemRuntime,
  type SimulatedYagna,
  type SimulatedYagnaOptions,
  startSimulatedYagna,
} from "../../../../src/testing/golem/index.js";

// The ESM build of 3.6.0 imports js-sha3 as a namespace, which has no named exports under Node: `downloadData` works in the CommonJS build only.
export const golemJs = createRequire(import.meta.url)("@golem-sdk/golem-js") as typeof GolemJs;

export const IMAGE_HASH = "ab".repeat(28);
export const PLATFORM = "erc20-hoodi-tglm";

/** A simulator whose steps take milliseconds of real time. */
export async function startYagna(options: Partial<SimulatedYagnaOptions> = {}): Promise<SimulatedYagna> {
  const yagna = await startSimulatedYagna({ host: systemHost(), ...options });
  onTestFinished(() => yagna.close());
  return yagna;
}

/** The same, with commands that are processes. */
export const startYagnaWithProcesses = (options: Partial<SimulatedYagnaOptions> = {}): Promise<SimulatedYagna> =>
  startYagna({ runtime: processGolemRuntime(systemHost()), ...options });

export function orderOf(more: Partial<GolemJs.MarketOrderSpec> = {}): GolemJs.MarketOrderSpec {
  return {
    demand: { workload: { imageHash: IMAGE_HASH, imageUrl: "http://images.simulated.invalid/work.gvmi" } },
    market: {
      rentHours: 0.5,
      pricing: { model: "linear", maxStartPrice: 0.1, maxCpuPerHourPrice: 1, maxEnvPerHourPrice: 1 },
      offerProposalSelector: ([first]) => {
        if (first === undefined) throw new Error("There is no proposal.");
        return first;
      },
    },
    ...more,
  };
}

const SILENT: GolemJs.Logger = {
  child: () => SILENT,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The real golem-js, connected. Disconnects in the end if the test has not. */
export async function connect(yagna: SimulatedYagna, options: GolemJs.GolemNetworkOptions = {}): Promise<GolemJs.GolemNetwork> {
  const network = new golemJs.GolemNetwork({
    logger: SILENT,
    api: { url: yagna.url, key: yagna.appKey },
    payment: { network: "hoodi" },
    ...options,
  });
  onTestFinished(() => network.disconnect());
  await network.connect();
  return network;
}
