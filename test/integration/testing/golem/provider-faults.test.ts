import { describe, expect, test } from "vitest";
import type { ProviderBreakCode, ProviderHabits, SimulatedYagnaOptions } from "../../../../src/testing/golem/index.js";
import { eventually } from "../../../support/eventually.js";
import { PLATFORM, startYagna } from "./fixture.js";
import { Requestor } from "./requestor.js";

const CODES: readonly ProviderBreakCode[] = [
  "InitializationError",
  "Expired",
  "NoActivity",
  "DebitNotesDeadline",
  "DebitNoteRejected",
  "DebitNoteCancelled",
  "DebitNoteNotPaid",
  "RequestorUnreachable",
  "Shutdown",
];

async function oneProvider(habits: ProviderHabits, options: Partial<SimulatedYagnaOptions> = {}) {
  const yagna = await startYagna({ providers: [{ name: "alpha", habits }], ...options });
  return { yagna, requestor: new Requestor(yagna) };
}

/** An activity that was just made, and its deployment under way. */
async function deploying(requestor: Requestor) {
  const { body } = await requestor.activity("POST", "?timeout=5", { agreementId: await requestor.agree() });
  return { activityId: body.activityId, batch: await requestor.exec(body.activityId, [{ deploy: {} }, { start: {} }]) };
}

describe("providers that do not do what they should", () => {
  test("make no offers, until they do", async () => {
    const { yagna, requestor } = await oneProvider({ offers: "none" });
    const demandId = await requestor.subscribe();
    expect(await requestor.events(demandId, 0.1)).toMatchObject({ status: 200, body: [] });
    const next = requestor.events(demandId, 30);
    yagna.behave("alpha", { offers: "sound" });
    expect((await next).body).toMatchObject([{ proposal: { state: "Initial" } }]);
    expect(() => yagna.behave("nobody", {})).toThrow('no provider "nobody"');
  });

  test("do not fit a demand", async () => {
    const { requestor } = await oneProvider({});
    const nothing = async (constraints: string) => (await requestor.events(await requestor.subscribe({ constraints }), 0.05)).body;
    expect(await nothing("(golem.inf.mem.gib>=64)")).toEqual([]);
    expect(await nothing("(golem.runtime.capabilities=!exp:gpu)")).toEqual([]);
    expect(await nothing("(golem.com.payment.platform.erc20-holesky-tglm.address=*)")).toEqual([]);
    const other = await requestor.subscribe({ properties: { "golem.node.debug.subnet": "other" } });
    expect((await requestor.events(other, 0.05)).body).toEqual([]);
    expect((await requestor.market("POST", "/demands", requestor.demand({ constraints: "(&(" }))).status).toBe(400);
  });

  test("ask too high a price", async () => {
    const { requestor } = await oneProvider({ priceFactor: 1_000 });
    const [{ proposal }] = (await requestor.events(await requestor.subscribe())).body;
    expect(proposal.properties["golem.com.pricing.model.linear.coeffs"]).toEqual([0.01, 0.02, 0]);
  });

  test.each([
    ["no-usage-vector", "golem.com.usage.vector"],
    ["no-prices", "golem.com.pricing.model.linear.coeffs"],
  ] as const)("make malformed offers: %s", async (offers, missing) => {
    const { requestor } = await oneProvider({ offers });
    const [{ proposal }] = (await requestor.events(await requestor.subscribe())).body;
    expect(proposal.properties).not.toHaveProperty([missing]);
    expect(proposal.properties).toHaveProperty(["golem.node.id.name"]);
  });

  test("refuse, with a reason and without, or say nothing", async () => {
    const { yagna, requestor } = await oneProvider({ counter: "reject" });
    const demandId = await requestor.subscribe();
    expect(await requestor.negotiate(demandId)).toMatchObject({
      eventType: "ProposalRejectedEvent",
      reason: { message: expect.any(String) },
    });
    yagna.behave("alpha", { counter: "reject-without-reason", offers: "sound" });
    expect(await requestor.negotiate(demandId)).not.toHaveProperty("reason");
    yagna.behave("alpha", { counter: "silent", offers: "sound" });
    const [{ proposal }] = (await requestor.events(demandId)).body;
    await requestor.market("POST", `/demands/${demandId}/proposals/${proposal.proposalId}`, requestor.demand());
    expect((await requestor.events(demandId, 0.1)).body).toEqual([]);
  });

  test("refuse by their rules: time too short or too long, platform, no room", async () => {
    const { requestor } = await oneProvider({});
    const answer = async (choices: Parameters<Requestor["subscribe"]>[0]) =>
      (await requestor.negotiate(await requestor.subscribe(choices), "alpha", choices)).reason.message;
    expect(await answer({ minutes: 4 })).toContain("expires");
    expect(await answer({ minutes: 60, properties: { "golem.com.payment.debit-notes.accept-timeout?": undefined } })).toContain("too long");
    expect(await answer({ properties: { "golem.com.payment.chosen-platform": "erc20-mainnet-glm" } })).toContain("not supported");
    await requestor.agree();
    expect(await answer({})).toContain("No capacity available");
  });

  test("reject an agreement, or never answer it", async () => {
    const { yagna, requestor } = await oneProvider({ agreement: "reject" });
    const rejected = await requestor.propose();
    expect((await requestor.wait(rejected)).status).toBe(410);
    expect((await requestor.market("GET", `/agreements/${rejected}`)).body.state).toBe("Rejected");
    expect((await requestor.agreementEvents()).body).toMatchObject([{ eventType: "AgreementRejectedEvent", agreementId: rejected }]);
    yagna.behave("alpha", { agreement: "silent" });
    const unanswered = await requestor.propose();
    expect((await requestor.wait(unanswered, 0.05)).status).toBe(408);
    expect((await requestor.market("POST", `/agreements/${unanswered}/cancel`)).status).toBe(204);
    expect((await requestor.wait(unanswered)).status).toBe(410);
    expect(yagna.openAgreements()).toEqual([]);
  });

  test.each(CODES)("break an agreement in the middle of a command: %s", async (code) => {
    const { yagna, requestor } = await oneProvider({});
    const agreementId = await requestor.agree();
    const activityId = await requestor.ready(agreementId);
    const running = requestor.run(activityId, "sleep", "600000");
    await eventually(() => yagna.activities()[0]?.commands.length === 1, "the command");
    yagna.breakAgreement(agreementId, code, "because");
    expect((await running).status).toBe(500);
    const event = (await requestor.agreementEvents()).body.at(-1);
    expect(event).toMatchObject({ eventType: "AgreementTerminatedEvent", terminator: "Provider", reason: { message: "because" } });
    const reason = (await requestor.market("GET", `/agreements/${agreementId}/terminate/reason`)).body;
    expect(reason).toMatchObject({ terminator: "Provider", reason: { message: "because", "golem.provider.code": code } });
    expect((await requestor.activity("GET", `/${activityId}/state`)).body.state[0]).toBe("Terminated");
    expect(yagna.agreements()[0]?.termination).toEqual({ by: "Provider", message: "because", code });
    expect((await requestor.invoiceEvents()).body).toHaveLength(1);
  });

  test("break every agreement after a while", async () => {
    const { requestor } = await oneProvider({ breaks: { code: "Shutdown", afterMs: 20 } });
    const agreementId = await requestor.propose();
    await eventually(async () => (await requestor.market("GET", `/agreements/${agreementId}`)).body.state === "Terminated", "the end");
    expect((await requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" })).status).toBe(410);
    expect((await requestor.activity("POST", "?timeout=5", { agreementId })).status).toBe(400);
  });

  test("cannot create an activity, or do not answer in time", async () => {
    const { yagna, requestor } = await oneProvider({ activity: "fail" });
    const agreementId = await requestor.agree();
    expect(await requestor.activity("POST", "?timeout=5", { agreementId })).toMatchObject({
      status: 500,
      body: { message: expect.any(String) },
    });
    yagna.behave("alpha", { activity: "silent" });
    expect((await requestor.activity("POST", "?timeout=0.05", { agreementId })).status).toBe(408);
    expect(yagna.activities()).toEqual([]);
  });

  test.each([
    ["transfer-error", "Transfer error: HTTP error"],
    ["invalid-hash", "Invalid hash"],
  ] as const)("cannot get the image: %s", async (deploy, message) => {
    const { requestor } = await oneProvider({ deploy });
    const { activityId, batch } = await deploying(requestor);
    expect((await requestor.results(activityId, batch)).body).toMatchObject([
      { index: 0, result: "Error", message: expect.stringContaining(message), isBatchFinished: true },
    ]);
    expect((await requestor.run(activityId, "print", "x")).body).toMatchObject([
      { result: "Error", message: expect.stringContaining("Invalid state") },
    ]);
  });

  test("take long to get the image, or never have it", async () => {
    const { yagna, requestor } = await oneProvider({ deployMs: 3_600_000 });
    const endless = async () => {
      const { activityId, batch } = await deploying(requestor);
      expect((await requestor.results(activityId, batch, 0.1)).body).toEqual([]);
      expect((await requestor.activity("GET", `/${activityId}/state`)).body.state[0]).toBe("Initialized");
      expect((await requestor.activity("DELETE", `/${activityId}`)).status).toBe(200);
      await requestor.market("POST", `/agreements/${yagna.openAgreements()[0]?.id}/terminate`, { message: "too slow" });
    };
    await endless();
    yagna.behave("alpha", { deploy: "never", deployMs: 1 });
    await endless();
    yagna.behave("alpha", { deploy: "well" });
    const { activityId, batch } = await deploying(requestor);
    expect((await requestor.results(activityId, batch, 30)).body).toMatchObject([{ result: "Ok" }, { result: "Ok" }]);
  });

  test("lose an exe-unit", async () => {
    const { yagna, requestor } = await oneProvider({});
    const activityId = await requestor.ready(await requestor.agree());
    const running = requestor.run(activityId, "sleep", "600000");
    await eventually(() => yagna.activities()[0]?.commands.length === 1, "the command");
    yagna.crashExeUnit(activityId, "out of memory");
    expect(await running).toMatchObject({ status: 500, body: { message: expect.stringContaining("endpoint address not found") } });
    expect((await requestor.activity("GET", `/${activityId}/state`)).body).toEqual({
      state: ["Terminated", null],
      reason: "exe-unit terminated",
      errorMessage: "out of memory",
    });
    expect((await requestor.activity("POST", `/${activityId}/exec`, { text: "[]" })).status).toBe(500);
  });

  test("let transfers fail, or stand still", async () => {
    const { yagna, requestor } = await oneProvider({ transfers: "fail" });
    const activityId = await requestor.ready(await requestor.agree());
    const transfer = { transfer: { from: `gftp://${yagna.identity}/nothing`, to: "container:/golem/work/x" } };
    const failed = await requestor.results(activityId, await requestor.exec(activityId, [transfer]));
    expect(failed.body).toMatchObject([{ result: "Error", message: expect.stringContaining("Gftp error") }]);
    yagna.behave("alpha", { transfers: "flow" });
    const nobody = await requestor.results(activityId, await requestor.exec(activityId, [transfer]));
    expect(nobody.body).toMatchObject([{ result: "Error", message: expect.stringContaining("endpoint address not found") }]);
    yagna.behave("alpha", { transfers: "stall" });
    const batch = await requestor.exec(activityId, [transfer]);
    expect((await requestor.results(activityId, batch, 0.1)).body).toEqual([]);
  });

  test("send too many debit notes, none, or no invoice", async () => {
    const { yagna, requestor } = await oneProvider({}, { delays: { debitNoteIntervalMs: 5 } });
    const agreementId = await requestor.agree();
    await requestor.ready(agreementId);
    await eventually(async () => (await requestor.debitNoteEvents()).body.length >= 5, "a burst of notes");
    yagna.behave("alpha", { invoices: "never", debitNotes: "never" });
    await requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" });
    expect((await requestor.invoiceEvents(0.2)).body).toEqual([]);
    expect(yagna.ledger().get(agreementId)).not.toHaveProperty("invoiced");
  });

  test("do not acknowledge an acceptance", async () => {
    const { yagna, requestor } = await oneProvider({ acknowledgements: "never" });
    const { body: allocation } = await requestor.allocate();
    expect(allocation.paymentPlatform).toBe(PLATFORM);
    const agreementId = await requestor.agree();
    await requestor.ready(agreementId);
    await requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" });
    const [{ invoiceId }] = (await requestor.invoiceEvents()).body;
    const { amount } = (await requestor.payment("GET", `/invoices/${invoiceId}`)).body;
    const body = { totalAmountAccepted: amount, allocationId: allocation.allocationId };
    expect((await requestor.payment("POST", `/invoices/${invoiceId}/accept?timeout=0.05`, body)).status).toBe(504);
    expect((await requestor.payment("GET", `/invoices/${invoiceId}`)).body.status).toBe("RECEIVED");
    yagna.behave("alpha", { acknowledgements: "prompt" });
    expect((await requestor.payment("POST", `/invoices/${invoiceId}/accept?timeout=5`, body)).status).toBe(200);
  });

  test("take their time to end", async () => {
    const { yagna, requestor } = await oneProvider({ terminationMs: 3_600_000 });
    const agreementId = await requestor.agree();
    const activityId = await requestor.ready(agreementId);
    const ending = Promise.allSettled([
      requestor.activity("DELETE", `/${activityId}?timeout=30`),
      requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished" }),
    ]);
    await eventually(() => yagna.openRequests === 2, "the requests");
    expect(yagna.activities()[0]?.state).toBe("Ready");
    expect(yagna.openAgreements()).toHaveLength(1);
    await yagna.close();
    expect(await ending).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  });
});
