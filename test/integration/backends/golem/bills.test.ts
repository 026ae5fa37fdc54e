import { describe, expect, test, vi } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { eventually } from "../../../support/eventually.js";
import { LONG, onSimulatedYagna, PATIENCE_MS, playedRuntime } from "./fixture.js";

vi.setConfig({ testTimeout: 240_000 });

const runtime = playedRuntime(systemHost());
const NOTES = { debitNoteIntervalMs: 200 };

describe.concurrent("bills", () => {
  test("honest debit notes are accepted while a command runs, and show as its charge", async (context) => {
    const { bind, yagna, until, report, released } = await onSimulatedYagna(context, { runtime, delays: NOTES });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await eventually(
      async () => {
        const seen = await report(ref);
        return seen.kind === "status" && (seen.charge?.amount ?? 0n) > 0n && seen.charge?.final === false;
      },
      "a charge",
      PATIENCE_MS,
    );
    expect([...yagna.ledger().values()][0]?.notesAccepted).toBeGreaterThan(0n);
    await released(ref);
  });

  test("debit notes above what the time can have cost are not accepted", async (context) => {
    const { bind, yagna, until, report, released } = await onSimulatedYagna(context, { runtime, delays: NOTES });
    yagna.behave("*", { debitNoteFactor: 100_000 });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await eventually(() => ([...yagna.ledger().values()][0]?.noted ?? 0n) > 10n ** 17n, "an inflated note", PATIENCE_MS);
    const bill = [...yagna.ledger().values()][0];
    expect(bill?.notesAccepted).toBe(0n);
    expect(await report(ref)).toMatchObject({ charge: { amount: 0n, final: false } });
    yagna.behave("*", { debitNoteFactor: 1 });
    await released(ref);
  });

  test("an invoice above it is refused, and the lease is released all the same", async (context) => {
    const { bind, yagna, until, report, released } = await onSimulatedYagna(context, { runtime });
    yagna.behave("*", { invoiceFactor: 100_000 });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await released(ref);
    const [bill] = [...yagna.ledger().values()];
    expect(bill?.invoiced).toBeGreaterThan(0n);
    expect(bill?.invoiceAccepted ?? 0n).toBe(0n);
    expect(bill?.paid).toBe(0n);
    expect(yagna.requests.some(({ operation }) => operation === "rejectInvoice")).toBe(true);
    expect(await report(ref)).toMatchObject({ kind: "gone", charge: { amount: 0n, final: true } });
  });

  test("an invoice that never comes is not waited for longer than `invoiceMs`, and nothing can be paid after", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime }, { invoiceMs: 1_000 });
    yagna.behave("*", { invoices: "never" });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
    expect(yagna.allocations().map(({ open }) => open)).toEqual([false]);
  });

  test("a provider that does not acknowledge an acceptance does not keep a lease open", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime }, { invoiceMs: 1_000 });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    yagna.behave("*", { acknowledgements: "never" });
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
  });

  test("the charge of a released lease is what was accepted, to the last digit", async (context) => {
    const { bind, yagna, until, report, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: ["/sleep", "200"] });
    await until(ref, "exited");
    await released(ref);
    const accepted = [...yagna.ledger().values()][0]?.invoiceAccepted ?? 0n;
    expect(accepted).toBeGreaterThan(0n);
    const last = await report(ref);
    const amount = last.kind === "gone" ? (last.charge?.amount ?? 0n) : 0n;
    expect(Number(amount) / 1e9).toBeCloseTo((Number(accepted) / 1e18) * 0.25, 8);
  });
});
