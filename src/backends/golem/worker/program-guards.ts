/**
 * First part of the thread's program (`program.ts`): what it is started with, how it tells of failures, and what keeps the SDK alive. Plain CommonJS
 * as text, without anything of this library.
 */
export const WORKER_GUARDS = `"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { createRequire } = require("node:module");
const { AsyncLocalStorage } = require("node:async_hooks");

const SDK = "@golem-sdk/golem-js";
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10000;
// More uncaught exceptions than this within a minute, and the thread gives up; its owner starts another one.
const MOST_FAULTS = 20;
const EXEC_LIMIT_MS = 30000;
// Polls of a batch's results that may find neither the batch nor the activity before both count as gone.
const MOST_MISSING = 3;
const STREAM_TAIL_MS = 1000;
const PREFIX = "spillway.";

const orders = workerData;
const negotiations = new Map();
const leases = new Map();
const closedDemands = new Set();
let glm, yagna;
let faults = [];

const send = (message) => parentPort.postMessage(message);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const statusOf = (error) => {
  for (let at = error, depth = 0; at && depth < 5; at = at.previous || at.cause, depth += 1) if (typeof at.status === "number") return at.status;
  return undefined;
};
const textOf = (error) => {
  const parts = [];
  for (let at = error, depth = 0; at && depth < 4; at = at.previous || at.cause, depth += 1) {
    const said = at.body && typeof at.body.message === "string" ? at.body.message : at.message;
    if (typeof said === "string" && said !== "" && !parts.includes(said)) parts.push(said);
  }
  return parts.length === 0 ? String(error) : parts.join(": ");
};
const failure = (error) => ({
  // The SDK's classes set no name of their own.
  name: String((error && error.name !== "Error" && error.name) || (error && error.constructor && error.constructor.name) || "Error"),
  code: error && error.code !== undefined ? String(error.code) : undefined,
  status: statusOf(error),
  message: textOf(error).slice(0, 600),
});
const problem = (name, message) => Object.assign(new Error(message), { name });

function onFault(error) {
  const now = Date.now();
  faults = faults.filter((at) => now - at < 60000).concat(now);
  send({ event: "fault", error: failure(error) });
  if (faults.length > MOST_FAULTS) process.exit(70);
}
process.on("uncaughtException", onFault);
process.on("unhandledRejection", onFault);

// Addresses under which the daemon serves files, by the transfer that asked for them.
const transferUrls = new AsyncLocalStorage();
function noteTransfers(provider) {
  for (const name of ["publishData", "publishFile", "receiveData", "receiveFile"]) {
    const original = provider[name].bind(provider);
    provider[name] = async (...args) => {
      const url = await original(...args);
      const urls = transferUrls.getStore();
      if (urls !== undefined) urls.push(url);
      return url;
    };
  }
}

const silent = { child: () => silent, debug() {}, info() {}, warn() {}, error() {} };

function load() {
  let last;
  for (const base of orders.bases) {
    try {
      return createRequire(base)(SDK);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function limited(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(problem("OwnLimit", what + " took too long")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
function isSound(event) {
  if (!event || typeof event !== "object" || typeof event.eventDate !== "string") return false;
  if (event.eventType !== "ProposalEvent") return true;
  const proposal = event.proposal;
  if (!proposal || typeof proposal.proposalId !== "string" || typeof proposal.issuerId !== "string") return false;
  const properties = proposal.properties;
  if (!properties || typeof properties !== "object") return false;
  const vector = properties["golem.com.usage.vector"];
  const prices = properties["golem.com.pricing.model.linear.coeffs"];
  return Array.isArray(vector) && vector.length > 0 && Array.isArray(prices) && prices.every((price) => isNumber(price) && price >= 0)
    && prices.length === vector.length + 1;
}

// The SDK has no retry here, and an error that reaches its pipeline is rethrown where nobody can catch it.
function guardMarket(market) {
  const collectOffers = market.collectOffers.bind(market);
  const subscribeDemand = market.subscribeDemand.bind(market);
  const unsubscribeDemand = market.unsubscribeDemand.bind(market);
  market.collectOffers = async (demandId, timeout, maxEvents) => {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      if (closedDemands.has(demandId)) throw Object.assign(problem("ApiError", "the demand is over"), { status: 404 });
      try {
        const events = await collectOffers(demandId, timeout === undefined ? 5 : timeout, maxEvents === undefined ? 100 : maxEvents);
        if (!Array.isArray(events)) throw problem("MalformedAnswer", "the daemon's answer to a poll for offers is no list");
        const sound = events.filter(isSound);
        if (sound.length < events.length) count(demandId, "malformed", events.length - sound.length);
        for (const event of sound) {
          if (event.eventType === "ProposalRejectedEvent" && (!event.reason || typeof event.reason.message !== "string")) event.reason = { message: "" };
          if (event.eventType === "ProposalRejectedEvent") count(demandId, "refused", 1, event.reason.message);
        }
        return sound;
      } catch (error) {
        if (statusOf(error) === 404) throw error;
        count(demandId, "pollErrors", 1, textOf(error));
        await wait(pause);
      }
    }
  };
  market.subscribeDemand = async (body) => {
    const negotiation = negotiations.get(String(body.properties[PREFIX + "key"]));
    for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries += 1, pause *= 2) {
      if (negotiation === undefined || negotiation.over) return new Promise(() => {});
      try {
        const id = await subscribeDemand(body);
        if (typeof id !== "string") throw problem("MalformedAnswer", "the daemon's answer to a demand is no id");
        negotiation.demands.add(id);
        // Ended meanwhile: the SDK did not know the id, so nobody would take the demand back.
        if (negotiation.over) void market.unsubscribeDemand(id).catch(() => {});
        return id;
      } catch (error) {
        const status = statusOf(error);
        const passes = status === undefined || status >= 500 || status === 408 || status === 429;
        if (passes && error.name !== "MalformedAnswer" && tries < 3) {
          await wait(pause);
          continue;
        }
        send({ event: "negotiation-failed", key: negotiation.key, error: failure(error) });
        return new Promise(() => {});
      }
    }
  };
  market.unsubscribeDemand = async (demandId) => {
    closedDemands.add(demandId);
    if (closedDemands.size > 1000) closedDemands.delete(closedDemands.values().next().value);
    for (let tries = 1; ; tries += 1) {
      try {
        return await unsubscribeDemand(demandId);
      } catch (error) {
        if (statusOf(error) === 404 || statusOf(error) === 410 || tries === 3) return {};
        await wait(FIRST_PAUSE_MS * tries);
      }
    }
  };
}

// The pollers for events ask again at once after a failure, so the failure has to take its time.
function guardPolls(api, names) {
  for (const name of names) {
    const original = api[name].bind(api);
    let pause = FIRST_PAUSE_MS;
    api[name] = (...args) => {
      const inner = original(...args);
      const outer = inner.then((events) => {
        pause = FIRST_PAUSE_MS;
        if (!Array.isArray(events)) throw problem("MalformedAnswer", "the daemon's answer to a poll for events is no list");
        return events.filter((event) => event && typeof event === "object");
      }).catch(async (error) => {
        if (!error || error.name !== "CancelError") {
          const mine = pause;
          pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
          await wait(mine);
        }
        throw error;
      });
      outer.cancel = () => inner.cancel && inner.cancel();
      return outer;
    };
  }
}

function count(demandId, what, by, text) {
  for (const negotiation of negotiations.values()) {
    if (!negotiation.demands.has(demandId)) continue;
    negotiation.counts[what] = (negotiation.counts[what] || 0) + by;
    send({ event: "market", key: negotiation.key, counts: negotiation.counts, said: text === undefined ? undefined : String(text).slice(0, 300) });
  }
}
`;
