import type { SimulatedYagna } from "../../../../src/testing/golem/index.js";
import { IMAGE_HASH, PLATFORM } from "./fixture.js";

const MINUTE_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is read from the wire is looked at, not trusted.
  readonly body: any;
}

export interface DemandChoices {
  readonly minutes?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly constraints?: string;
}

/** The requests of one rental, by hand, in the order and with the bodies of golem-js. */
export class Requestor {
  readonly session = "11111111-2222-4333-8444-555555555555";
  readonly #yagna: SimulatedYagna;
  readonly #now: () => number;

  constructor(yagna: SimulatedYagna, now: () => number = Date.now) {
    this.#yagna = yagna;
    this.#now = now;
  }

  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const response = await fetch(`${this.#yagna.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#yagna.appKey}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, type, body: type.includes("json") && text !== "" ? parsed(text) : text };
  }

  market = (method: string, path: string, body?: unknown) => this.call(method, `/market-api/v1${path}`, body);
  activity = (method: string, path: string, body?: unknown) => this.call(method, `/activity-api/v1/activity${path}`, body);
  payment = (method: string, path: string, body?: unknown) => this.call(method, `/payment-api/v1${path}`, body);

  allocate(totalAmount = "2", more: object = {}): Promise<Answer> {
    return this.payment("POST", "/allocations?maxItems=10", {
      totalAmount,
      paymentPlatform: PLATFORM,
      address: this.#yagna.identity,
      timestamp: this.#iso(0),
      timeout: this.#iso(60),
      makeDeposit: false,
      remainingAmount: "",
      spentAmount: "",
      allocationId: "",
      ...more,
    });
  }

  demand({ minutes = 30, properties = {}, constraints }: DemandChoices = {}): {
    readonly properties: object;
    readonly constraints: string;
  } {
    return {
      properties: {
        "golem.srv.caps.multi-activity": true,
        "golem.node.debug.subnet": "public",
        "golem.srv.comp.expiration": this.#now() + minutes * MINUTE_MS,
        "golem.srv.comp.vm.package_format": "gvmkit-squash",
        "golem.srv.comp.task_package": `hash:sha3:${IMAGE_HASH}:http://images.simulated.invalid/work.gvmi`,
        "golem.com.scheme.payu.debit-note.interval-sec?": 120,
        "golem.com.scheme.payu.payment-timeout-sec?": 43_200,
        "golem.com.payment.debit-notes.accept-timeout?": 120,
        [`golem.com.payment.platform.${PLATFORM}.address`]: this.#yagna.identity,
        "golem.com.payment.protocol.version": "3",
        "golem.com.payment.chosen-platform": PLATFORM,
        ...properties,
      },
      constraints:
        constraints ??
        "(&(golem.com.pricing.model=linear)\n\t(golem.node.debug.subnet=public)\n\t(golem.runtime.name=vm)\n\t(golem.inf.mem.gib>=0.5))",
    };
  }

  async subscribe(choices: DemandChoices = {}): Promise<string> {
    return (await this.market("POST", "/demands", this.demand(choices))).body;
  }

  events(demandId: string, timeout = 5): Promise<Answer> {
    return this.market("GET", `/demands/${demandId}/events?timeout=${timeout}&maxEvents=10`);
  }

  /** The next draft of this provider's, or the refusal, after a counter-proposal. */
  async negotiate(demandId: string, provider = "alpha", choices: DemandChoices = {}): Promise<Answer["body"]> {
    for (;;) {
      const { body } = await this.events(demandId);
      const initial = body.find(
        // biome-ignore lint/suspicious/noExplicitAny: as above.
        ({ proposal }: any) => proposal?.state === "Initial" && proposal.properties["golem.node.id.name"] === provider,
      );
      if (initial === undefined) continue;
      const path = `/demands/${demandId}/proposals/${initial.proposal.proposalId}`;
      const { body: counterId } = await this.market("POST", path, this.demand(choices));
      for (;;) {
        const answers = (await this.events(demandId)).body;
        // biome-ignore lint/suspicious/noExplicitAny: as above.
        const answer = answers.find((event: any) => event.proposalId === counterId || event.proposal?.prevProposalId === counterId);
        if (answer !== undefined) return answer;
      }
    }
  }

  /** An agreement that the provider was asked for. */
  async propose(provider = "alpha", choices: DemandChoices = {}): Promise<string> {
    const demandId = await this.subscribe(choices);
    const { proposal } = await this.negotiate(demandId, provider, choices);
    const { body: id } = await this.market("POST", "/agreements", { proposalId: proposal.proposalId, validTo: this.#iso(60) });
    await this.market("POST", `/agreements/${id}/confirm?appSessionId=${this.session}`);
    return id;
  }

  wait(agreementId: string, timeout = 60): Promise<Answer> {
    return this.market("POST", `/agreements/${agreementId}/wait?timeout=${timeout}`);
  }

  /** An approved agreement. */
  async agree(provider = "alpha", choices: DemandChoices = {}): Promise<string> {
    const id = await this.propose(provider, choices);
    const { status } = await this.wait(id);
    if (status !== 204) throw new Error(`The agreement was not approved: ${status}`);
    return id;
  }

  /** An activity that is ready for commands. */
  async ready(agreementId: string): Promise<string> {
    const { body } = await this.activity("POST", "?timeout=5", { agreementId });
    const batch = await this.exec(body.activityId, [{ deploy: {} }, { start: {} }]);
    await this.results(body.activityId, batch);
    return body.activityId;
  }

  async exec(activityId: string, commands: readonly object[]): Promise<string> {
    return (await this.activity("POST", `/${activityId}/exec`, { text: JSON.stringify(commands) })).body;
  }

  results(activityId: string, batchId: string, timeout = 5): Promise<Answer> {
    return this.activity("GET", `/${activityId}/exec/${batchId}?timeout=${timeout}`);
  }

  async run(activityId: string, ...words: readonly [string, ...string[]]): Promise<Answer> {
    const [entryPoint, ...args] = words;
    const capture = { stdout: { atEnd: { format: "string" } }, stderr: { atEnd: { format: "string" } } };
    return await this.results(activityId, await this.exec(activityId, [{ run: { entry_point: entryPoint, args, capture } }]));
  }

  invoiceEvents(timeout = 5): Promise<Answer> {
    return this.payment(
      "GET",
      `/invoiceEvents?timeout=${timeout}&afterTimestamp=2020-01-01T00:00:00.000Z&maxEvents=100&appSessionId=${this.session}`,
    );
  }

  debitNoteEvents(timeout = 5): Promise<Answer> {
    return this.payment(
      "GET",
      `/debitNoteEvents?timeout=${timeout}&afterTimestamp=2020-01-01T00:00:00.000Z&maxEvents=100&appSessionId=${this.session}`,
    );
  }

  agreementEvents(timeout = 5): Promise<Answer> {
    return this.market(
      "GET",
      `/agreementEvents?timeout=${timeout}&afterTimestamp=2020-01-01T00:00:00.000Z&maxEvents=100&appSessionId=${this.session}`,
    );
  }

  #iso(minutes: number): string {
    return new Date(this.#now() + minutes * MINUTE_MS).toISOString();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
