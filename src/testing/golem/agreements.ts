import { Agreement } from "./agreement.js";
import type { Patience } from "./bell.js";
import { EventLog } from "./event-log.js";
import { refused } from "./failure.js";
import type { Market } from "./market.js";
import { EXPIRATION } from "./provider.js";
import type { ProviderBreakCode } from "./provider-options.js";
import type { YagnaWorld } from "./world.js";

/** Who wants to know. */
export interface AgreementListener {
  approved(agreement: Agreement): void;
  ended(agreement: Agreement): void;
}

const MESSAGES: Readonly<Record<ProviderBreakCode, string>> = {
  InitializationError: "Failed to initialize the exe-unit",
  Expired: "Agreement expired",
  NoActivity: "No activity created within the time limit",
  DebitNotesDeadline: "Requestor did not accept a debit note in time",
  DebitNoteRejected: "Requestor rejected a debit note",
  DebitNoteCancelled: "A debit note was cancelled",
  DebitNoteNotPaid: "Requestor did not pay a debit note in time",
  RequestorUnreachable: "Requestor is unreachable",
  Shutdown: "Provider is shutting down",
};

/** Every agreement, from its creation to its end. */
export class Agreements {
  readonly all: Agreement[] = [];
  readonly events: EventLog;
  readonly #world: YagnaWorld;
  readonly #market: Market;
  readonly #listeners: AgreementListener[] = [];

  constructor(world: YagnaWorld, market: Market) {
    this.#world = world;
    this.#market = market;
    this.events = new EventLog(world);
  }

  listen(listener: AgreementListener): void {
    this.#listeners.push(listener);
  }

  find(id: string): Agreement {
    const found = this.all.find((one) => one.id === id && !one.forgotten);
    if (found === undefined) throw refused(404, `Agreement [${id}] not found.`);
    return found;
  }

  /** Those of a client, in a state, or of a time, as asked. */
  list(query: URLSearchParams): readonly object[] {
    const session = query.get("appSessionId");
    const state = query.get("state");
    const afterMs = Date.parse(query.get("afterDate") ?? "");
    const beforeMs = Date.parse(query.get("beforeDate") ?? "");
    return this.all
      .filter((one) => !one.forgotten && (session === null || one.session === session) && (state === null || one.state === state))
      .filter(({ timestamp }) => !(Date.parse(timestamp) <= afterMs) && !(Date.parse(timestamp) >= beforeMs))
      .map(({ id, timestamp, approvedAt }) => ({
        id,
        timestamp,
        ...(approvedAt === undefined ? {} : { approvedDate: approvedAt }),
        role: "Requestor",
      }));
  }

  create(body: unknown): string {
    const { proposalId, validTo } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
    if (typeof proposalId !== "string" || typeof validTo !== "string" || Number.isNaN(Date.parse(validTo))) {
      throw refused(400, "Deserialize error: missing field `proposalId` or `validTo`");
    }
    const draft = this.#market.proposal("", proposalId);
    if (draft.issuer !== "provider" || draft.state !== "Draft" || draft.previousId === undefined) {
      throw refused(400, `Proposal [${proposalId}] can not be promoted to an agreement.`);
    }
    const demand = this.#market.demands.get(draft.demandId);
    if (demand === undefined) throw refused(404, `Proposal [${proposalId}] not found.`);
    draft.state = "Accepted";
    const agreement = new Agreement({ demand, counter: this.#market.proposal("", draft.previousId), draft, validTo }, this.#world);
    this.all.push(agreement);
    return agreement.id;
  }

  confirm(id: string, session: string | undefined): void {
    const agreement = this.find(id);
    if (agreement.state !== "Proposal") throw refused(410, `Agreement [${id}] is in state ${agreement.state}.`);
    agreement.state = "Pending";
    agreement.session = session;
    const { provider } = agreement;
    const { agreement: habit = "approve" } = provider.habits;
    agreement.after(Math.max(0, Date.parse(agreement.validTo) - this.#world.wallMs()), () => this.#expireUnapproved(agreement));
    if (habit === "silent") return;
    agreement.after(this.#world.delays.approveMs, () => {
      if (agreement.state !== "Pending") return;
      if (habit === "approve" && provider.isFree) this.#approve(agreement);
      else this.#reject(agreement, provider.isFree ? "Simulated rejection" : "No capacity available");
    });
  }

  async wait(id: string, patience: Patience): Promise<void> {
    const agreement = this.find(id);
    const settled = await agreement.bell.wait(() => (agreement.state === "Pending" ? undefined : agreement.state), patience);
    if (settled === undefined) throw refused(408, `Timeout while waiting for Agreement [${id}] approval.`);
    if (settled !== "Approved") throw refused(410, `Agreement [${id}] ${settled.toLowerCase()}.`);
  }

  cancel(id: string): void {
    const agreement = this.find(id);
    if (agreement.state !== "Pending" && agreement.state !== "Proposal")
      throw refused(410, `Agreement [${id}] is in state ${agreement.state}.`);
    agreement.cancelTimers();
    agreement.state = "Cancelled";
    this.#tell(agreement, "AgreementCancelledEvent", { reason: { message: "Cancelled" } });
  }

  terminate(id: string, body: unknown): void {
    const agreement = this.find(id);
    if (!agreement.isOpen) throw refused(410, `Agreement [${id}] can not be terminated in state ${agreement.state}.`);
    const reason = typeof body === "object" && body !== null ? { ...body } : { message: "" };
    this.#end(agreement, "Requestor", reason, undefined);
  }

  /** The provider ends an approved agreement; nothing happens to one that is over. */
  breakBy(agreement: Agreement, code: ProviderBreakCode, message = MESSAGES[code]): void {
    if (agreement.isOpen) this.#end(agreement, "Provider", { message, "golem.provider.code": code }, code);
  }

  /** The event of an agreement's end. */
  termination(id: string): object {
    const agreement = this.find(id);
    const { termination } = agreement;
    if (termination === undefined) throw refused(404, `Agreement [${id}] is not terminated.`);
    return {
      ...this.#head(agreement, "AgreementTerminatedEvent", this.#world.iso(termination.atMs)),
      terminator: termination.by,
      signature: "NoSignature",
      reason: termination.reason,
    };
  }

  /** The daemon has lost its state. */
  forget(): void {
    this.events.forget();
    for (const agreement of this.all) agreement.forgotten = true;
  }

  #approve(agreement: Agreement): void {
    agreement.cancelTimers();
    const { provider } = agreement;
    provider.engaged += 1;
    agreement.state = "Approved";
    agreement.approvedAt = this.#world.iso();
    this.#tell(agreement, "AgreementApprovedEvent", {});
    const { breaks } = provider.habits;
    if (breaks !== undefined) agreement.after(breaks.afterMs, () => this.breakBy(agreement, breaks.code, breaks.message));
    const restMs = Number(agreement.counter.properties[EXPIRATION]) - this.#world.wallMs();
    agreement.after(Math.max(0, restMs), () => this.breakBy(agreement, "Expired"));
    for (const listener of this.#listeners) listener.approved(agreement);
  }

  #reject(agreement: Agreement, message: string): void {
    agreement.cancelTimers();
    agreement.state = "Rejected";
    this.#tell(agreement, "AgreementRejectedEvent", { reason: { message } });
  }

  #expireUnapproved(agreement: Agreement): void {
    if (agreement.state !== "Pending") return;
    agreement.cancelTimers();
    agreement.state = "Expired";
    agreement.bell.ring();
  }

  #end(
    agreement: Agreement,
    by: "Requestor" | "Provider",
    reason: Readonly<Record<string, unknown>>,
    code: ProviderBreakCode | undefined,
  ): void {
    agreement.cancelTimers();
    agreement.state = "Terminated";
    agreement.termination = { by, atMs: this.#world.wallMs(), reason, ...(code === undefined ? {} : { code }) };
    agreement.provider.engaged -= 1;
    this.#tell(agreement, "AgreementTerminatedEvent", { terminator: by, signature: "NoSignature", reason });
    for (const listener of this.#listeners) listener.ended(agreement);
    this.#market.republish(agreement.provider);
  }

  #tell(agreement: Agreement, type: string, more: object): void {
    if (!agreement.forgotten) {
      this.events.append((eventDate) => ({ ...this.#head(agreement, type, eventDate), ...more }), agreement.session);
    }
    agreement.bell.ring();
  }

  #head(agreement: Agreement, type: string, eventDate: string): object {
    return { [this.#world.agreementEventKey]: type, eventDate, agreementId: agreement.id };
  }
}
