import { Activities } from "./activities.js";
import { Agreements } from "./agreements.js";
import { Allocations } from "./allocations.js";
import { Billing } from "./billing.js";
import { refused } from "./failure.js";
import { toUnits } from "./glm.js";
import { GsbServices } from "./gsb.js";
import { Images } from "./images.js";
import { Market } from "./market.js";
import { Networks } from "./networks.js";
import type { SimulatedYagnaOptions } from "./options.js";
import { DEFAULT_PROVIDERS, ProviderNode } from "./provider.js";
import { eventQueryOf, mostOf, pageOf, patienceOf } from "./queries.js";
import type { Route } from "./routes.js";
import { virtualGolemRuntime } from "./virtual-runtime.js";
import type { YagnaWorld } from "./world.js";

/** A request without HTTP around it. */
export interface YagnaRequest extends Route {
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Aborts when the connection has gone. */
  readonly closed: AbortSignal;
}

/** A status and what is sent as JSON; nothing where there is no body. */
export interface YagnaAnswer {
  readonly status: number;
  readonly body?: unknown;
}

const ok = (body: unknown): YagnaAnswer => ({ status: 200, body });
const created = (body: unknown): YagnaAnswer => ({ status: 201, body });
const DONE: YagnaAnswer = { status: 204 };

/** What the requests mean. */
export class YagnaService {
  readonly providers: readonly ProviderNode[];
  readonly market: Market;
  readonly agreements: Agreements;
  readonly activities: Activities;
  readonly allocations: Allocations;
  readonly billing: Billing;
  readonly gsb: GsbServices;
  readonly networks: Networks;
  readonly #world: YagnaWorld;
  readonly #images: Images;
  readonly #version: string;

  constructor(world: YagnaWorld, options: SimulatedYagnaOptions) {
    this.#world = world;
    this.#version = options.version ?? "0.17.6";
    this.providers = (options.providers ?? DEFAULT_PROVIDERS).map((spec) => new ProviderNode(spec, world));
    this.#images = new Images(options.images ?? [], world);
    this.gsb = new GsbServices(world);
    this.networks = new Networks(world);
    this.market = new Market(world, this.providers);
    this.agreements = new Agreements(world, this.market);
    const runtime = options.runtime ?? virtualGolemRuntime(world.host);
    const imageOf = this.#images.of.bind(this.#images);
    this.activities = new Activities({ world, runtime, gsb: this.gsb, imageOf }, this.agreements);
    this.allocations = new Allocations(world, toUnits(options.fundsGlm ?? 1_000));
    this.billing = new Billing(world, this.agreements, this.activities, this.allocations);
  }

  /** Nothing that was there before is known any more; providers find out that nobody answers. */
  forget(): void {
    const open = this.agreements.all.filter(({ isOpen }) => isOpen);
    this.agreements.forget();
    for (const agreement of open) this.agreements.breakBy(agreement, "RequestorUnreachable");
    this.market.forget();
    this.allocations.forget();
    this.billing.forget();
    this.gsb.forget();
    this.networks.forget();
  }

  async answer(request: YagnaRequest): Promise<YagnaAnswer> {
    const { operation, ids, query, body } = request;
    const [id = "", second = ""] = ids;
    switch (operation) {
      case "version":
        return ok(this.#showVersion());
      case "identity":
        return ok({ identity: this.#world.identity, name: "simulated", role: "manager" });
      case "imageInfo":
        return ok(this.#images.info(query));
      case "subscribeDemand":
        return created(this.market.subscribe(body));
      case "listDemands":
        return ok(this.#listDemands());
      case "unsubscribeDemand":
        this.market.unsubscribe(id);
        return DONE;
      case "collectOffers":
        return ok(await this.market.collect(id, mostOf(query), patienceOf(request)));
      case "getProposal":
        return ok(this.market.show(this.market.proposal(id, second)));
      case "counterProposal":
        return ok(this.market.counter(id, second, body));
      case "rejectProposal":
        this.market.reject(id, second);
        return DONE;
      case "beginScan":
        return created(this.market.beginScan(body));
      case "endScan":
        this.market.scan(id);
        this.market.scans.delete(id);
        return DONE;
      default:
        return await this.#answerAgreement(request);
    }
  }

  async #answerAgreement(request: YagnaRequest): Promise<YagnaAnswer> {
    const { operation, ids, query, body } = request;
    const [id = ""] = ids;
    switch (operation) {
      case "createAgreement":
        return ok(this.agreements.create(body));
      case "listAgreements":
        return ok(this.agreements.list(query));
      case "getAgreement":
        return ok(this.agreements.find(id).show());
      case "confirmAgreement":
        this.agreements.confirm(id, query.get("appSessionId") ?? undefined);
        return DONE;
      case "waitForApproval":
        await this.agreements.wait(id, patienceOf(request));
        return DONE;
      case "cancelAgreement":
        this.agreements.cancel(id);
        return DONE;
      case "terminateAgreement":
        await this.#slowProvider(id);
        this.agreements.terminate(id, body);
        return ok(null);
      case "terminationReason":
        return ok(this.agreements.termination(id));
      case "agreementEvents":
        return ok(await this.agreements.events.read(eventQueryOf(query), patienceOf(request)));
      default:
        return await this.#answerActivity(request);
    }
  }

  async #answerActivity(request: YagnaRequest): Promise<YagnaAnswer> {
    const { operation, ids, query, body } = request;
    const [id = "", second = ""] = ids;
    const commandIndex = query.get("commandIndex");
    switch (operation) {
      case "createActivity":
        return created(await this.activities.create(body, patienceOf(request)));
      case "destroyActivity":
        await this.activities.destroy(id);
        return ok(null);
      case "exec":
        return ok(this.activities.find(id).exec(body));
      case "batchResults":
        return ok(await this.activities.results(id, second, commandIndex === null ? undefined : Number(commandIndex), patienceOf(request)));
      case "activityAgreement":
        return ok(this.activities.find(id).agreement.id);
      case "activityState":
        return ok(this.activities.state(id));
      case "activityUsage":
        return ok(this.activities.usage(id));
      default:
        return await this.#answerPayment(request);
    }
  }

  async #answerPayment(request: YagnaRequest): Promise<YagnaAnswer> {
    const { operation, ids, query, body } = request;
    const [id = ""] = ids;
    switch (operation) {
      case "createAllocation":
        return created(this.allocations.create(body));
      case "listAllocations":
        return ok(this.allocations.list());
      case "getAllocation":
        return ok(this.allocations.get(id));
      case "amendAllocation":
        return ok(this.allocations.amend(id, body));
      case "releaseAllocation":
        this.allocations.release(id);
        return ok(null);
      case "demandDecorations":
        return ok(this.allocations.decorations(query.getAll("allocationIds").flatMap((ids) => ids.split(","))));
      case "listDebitNotes":
        return ok(this.billing.list("debitNote", pageOf(query)));
      case "getDebitNote":
        return ok(this.billing.show("debitNote", id));
      case "debitNoteEvents":
        return ok(await this.billing.events.debitNote.read(eventQueryOf(query), patienceOf(request)));
      case "acceptDebitNote":
        await this.billing.accept("debitNote", id, body, patienceOf(request));
        return ok(null);
      case "rejectDebitNote":
        throw refused(501, "Not implemented");
      case "listInvoices":
        return ok(this.billing.list("invoice", pageOf(query)));
      case "getInvoice":
        return ok(this.billing.show("invoice", id));
      case "invoiceEvents":
        return ok(await this.billing.events.invoice.read(eventQueryOf(query), patienceOf(request)));
      case "acceptInvoice":
        await this.billing.accept("invoice", id, body, patienceOf(request));
        return ok(null);
      case "rejectInvoice":
        this.billing.reject("invoice", id);
        return ok(null);
      case "listPayments":
        return ok(this.billing.payments());
      case "paymentsStatus":
        return ok([]);
      case "accounts":
        return ok(this.#world.platforms.map((platform) => this.#account(platform)));
      default:
        return this.#answerNetwork(request);
    }
  }

  #answerNetwork({ operation, ids, body }: YagnaRequest): YagnaAnswer {
    const [id = "", second = ""] = ids;
    switch (operation) {
      case "bindService":
        return created(this.gsb.bind(body));
      case "unbindService":
        this.gsb.unbind(id);
        return ok(null);
      case "createNetwork":
        return ok(this.networks.create(body));
      case "listNetworks":
        return ok(this.networks.list());
      case "getNetwork":
        return ok(this.networks.get(id));
      case "removeNetwork":
        this.networks.remove(id);
        return ok(null);
      case "addNetworkNode":
        this.networks.addNode(id, body);
        return ok(null);
      case "removeNetworkNode":
        this.networks.removeNode(id, second);
        return ok(null);
      default:
        throw refused(404, "Not Found");
    }
  }

  /** A provider that takes its time keeps even the termination waiting. */
  async #slowProvider(agreementId: string): Promise<void> {
    const { terminationMs } = this.agreements.find(agreementId).provider.habits;
    if (terminationMs !== undefined) await new Promise<void>((resolve) => this.#world.after(terminationMs, resolve));
  }

  #showVersion(): object {
    const seen = this.#world.iso();
    const current = { version: this.#version, name: "Simulated", seen: true, releaseTs: seen, insertionTs: seen, updateTs: seen };
    return { current, pending: null };
  }

  #listDemands(): readonly object[] {
    return [...this.market.demands.values()]
      .filter(({ open }) => open)
      .map(({ id, properties, constraints, timestamp }) => ({
        demandId: id,
        requestorId: this.#world.identity,
        properties,
        constraints,
        timestamp,
      }));
  }

  #account(platform: string): object {
    const [driver, network, token] = platform.split("-");
    return { platform, address: this.#world.identity, driver, network, token, send: true, receive: true };
  }
}
