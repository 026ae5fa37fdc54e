import type { Host } from "spillway";
import { akash } from "spillway/backends/akash";
import { golem } from "spillway/backends/golem";
import { ioNet } from "spillway/backends/io-net";
import {
  akashProcessContainers,
  ioNetProcessContainers,
  processGolemRuntime,
  startIoNetSimulator,
  startSimulatedAkash,
  startSimulatedYagna,
} from "spillway/testing";
import { IMAGE, VOLUME } from "./jobs.js";
import type { Seller } from "./seller.js";

/** io.net: GPUs by the prepaid hour. A deployment is made though the answer says otherwise, and a request is never answered. */
export async function gpuMarket(host: Host): Promise<Seller> {
  const simulator = await startIoNetSimulator({
    host,
    containers: ioNetProcessContainers(host),
    requestMs: 20,
    pullMs: 50,
    urlMs: 20,
    destroyMs: 50,
    restartMs: 200,
  });
  simulator.inject({ operation: "deploy", fault: { kind: "status", status: 502, effect: true }, times: 1 });
  simulator.inject({ operation: "details", fault: { kind: "status", status: 500, effect: false }, times: 3 });
  return {
    backend: ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url }),
    openCount: () => simulator.openCount(),
    billed: () => [...simulator.ledger().values()].reduce((sum, amount) => sum + amount, 0n),
    close: () => simulator.close(),
  };
}

/**
 * Akash: whoever bids least, paid by the block out of an escrow that the Console fills up for two days ahead. The account is a small one, so few leases fit into
 * it at a time. An order is made though its answer is lost, and a provider takes the lease but not the manifest.
 */
export async function bidMarket(host: Host): Promise<Seller> {
  const simulator = await startSimulatedAkash({
    host,
    containers: akashProcessContainers(host),
    creditsUsd: 40,
    transactionMs: [20, 40],
    bidMs: [20, 100],
    scheduleMs: 10,
    pullMs: 50,
    restartMs: 200,
    fundingMs: 50,
    providersCacheMs: 500,
    providers: [
      {
        name: "berlin",
        region: "eu-central",
        country: "DE",
        gpus: [{ model: "rtx4090", ram: "24Gi", interface: "pcie", count: 4, usdPerMonth: 250 }],
      },
      { name: "quebec", region: "na-ca-east", country: "CA", priceFactor: 1.2 },
      { name: "unlucky", priceFactor: 0.9 },
    ],
  });
  simulator.inject({ operation: "create", fault: { kind: "cut", effect: true }, times: 2 });
  simulator.inject({ operation: "bids", fault: { kind: "status", status: 503, effect: false }, times: 2 });
  simulator.trouble({ kind: "manifest-not-delivered", provider: "unlucky", times: 2 });
  return {
    backend: akash({
      apiKey: simulator.apiKey,
      baseUrl: simulator.url,
      proxyUrl: simulator.providerProxyUrl,
      bidWindowMs: 200,
      bidLimitMs: 2_000,
    }),
    openCount: () => simulator.openDeployments().length,
    billed: () => [...simulator.ledger().values()].reduce((sum, { charged }) => sum + charged, 0n),
    close: () => simulator.close(),
  };
}

/** Golem, through a daemon of one's own: paid in its token by what was used. One provider breaks every agreement, another one's bills are too high. */
export async function tokenMarket(host: Host): Promise<Seller> {
  const usdPerGlm = 0.3;
  const hash = "5e".repeat(28);
  const machine = { cpuThreads: 2, envGlmPerSecond: 0.000001 };
  const simulator = await startSimulatedYagna({
    host,
    runtime: processGolemRuntime(host),
    images: [{ hash, volumes: [VOLUME] }],
    providers: [
      { name: "steady", capacity: 8, ...machine, cpuGlmPerSecond: 0.000001 },
      { name: "greedy", capacity: 2, ...machine, cpuGlmPerSecond: 0.0000008 },
      { name: "quitter", capacity: 2, ...machine, cpuGlmPerSecond: 0.0000006 },
    ],
  });
  simulator.behave("greedy", { invoiceFactor: 3 });
  simulator.behave("quitter", { breaks: { code: "Shutdown", afterMs: 300 } });
  const backend = golem({
    appKey: simulator.appKey,
    url: simulator.url,
    network: "hoodi",
    glmUsd: usdPerGlm,
    gasUsd: 0, // Fees of the chain are on no seller's books.
    // Golem runs images of its own kind: this one was converted, stored, and its hash noted.
    images: { [IMAGE]: { hash, url: "https://images.example/debian-12.gvmi" } },
    volumes: [VOLUME],
    machines: [{ name: "small", glmPerHour: 0.012, cpu: 2, memory: "4GiB", disk: "10GiB" }],
    firstBidMs: 3_000,
    bidWindowMs: 200,
    invoiceMs: 3_000,
  });
  const paidGlm = (): bigint => [...simulator.ledger().values()].reduce((sum, { invoiceAccepted = 0n }) => sum + invoiceAccepted, 0n);
  return {
    backend,
    openCount: () => simulator.openAgreements().length,
    billed: () => BigInt(Math.round((Number(paidGlm()) / 1e18) * usdPerGlm * 1e9)),
    close: () => simulator.close(),
  };
}
