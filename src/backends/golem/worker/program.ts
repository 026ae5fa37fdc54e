import { WORKER_GUARDS } from "./program-guards.js";
import { WORKER_LEASES } from "./program-leases.js";

const OPERATIONS = `const operations = {
  async connect() {
    const golem = load();
    yagna = new golem.YagnaApi({ apiKey: orders.appKey, basePath: orders.url, logger: silent });
    yagna.appSessionId = orders.sessionTag;
    guardMarket(yagna.market);
    guardPolls(yagna.market, ["collectAgreementEvents"]);
    guardPolls(yagna.payment, ["getDebitNoteEvents", "getInvoiceEvents"]);
    const payment = { network: orders.network };
    if (orders.driver !== undefined) payment.driver = orders.driver;
    if (orders.token !== undefined) payment.token = orders.token;
    const made = new golem.GolemNetwork({
      logger: silent, api: { key: orders.appKey, url: orders.url }, payment, override: { yagna },
    });
    await made.connect();
    noteTransfers(made.services.storageProvider);
    made.market.events.on("offerProposalRejectedByPriceFilter", ({ offerProposal }) => count(offerProposal.demand.id, "tooDear", 1));
    made.market.events.on("agreementTerminated", ({ agreement, reason, terminatedBy }) => {
      send({ event: "terminated", agreementId: agreement.id, by: String(terminatedBy), reason: String(reason || "").slice(0, 300) });
    });
    glm = made;
    return {};
  },

  async disconnect() {
    await glm.disconnect();
    return {};
  },

  async scan({ specification, forMs, most }) {
    const found = new Map();
    await new Promise((resolve, reject) => {
      const subscription = glm.market.scan(glm.market.buildScanSpecification(specification)).subscribe({
        next: (offer) => {
          try {
            found.set(offer.provider.id, {
              providerId: offer.provider.id, name: String(offer.provider.name), properties: offer.properties,
            });
          } catch {}
          if (found.size >= most) finish();
        },
        error: (error) => {
          clearTimeout(timer);
          reject(error);
        },
        complete: () => finish(),
      });
      const finish = () => {
        clearTimeout(timer);
        subscription.unsubscribe();
        resolve();
      };
      const timer = setTimeout(finish, forMs);
    });
    return [...found.values()];
  },

  async negotiate(order) {
    if (negotiations.has(order.key)) throw problem("Busy", "this order is negotiated already");
    const negotiation = { key: order.key, drafts: new Map(), demands: new Set(), counts: {}, over: false, subscription: undefined };
    negotiations.set(order.key, negotiation);
    try {
      negotiation.allocation = await glm.payment.getAllocation(order.allocationId);
      const pricing = {
        model: "linear", maxStartPrice: order.limits.startGlm, maxCpuPerHourPrice: order.limits.glmPerHour, maxEnvPerHourPrice: order.limits.glmPerHour,
      };
      const rentHours = order.rentSeconds / 3600;
      const details = await glm.market.buildDemandDetails(order.demand, { rentHours, pricing }, negotiation.allocation);
      details.prototype.properties.push(
        { key: PREFIX + "key", value: order.key }, { key: PREFIX + "namespace", value: order.namespace },
      );
      if (negotiation.over) return {};
      const accepts = (proposal) => {
        try {
          const wanted = order.nodes === undefined || order.nodes.includes(proposal.provider.id);
          const refused = order.exceptNodes !== undefined && order.exceptNodes.includes(proposal.provider.id);
          const hour = proposal.getEstimatedCost(1) - proposal.pricing.start;
          const whole = proposal.getEstimatedCost(rentHours);
          const fits = wanted && !refused && hour <= order.limits.glmPerHour && whole <= order.limits.totalGlm;
          if (!fits) count(proposal.demand.id, !wanted || refused ? "unwanted" : "tooDear", 1);
          return fits;
        } catch {
          return false;
        }
      };
      negotiation.subscription = glm.market.collectDraftOfferProposals({
        demandSpecification: details, pricing, filter: accepts, proposalsBatchReleaseTimeoutMs: order.batchMs,
      }).subscribe({
        next: (draft) => {
          negotiation.drafts.set(draft.id, draft);
          const { id: providerId, name, walletAddress } = draft.provider;
          send({ event: "draft", key: order.key, draft: { proposalId: draft.id, providerId, name, wallet: walletAddress, properties: draft.properties } });
        },
        error: (error) => send({ event: "negotiation-failed", key: order.key, error: failure(error) }),
      });
    } catch (error) {
      negotiations.delete(order.key);
      throw error;
    }
    return {};
  },

  async endNegotiation({ key }) {
    const negotiation = negotiations.get(key);
    if (negotiation === undefined) return {};
    negotiation.over = true;
    negotiations.delete(key);
    if (negotiation.signing !== undefined) negotiation.signing.abort(problem("Dropped", "the negotiation is over"));
    if (negotiation.subscription !== undefined) negotiation.subscription.unsubscribe();
    return { counts: negotiation.counts };
  },

  async sign({ key, proposalId, rentSeconds, ceiling }) {
    const negotiation = negotiations.get(key);
    const draft = negotiation && negotiation.drafts.get(proposalId);
    if (draft === undefined) throw problem("NoDraft", "the proposal is not known any more");
    negotiation.drafts.delete(proposalId);
    negotiation.signing = new AbortController();
    const agreement = await glm.market.proposeAgreement(draft, { expirationSec: rentSeconds }, negotiation.signing.signal);
    return take(key, agreement, negotiation.allocation, draft.pricing, draft.getDto().cpuThreads, ceiling);
  },

  // Takes up an agreement that was signed in this thread without anybody hearing of it.
  async adopt({ key, agreementId, allocationId, ceiling }) {
    if (leases.has(key)) throw problem("Busy", "the lease is known already");
    const allocation = await glm.payment.getAllocation(allocationId);
    const agreement = await glm.market.fetchAgreement(agreementId);
    if (agreement.getState() !== "Approved") throw problem("NoLease", "the agreement is over");
    return take(key, agreement, allocation, ceiling.pricing, ceiling.threads, ceiling);
  },

  async open({ key }) {
    const lease = leaseOf(key);
    lease.activity = await glm.activity.createActivity(lease.agreement);
    send({ event: "activity", key, activityId: lease.activity.id });
    alive(lease);
    lease.exe = await glm.activity.createExeUnit(lease.activity, {
      storageProvider: glm.services.storageProvider, signalOrTimeout: lease.abort.signal,
    });
    return {};
  },

  async upload({ key, file, data, to, limitMs }) {
    const { exe } = leaseOf(key);
    const options = { signalOrTimeout: limitMs };
    // A fresh array: the SDK sends the whole buffer behind a view.
    await transferred(limitMs, () => (file !== undefined ? exe.uploadFile(file, to, options) : exe.uploadData(Uint8Array.from(data), to, options)));
    return {};
  },

  // Into memory, the SDK puts pieces into their order and checks a digest; into a file it writes them as they come.
  async download({ key, from, file, inMemory, limitMs }) {
    const { exe } = leaseOf(key);
    const options = { signalOrTimeout: limitMs };
    const result = await transferred(limitMs, () => (inMemory ? exe.downloadData(from, options) : exe.downloadFile(from, file, options)));
    if (inMemory) await require("node:fs/promises").writeFile(file, result.data);
    return {};
  },

  async run({ key, entryPoint, args, follow, silenceMs }) {
    const lease = leaseOf(key);
    const { id } = lease.activity;
    const how = follow ? { stream: { format: "string" } } : { atEnd: { format: "string" } };
    const command = { run: { entry_point: entryPoint, args, capture: { stdout: how, stderr: how } } };
    const sent = glm.activity.executeScript(lease.activity, { text: JSON.stringify([command]) });
    const batchId = await limited(EXEC_LIMIT_MS, sent, "sending the command");
    send({ event: "command", key, follow });
    const stream = follow ? followOutput(lease, batchId) : undefined;
    try {
      const result = await results(lease, id, batchId, silenceMs);
      if (stream !== undefined) await Promise.race([stream.finished, wait(STREAM_TAIL_MS)]);
      return {
        ok: result.result === "Ok", message: String(result.message || ""), returnCode: stream && stream.returnCode(),
        stdout: typeof result.stdout === "string" ? result.stdout : "", stderr: typeof result.stderr === "string" ? result.stderr : "",
      };
    } finally {
      if (stream !== undefined) stream.stop();
    }
  },

  // Ends the SDK's part in a lease, whose end and bill are settled over REST.
  async drop({ key }) {
    const lease = leases.get(key);
    if (lease === undefined) return {};
    leases.delete(key);
    lease.dropped = true;
    lease.payment.stop();
    lease.abort.abort(problem("Dropped", "the lease is over"));
    return {};
  },
};

parentPort.on("message", async ({ id, operation, parameters }) => {
  try {
    send({ id, value: await operations[operation](parameters) });
  } catch (error) {
    send({ id, error: failure(error) });
  }
});
`;

/**
 * The program in which golem-js runs: a worker thread of its own, so that what the SDK lets go wrong (a failure of the daemon or a malformed offer
 * of a stranger becomes an uncaught exception in it) ends at most this thread. It is text, because a file beside the module would get
 * lost whenever a user bundles the library; it needs nothing but Node and the SDK, which it loads from where its user has it.
 *
 * It decides nothing: it takes orders one by one (see `messages.ts`), keeps its time for none of them, and leaves prices, ranks and what a failure
 * means to the other side. What it does beside passing calls on is to keep the SDK alive:
 * - requests of the market are repeated, and malformed events taken out, before the SDK sees them (the SDK would die of both);
 * - polls for events wait after a failure (the SDK would ask again at once, thousands of times a second);
 * - debit notes and invoices pass only below the ceiling and what the time that passed can have cost.
 */
export const WORKER_PROGRAM = `${WORKER_GUARDS}\n${WORKER_LEASES}\n${OPERATIONS}`;
