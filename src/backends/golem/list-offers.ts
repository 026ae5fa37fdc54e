import { z } from "zod";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Demand, Offer } from "../../model/offer.js";
import type { CallContext } from "../../spec/call-context.js";
import { machineWanted } from "./demand.js";
import type { Desk } from "./desk.js";
import { toSdkError } from "./errors.js";
import { glmPerHour, type OfferFacts, readOfferFacts } from "./offer-properties.js";
import { holds, type OfferSetting, toOffer } from "./offers.js";
import { machineName, type ResolvedMachine } from "./options.js";
import { seenNodes } from "./statistics.js";
import { SdkFailure } from "./worker/sdk-thread.js";

/** More answers than this are no market but a flood. */
const MOST_SCANNED = 2_000;
const SCAN_ANSWER_MS = 10_000;
/** Seconds of an hour: hints are per hour and with all threads busy, so processor time counts nothing beside. */
const HOUR_S = 3_600;

/**
 * What the market is likely to bid: by the machines that the options describe, by a scan of the offers that the daemon knows, or by the public statistics.
 * All of it is indicative; what counts are the bids. The daemon is asked for its health first: without it nothing could be bound.
 */
export async function listOffers(demand: Demand, desk: Desk, ttlMs: number, call: CallContext): Promise<readonly Offer[]> {
  const { options } = desk;
  const tooMany = (demand.gpu?.count ?? 1) > 1;
  if (!demand.image || tooMany || demand.arch === "arm64" || demand.maxLifetimeMs > options.mostLifetimeMs) return [];
  await desk.yagna.identity(call);
  const usdPerGlm = await desk.rate.usdPerGlm(options.offerQuoteAgeMs, call);
  const source = options.offers ?? (options.machines.length > 0 ? "machines" : "scan");
  const setting: OfferSetting = {
    ...{ backend: desk.backend, options, usdPerGlm },
    source: `${SOURCES[source]} at ${usdPerGlm} USD/GLM (${desk.rate.source})`,
    expiresAtMs: call.host.now() + ttlMs,
  };
  if (source === "machines") return machineOffers(demand, setting, options.machines);
  const seen = source === "scan" ? await scan(demand, desk, call) : await statistics(demand, desk, call);
  return nodeOffers(seen, demand, setting, desk);
}

const SOURCES = { machines: "configured", scan: "a scan of the market", statistics: "public statistics" } as const;

interface Seen {
  readonly node: string;
  readonly wallet: string | undefined;
  readonly facts: OfferFacts;
}

function machineOffers(demand: Demand, setting: OfferSetting, machines: readonly ResolvedMachine[]): readonly Offer[] {
  return machines.flatMap((machine, index) => {
    const { gpu } = machine;
    const facts: OfferFacts = {
      startGlm: machine.startGlm,
      envGlmPerSecond: machine.glmPerHour / HOUR_S,
      cpuGlmPerSecond: 0,
      threads: machine.cpu,
      memoryMiB: machine.memory,
      diskMiB: machine.disk,
      arch: "x86_64",
      gpu: gpu && { label: gpu.model, memoryGiB: gpu.memoryGiB },
    };
    if (!holds(facts, demand)) return [];
    // How many of a kind there are, nobody knows.
    const { capacity: _one, ...offer } = toOffer(facts, { id: machineName(machine, index) }, "indicative", setting);
    return [offer];
  });
}

function nodeOffers(seen: readonly Seen[], demand: Demand, setting: OfferSetting, { options }: Desk): readonly Offer[] {
  const isWanted = ({ node }: Seen): boolean => {
    const id = node.toLowerCase();
    return (options.nodes?.ids.includes(id) ?? true) && !options.exceptNodes.includes(id);
  };
  return seen
    .filter((one) => isWanted(one) && holds(one.facts, demand) && one.facts.startGlm <= options.mostStartGlm && glmPerHour(one.facts) > 0)
    .sort((a, b) => glmPerHour(a.facts) - glmPerHour(b.facts))
    .slice(0, options.mostOffers)
    .map(({ node, wallet, facts }) => toOffer(facts, { id: node, node, wallet }, "indicative", setting));
}

const scanned = z.array(z.looseObject({ providerId: z.string().min(1), properties: z.record(z.string(), z.unknown()) }));

/** Offers that the daemon knows: free, and as fresh as its providers' last word. The SDK's scan never ends by itself. */
async function scan(demand: Demand, desk: Desk, call: CallContext): Promise<readonly Seen[]> {
  const { backend, options, subnet, platform } = desk;
  const { host, signal } = call;
  const [driver, network] = platform.split("-");
  const specification = { workload: machineWanted(demand, options), subnetTag: subnet, payment: omitUndefined({ driver, network }) };
  const thread = await desk.house.get(call);
  const forMs = Math.min(options.scanMs, Math.max(1, call.deadlineMs - host.now() - 500));
  const limits = { host, signal, limitMs: forMs + SCAN_ANSWER_MS };
  const found = await thread.order("scan", { specification, forMs, most: MOST_SCANNED }, limits).catch((error: unknown) => {
    if (!(error instanceof SdkFailure)) throw error;
    throw toSdkError(error.failure, { backend, doing: "scan the market", effect: "none", clean: desk.clean });
  });
  return scanned.parse(found).flatMap(({ providerId: node, properties }) => {
    const facts = readOfferFacts(properties);
    const wallet = properties[`golem.com.payment.platform.${platform}.address`];
    return facts === undefined ? [] : [{ node, wallet: typeof wallet === "string" ? wallet : undefined, facts }];
  });
}

async function statistics(demand: Demand, desk: Desk, call: CallContext): Promise<readonly Seen[]> {
  const { runtime, gpuRuntime } = desk.options;
  const nodes = await seenNodes(desk.backend, demand.gpu === undefined ? runtime : gpuRuntime, desk.options, call);
  return nodes.flatMap(({ node, wallet, properties }) => {
    const facts = readOfferFacts(properties);
    return facts === undefined ? [] : [{ node, wallet, facts }];
  });
}
