import { describe, expect, onTestFinished, test } from "vitest";
import { type SimulatedGolemProvider, type SimulatedYagnaOptions, startSimulatedYagna } from "../../../../src/testing/golem/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { Requestor } from "./requestor.js";

const GLM = 10n ** 18n;
const MILLI = GLM / 1_000n;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

const AT_ONCE = { matchMs: 0, negotiateMs: 0, approveMs: 0, createMs: 0, deployMs: 0, startMs: 0, destroyMs: 0, invoiceMs: 0 };
const ALPHA: SimulatedGolemProvider = { name: "alpha", startGlm: 0.5, cpuGlmPerSecond: 0.001, envGlmPerSecond: 0.002, busyThreads: 2 };
const EVERY_HALF_MINUTE = { properties: { "golem.com.scheme.payu.debit-note.interval-sec?": 30 } };

/** A simulator on virtual time that passes only when a test says so. */
async function onVirtualTime(provider: Partial<SimulatedGolemProvider> = {}, options: Partial<SimulatedYagnaOptions> = {}) {
  const host = createVirtualHost({ seed: "golem ledger" });
  const yagna = await startSimulatedYagna({
    host,
    providers: [{ ...ALPHA, ...provider }],
    delays: { ...AT_ONCE, settleMs: 10 * SECOND_MS },
    ...options,
  });
  onTestFinished(() => yagna.close());
  const requestor = new Requestor(yagna, () => host.now());
  /** Lets what is due happen until there is an answer; no time passes. */
  const now = async <T>(answer: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    void answer.then(settle, settle);
    while (!isSettled) {
      await host.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await answer;
  };
  const entry = (id: string) => yagna.ledger().get(id);
  return { host, yagna, requestor, now, entry };
}

describe("money of the simulated yagna", () => {
  test("counts usage by the second, and stands still after the settlement", async () => {
    const { host, yagna, requestor, now, entry } = await onVirtualTime();
    const { body: allocation } = await now(requestor.allocate("5"));
    const allocationId: string = allocation.allocationId;
    const agreementId = await now(requestor.agree("alpha", EVERY_HALF_MINUTE));
    expect(entry(agreementId)).toMatchObject({ used: 0n, noted: 0n, paid: 0n, settled: false });
    const activityId = await now(requestor.ready(agreementId));
    expect(entry(agreementId)).toMatchObject({ used: 500n * MILLI });

    const batch = await now(requestor.exec(activityId, [{ run: { entry_point: "sleep", args: ["60000"] } }]));
    await host.advance(30 * SECOND_MS);
    // 0.5 to begin with, 2 threads for 30 s at 0.001, and 30 s at 0.002.
    expect(entry(agreementId)).toMatchObject({ used: 620n * MILLI, noted: 620n * MILLI, notesAccepted: 0n });
    const [first] = (await now(requestor.debitNoteEvents())).body;
    const note = (await now(requestor.payment("GET", `/debitNotes/${first.debitNoteId}`))).body;
    expect(note).toMatchObject({ totalAmountDue: "0.62", usageCounterVector: [60, 30], previousDebitNoteId: null });

    const accept = (amount: string, id = allocationId) =>
      now(requestor.payment("POST", `/debitNotes/${note.debitNoteId}/accept?timeout=5`, { totalAmountAccepted: amount, allocationId: id }));
    expect((await accept("0.61")).status).toBe(400);
    expect((await accept("0.62", "none")).status).toBe(404);
    expect(await accept("0.620")).toMatchObject({ status: 200, body: null });
    expect(entry(agreementId)).toMatchObject({ notesAccepted: 620n * MILLI, paid: 0n });
    expect(yagna.allocations()).toMatchObject([{ total: 5n * GLM, spent: 620n * MILLI, remaining: 4_380n * MILLI }]);
    await host.advance(10 * SECOND_MS);
    expect(entry(agreementId)).toMatchObject({ paid: 620n * MILLI });

    await host.advance(20 * SECOND_MS);
    expect((await now(requestor.results(activityId, batch))).body).toMatchObject([{ result: "Ok", isBatchFinished: true }]);
    await host.advance(10 * SECOND_MS);
    // The processors idled for the last 10 s.
    expect((await now(requestor.activity("GET", `/${activityId}/usage`))).body.currentUsage).toEqual([120, 70]);
    await now(requestor.activity("DELETE", `/${activityId}`));
    await now(requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" }));
    const [invoiced] = (await now(requestor.invoiceEvents())).body;
    const invoice = (await now(requestor.payment("GET", `/invoices/${invoiced.invoiceId}`))).body;
    expect(invoice).toMatchObject({ amount: "0.76" });
    expect(entry(agreementId)).toMatchObject({ used: 760n * MILLI, noted: 760n * MILLI, invoiced: 760n * MILLI, settled: false });
    await now(requestor.payment("POST", `/invoices/${invoice.invoiceId}/accept`, { totalAmountAccepted: "0.76", allocationId }));
    expect(yagna.allocations()).toMatchObject([{ spent: 760n * MILLI }]);
    await host.advance(10 * SECOND_MS);
    const settled = entry(agreementId);
    expect(settled).toMatchObject({ invoiceAccepted: 760n * MILLI, paid: 760n * MILLI, settled: true });
    expect((await now(requestor.payment("GET", `/invoices/${invoice.invoiceId}`))).body.status).toBe("SETTLED");
    expect((await now(requestor.payment("GET", "/payments"))).body).toMatchObject([
      { amount: "0.76", agreementPayments: [{ agreementId }] },
    ]);
    await host.advance(24 * 60 * MINUTE_MS);
    expect(entry(agreementId)).toEqual(settled);
  });

  test("goes by the usage vector, in whatever order it is", async () => {
    const { host, requestor, now, entry } = await onVirtualTime({ usageVector: ["golem.usage.duration_sec", "golem.usage.cpu_sec"] });
    const agreementId = await now(requestor.agree());
    const shown = (await now(requestor.market("GET", `/agreements/${agreementId}`))).body.offer.properties;
    expect(shown["golem.com.pricing.model.linear.coeffs"]).toEqual([0.002, 0.001, 0.5]);
    const activityId = await now(requestor.ready(agreementId));
    await host.advance(10 * SECOND_MS);
    expect((await now(requestor.activity("GET", `/${activityId}/usage`))).body.currentUsage).toEqual([10, 0]);
    expect(entry(agreementId)).toMatchObject({ used: 520n * MILLI });
  });

  test("sets money aside once, and spends no more than was set aside", async () => {
    const { host, yagna, requestor, now } = await onVirtualTime({}, { fundsGlm: 3 });
    const small = (await now(requestor.allocate("0.1"))).body.allocationId;
    const large = (await now(requestor.allocate("2.9"))).body.allocationId;
    expect((await now(requestor.allocate("0.01"))).body.instance).toMatch(/insufficient-account-funds$/);
    expect((await now(requestor.payment("DELETE", `/allocations/${large}`))).status).toBe(200);
    expect((await now(requestor.payment("DELETE", `/allocations/${large}`))).status).toBe(410);
    expect((await now(requestor.allocate("0.01", { timeout: new Date(host.now() + MINUTE_MS).toISOString() }))).status).toBe(201);

    const agreementId = await now(requestor.agree());
    await now(requestor.ready(agreementId));
    await now(requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" }));
    const [{ invoiceId }] = (await now(requestor.invoiceEvents())).body;
    const accept = (allocationId: string) =>
      now(requestor.payment("POST", `/invoices/${invoiceId}/accept`, { totalAmountAccepted: "0.5", allocationId }));
    expect((await accept(small)).body.message).toContain("Not enough funds");
    expect((await accept(large)).status).toBe(410);
    expect(yagna.ledger().get(agreementId)).not.toHaveProperty("invoiceAccepted");
    await now(requestor.payment("PUT", `/allocations/${small}`, { totalAmount: "0.5" }));
    expect((await accept(small)).status).toBe(200);
    await host.advance(MINUTE_MS);
    expect(yagna.allocations().map(({ open, spent }) => [open, spent])).toEqual([
      [true, 500n * MILLI],
      [false, 0n],
      [false, 0n],
    ]);
  });

  test("asks for what a greedy provider asks for", async () => {
    const { host, yagna, requestor, now, entry } = await onVirtualTime({ habits: { debitNoteFactor: 10, invoiceFactor: 3 } });
    const agreementId = await now(requestor.agree("alpha", EVERY_HALF_MINUTE));
    await now(requestor.ready(agreementId));
    await host.advance(30 * SECOND_MS);
    expect(entry(agreementId)).toMatchObject({ used: 560n * MILLI, noted: 5_600n * MILLI });
    await now(requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" }));
    const [{ invoiceId }] = (await now(requestor.invoiceEvents())).body;
    expect(entry(agreementId)).toMatchObject({ invoiced: 1_680n * MILLI });
    const rejection = { rejectionReason: "BAD_SERVICE", totalAmountAccepted: "0.00", message: "too much" };
    expect((await now(requestor.payment("POST", `/invoices/${invoiceId}/reject`, rejection))).status).toBe(200);
    await host.advance(MINUTE_MS);
    expect(entry(agreementId)).toMatchObject({ paid: 0n, settled: false });
    expect(yagna.allocations()).toEqual([]);
  });

  test("ends agreements by the rules of providers", async () => {
    const { host, yagna, requestor, now } = await onVirtualTime({ capacity: 3 });
    const idle = await now(requestor.agree());
    const unpaid = await now(requestor.agree("alpha", EVERY_HALF_MINUTE));
    await now(requestor.ready(unpaid));
    const short = await now(requestor.agree("alpha", { minutes: 6 }));
    await now(requestor.ready(short));
    const endOf = (id: string) => yagna.agreements().find((agreement) => agreement.id === id)?.termination?.code;
    await host.advance(90 * SECOND_MS - 1);
    expect(yagna.openAgreements()).toHaveLength(3);
    await host.advance(1);
    expect(endOf(idle)).toBe("NoActivity");
    // The first note came after 30 s, and 120 s later it is too late.
    await host.advance(60 * SECOND_MS);
    expect(endOf(unpaid)).toBe("DebitNotesDeadline");
    expect(endOf(short)).toBeUndefined();
    await host.advance(210 * SECOND_MS);
    expect([endOf(short), yagna.openAgreements()]).toEqual(["DebitNotesDeadline", []]);
    const last = await now(requestor.agree("alpha", { minutes: 6, properties: { "golem.com.payment.debit-notes.accept-timeout?": 600 } }));
    await now(requestor.ready(last));
    await host.advance(6 * MINUTE_MS);
    expect(endOf(last)).toBe("Expired");
    expect(yagna.activities().every(({ state }) => state === "Terminated")).toBe(true);
  });

  test("has the client's time of day on the wire where the host's is another", async () => {
    const { host, yagna, now } = await onVirtualTime({}, { wallClock: Date.now });
    const requestor = new Requestor(yagna);
    const agreementId = await now(requestor.agree());
    const [{ eventDate }] = (await now(requestor.agreementEvents())).body;
    expect(Math.abs(Date.parse(eventDate) - Date.now())).toBeLessThan(60_000);
    await host.advance(90 * SECOND_MS);
    expect(yagna.agreements()).toMatchObject([{ id: agreementId, termination: { code: "NoActivity" } }]);
    expect(host.now()).toBeLessThan(Date.now());
  });
});
