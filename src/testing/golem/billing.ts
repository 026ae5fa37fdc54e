import type { Activities, ActivityListener } from "./activities.js";
import type { Agreement } from "./agreement.js";
import type { AgreementListener, Agreements } from "./agreements.js";
import type { Allocations } from "./allocations.js";
import type { Patience } from "./bell.js";
import { type Bill, type BillDraft, showBill, writeBill } from "./bills.js";
import { EventLog } from "./event-log.js";
import type { ExeUnit } from "./exe-unit.js";
import { refused } from "./failure.js";
import { linearCost, parseGlm, times, toUnits } from "./glm.js";
import type { AgreementLedger } from "./options.js";
import { ACCEPT_TIMEOUT, COEFFICIENTS, DEBIT_NOTE_INTERVAL } from "./provider.js";
import type { YagnaWorld } from "./world.js";

/** Which part of a list is wanted. */
export interface BillPage {
  /** Only strictly later ones. */
  readonly afterMs: number;
  readonly most: number;
}

const LEAST_INTERVAL_MS = 1_000;

/** Debit notes, invoices, and what comes of them. */
export class Billing implements AgreementListener, ActivityListener {
  readonly bills: Bill[] = [];
  readonly events: Readonly<Record<Bill["kind"], EventLog>>;
  readonly #world: YagnaWorld;
  readonly #agreements: Agreements;
  readonly #activities: Activities;
  readonly #allocations: Allocations;
  readonly #paid = new Map<Agreement, bigint>();
  /** What the usage cost when an agreement was settled. */
  readonly #settled = new Map<Agreement, bigint>();

  constructor(world: YagnaWorld, agreements: Agreements, activities: Activities, allocations: Allocations) {
    this.#world = world;
    this.#agreements = agreements;
    this.#activities = activities;
    this.#allocations = allocations;
    this.events = { debitNote: new EventLog(world), invoice: new EventLog(world) };
    agreements.listen(this);
    activities.listen(this);
  }

  approved(): void {
    // Nothing is owed before there is an activity.
  }

  began(unit: ExeUnit): void {
    const { agreement } = unit;
    const negotiatedMs = Number(agreement.draft.properties[DEBIT_NOTE_INTERVAL] ?? 120) * 1_000;
    const intervalMs = this.#world.delays.debitNoteIntervalMs ?? Math.max(LEAST_INTERVAL_MS, negotiatedMs);
    const next = (): void => {
      agreement.after(intervalMs, () => {
        if (unit.isOver) return;
        this.#note(unit);
        next();
      });
    };
    next();
  }

  ended(ended: ExeUnit | Agreement): void {
    if ("batches" in ended) this.#note(ended);
    else this.#invoiceLater(ended);
  }

  find(kind: Bill["kind"], id: string): Bill {
    const found = this.bills.find((bill) => bill.kind === kind && bill.id === id && !bill.agreement.forgotten);
    if (found === undefined) throw refused(404, `${kind === "invoice" ? "Invoice" : "Debit Note"} ${id} not found`);
    return found;
  }

  show(kind: Bill["kind"], id: string): object {
    return showBill(this.find(kind, id), this.#world);
  }

  /** The oldest that are later. */
  list(kind: Bill["kind"], { afterMs, most }: BillPage): readonly object[] {
    return this.bills
      .filter((bill) => bill.kind === kind && !bill.agreement.forgotten && bill.atMs > afterMs)
      .slice(0, most)
      .map((bill) => showBill(bill, this.#world));
  }

  async accept(kind: Bill["kind"], id: string, body: unknown, patience: Patience): Promise<void> {
    const bill = this.find(kind, id);
    const { totalAmountAccepted, allocationId } = (typeof body === "object" && body !== null ? body : {}) as Partial<
      Record<string, unknown>
    >;
    if (bill.status === "ACCEPTED" || bill.status === "SETTLED") return;
    if (bill.status === "REJECTED") throw refused(400, `${id} was rejected`);
    const accepted =
      typeof totalAmountAccepted === "string" || typeof totalAmountAccepted === "number" ? parseGlm(totalAmountAccepted) : undefined;
    if (accepted !== bill.amount)
      throw refused(400, `Invalid amount accepted. Expected: ${String(bill.amount)} Actual: ${String(totalAmountAccepted)}`);
    const allocation = this.#allocations.find(String(allocationId));
    if (allocation.platform !== bill.platform)
      throw refused(400, `Allocation is for platform ${allocation.platform}, not ${bill.platform}`);
    if (bill.agreement.provider.habits.acknowledgements === "never") {
      await new Promise<void>((resolve) => this.#world.after(patience.timeoutMs, resolve));
      throw refused(504, "Timeout accepting on the remote node");
    }
    const owed = this.#owed(bill.agreement);
    bill.status = "ACCEPTED";
    const more = this.#owed(bill.agreement) - owed;
    try {
      this.#allocations.spend(allocation, more > 0n ? more : 0n);
    } catch (error) {
      bill.status = "RECEIVED";
      throw error;
    }
    this.#world.after(this.#world.delays.settleMs, () => this.#settle(bill));
  }

  reject(kind: Bill["kind"], id: string): void {
    const bill = this.find(kind, id);
    if (bill.status !== "RECEIVED") throw refused(400, `${id} is in status ${bill.status}`);
    bill.status = "REJECTED";
  }

  ledger(): ReadonlyMap<string, AgreementLedger> {
    return new Map(this.#agreements.all.map((agreement) => [agreement.id, this.#entry(agreement)]));
  }

  /** Payments that were made, newest last. */
  payments(): readonly object[] {
    return this.bills
      .filter(({ kind, status, agreement }) => kind === "invoice" && status === "SETTLED" && !agreement.forgotten)
      .map((bill) => {
        const { amount, agreementId, payerAddr, payeeAddr, paymentPlatform, recipientId, issuerId } = showBill(bill, this.#world) as Record<
          string,
          unknown
        >;
        const parties = { payerId: recipientId, payeeId: issuerId, payerAddr, payeeAddr, paymentPlatform };
        return {
          paymentId: bill.id,
          ...parties,
          amount,
          timestamp: bill.dueDate,
          agreementPayments: [{ agreementId, amount }],
          activityPayments: [],
          details: "",
        };
      });
  }

  forget(): void {
    this.events.debitNote.forget();
    this.events.invoice.forget();
  }

  #note(unit: ExeUnit): void {
    const { agreement } = unit;
    const { debitNotes = "send", debitNoteFactor = 1 } = agreement.provider.habits;
    if (debitNotes === "never") return;
    const previous = this.bills.findLast((bill) => bill.kind === "debitNote" && bill.activityIds[0] === unit.id);
    const note = this.#send({
      kind: "debitNote",
      agreement,
      activityIds: [unit.id],
      amount: times(this.#cost(unit), debitNoteFactor),
      usage: unit.countersMs().map((ms) => ms / 1_000),
      previousId: previous?.id,
    });
    const deadlineSeconds = Number(agreement.draft.properties[ACCEPT_TIMEOUT] ?? Number.NaN);
    if (Number.isNaN(deadlineSeconds) || !agreement.isOpen) return;
    agreement.after(deadlineSeconds * 1_000, () => {
      if (note.status === "RECEIVED") this.#agreements.breakBy(agreement, "DebitNotesDeadline");
    });
  }

  #invoiceLater(agreement: Agreement): void {
    const { habits } = agreement.provider;
    if (habits.invoices === "never") return;
    const { terminationMs = this.#world.delays.destroyMs } = habits;
    this.#world.after(terminationMs + this.#world.delays.invoiceMs, () => {
      this.#send({
        kind: "invoice",
        agreement,
        activityIds: this.#activities.of(agreement).map(({ id }) => id),
        amount: times(this.#used(agreement), agreement.provider.habits.invoiceFactor ?? 1),
        usage: [],
        previousId: undefined,
      });
    });
  }

  #send(draft: BillDraft): Bill {
    // No two have the same time, for a reader who goes on from the last one would leave one of them out.
    const atMs = Math.max(this.#world.wallMs(), (this.bills.at(-1)?.atMs ?? 0) + 1);
    const bill = writeBill(draft, atMs, this.#world);
    this.bills.push(bill);
    const { kind, agreement } = bill;
    if (!agreement.forgotten) {
      this.events[kind].append(
        (eventDate) =>
          kind === "invoice"
            ? { eventType: "InvoiceReceivedEvent", eventDate, invoiceId: bill.id }
            : { eventType: "DebitNoteReceivedEvent", eventDate, debitNoteId: bill.id },
        agreement.session,
      );
    }
    return bill;
  }

  #settle(bill: Bill): void {
    const { agreement } = bill;
    if (this.#settled.has(agreement)) return;
    bill.status = "SETTLED";
    const due = bill.kind === "invoice" ? bill.amount : this.#notes(agreement, ["SETTLED"]);
    const before = this.#paid.get(agreement) ?? 0n;
    this.#paid.set(agreement, due > before ? due : before);
    if (bill.kind === "invoice") this.#settled.set(agreement, this.#used(agreement));
  }

  #entry(agreement: Agreement): AgreementLedger {
    const invoice = this.bills.find((bill) => bill.kind === "invoice" && bill.agreement === agreement);
    const isAccepted = invoice?.status === "ACCEPTED" || invoice?.status === "SETTLED";
    return {
      agreementId: agreement.id,
      provider: agreement.provider.name,
      used: this.#settled.get(agreement) ?? this.#used(agreement),
      noted: this.#notes(agreement, ["RECEIVED", "ACCEPTED", "SETTLED", "REJECTED"]),
      notesAccepted: this.#notes(agreement, ["ACCEPTED", "SETTLED"]),
      ...(invoice === undefined ? {} : { invoiced: invoice.amount }),
      ...(invoice === undefined || !isAccepted ? {} : { invoiceAccepted: invoice.amount }),
      paid: this.#paid.get(agreement) ?? 0n,
      settled: this.#settled.has(agreement),
    };
  }

  /** What has been agreed to for an agreement: its invoice, or more where the notes came to more. */
  #owed(agreement: Agreement): bigint {
    const notes = this.#notes(agreement, ["ACCEPTED", "SETTLED"]);
    const invoice = this.bills.find((bill) => bill.kind === "invoice" && bill.agreement === agreement && isAgreed(bill))?.amount ?? 0n;
    return invoice > notes ? invoice : notes;
  }

  /** Notes of an activity add up to the largest; those of several activities to their sum. */
  #notes(agreement: Agreement, statuses: readonly Bill["status"][]): bigint {
    const largest = new Map<string, bigint>();
    for (const { kind, agreement: of, activityIds, amount, status } of this.bills) {
      const [activityId = ""] = activityIds;
      if (kind !== "debitNote" || of !== agreement || !statuses.includes(status)) continue;
      if (amount > (largest.get(activityId) ?? -1n)) largest.set(activityId, amount);
    }
    return [...largest.values()].reduce((sum, amount) => sum + amount, 0n);
  }

  #used(agreement: Agreement): bigint {
    return this.#activities.of(agreement).reduce((sum, unit) => sum + this.#cost(unit), 0n);
  }

  #cost(unit: ExeUnit): bigint {
    const coefficients = unit.agreement.draft.properties[COEFFICIENTS];
    return linearCost((Array.isArray(coefficients) ? coefficients : []).map(toUnits), unit.countersMs());
  }
}

const isAgreed = ({ status }: Bill): boolean => status === "ACCEPTED" || status === "SETTLED";
