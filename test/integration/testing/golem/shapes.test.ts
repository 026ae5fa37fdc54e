import { describe, expect, test } from "vitest";
import { eventually } from "../../../support/eventually.js";
import { firstEvents } from "./first-events.js";
import { startYagna } from "./fixture.js";
import { expectKeys } from "./keys-of-the-wire.js";
import { Requestor } from "./requestor.js";

/** Properties without which golem-js takes an offer for broken. */
const OFFER_PROPERTIES = [
  "golem.com.pricing.model",
  "golem.com.pricing.model.linear.coeffs",
  "golem.com.usage.vector",
  "golem.com.scheme",
  "golem.com.payment.platform.erc20-hoodi-tglm.address",
  "golem.com.payment.protocol.version",
  "golem.inf.cpu.threads",
  "golem.inf.cpu.cores",
  "golem.inf.mem.gib",
  "golem.inf.storage.gib",
  "golem.node.id.name",
  "golem.node.debug.subnet",
  "golem.runtime.name",
  "golem.runtime.version",
  "golem.runtime.capabilities",
  "golem.activity.caps.transfer.protocol",
  "golem.srv.caps.multi-activity",
];

describe("what the simulated yagna sends", () => {
  test("version, identity, accounts and allocations", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const version = await requestor.call("GET", "/version/get", undefined, { authorization: "" });
    expect(version.status).toBe(200);
    expectKeys(version.body, "version");
    expectKeys(version.body.current, "currentVersion");
    const { body: me } = await requestor.call("GET", "/me");
    expectKeys(me, "identity");
    expect(me.identity).toMatch(/^0x[0-9a-f]{40}$/);
    const { body: accounts } = await requestor.payment("GET", "/requestorAccounts");
    expectKeys(accounts[0], "account");
    const { status, body: allocation } = await requestor.allocate("1.5");
    expect(status).toBe(201);
    expectKeys(allocation, "allocation");
    expect(allocation).toMatchObject({ totalAmount: "1.5", spentAmount: "0", remainingAmount: "1.5", makeDeposit: false });
    expect((await requestor.payment("GET", `/allocations/${allocation.allocationId}`)).body).toEqual(allocation);
    expect((await requestor.payment("GET", "/allocations")).body).toEqual([allocation]);
    const { body: decorations } = await requestor.payment("GET", `/demandDecorations?allocationIds=${allocation.allocationId}`);
    expectKeys(decorations, "decorations");
    expect(decorations.properties).toContainEqual({ key: "golem.com.payment.platform.erc20-hoodi-tglm.address", value: yagna.identity });
    expect((await requestor.payment("GET", "/payments/status")).body).toEqual([]);
    expect((await requestor.payment("GET", "/payments")).body).toEqual([]);
  });

  test("offers, drafts, rejections and agreements", async () => {
    const requestor = new Requestor(await startYagna({ providers: [{ name: "alpha" }] }));
    const demandId = await requestor.subscribe();
    const [event] = (await requestor.events(demandId)).body;
    expectKeys(event, "proposalEvent");
    expectKeys(event.proposal, "proposal");
    expect(event).toMatchObject({ eventType: "ProposalEvent", proposal: { state: "Initial" } });
    expect(Object.keys(event.proposal.properties)).toEqual(expect.arrayContaining(OFFER_PROPERTIES));
    const path = `/demands/${demandId}/proposals`;
    const counter = await requestor.market("POST", `${path}/${event.proposal.proposalId}`, requestor.demand());
    expect([counter.status, typeof counter.body]).toEqual([200, "string"]);
    const own = await requestor.market("GET", `${path}/${counter.body}`);
    expectKeys(own.body, "proposal");
    const [draft] = (await requestor.events(demandId)).body;
    expect(draft.proposal).toMatchObject({ state: "Draft", prevProposalId: counter.body, issuerId: event.proposal.issuerId });
    await requestor.market("POST", `${path}/${event.proposal.proposalId}`, requestor.demand({ minutes: 1 }));
    const [rejection] = (await requestor.events(demandId)).body;
    expectKeys(rejection, "rejection");
    expect(rejection).toMatchObject({ eventType: "ProposalRejectedEvent", reason: { message: expect.stringContaining("expires") } });

    const body = { proposalId: draft.proposal.proposalId, validTo: new Date(Date.now() + 3_600_000).toISOString() };
    const agreement = await requestor.market("POST", "/agreements", body);
    expect([agreement.status, typeof agreement.body]).toEqual([200, "string"]);
    const confirmed = await requestor.market("POST", `/agreements/${agreement.body}/confirm?appSessionId=${requestor.session}`);
    expect(confirmed).toMatchObject({ status: 204, body: "" });
    expect(await requestor.wait(agreement.body)).toMatchObject({ status: 204, body: "" });
    const shown = (await requestor.market("GET", `/agreements/${agreement.body}`)).body;
    expectKeys(shown, "agreement");
    expectKeys(shown.demand, "agreementDemand");
    expectKeys(shown.offer, "agreementOffer");
    expect(shown).toMatchObject({ state: "Approved", demand: { demandId }, appSessionId: requestor.session, validTo: body.validTo });
    expect((await requestor.market("DELETE", `/demands/${demandId}`)).status).toBe(204);
    expect((await requestor.events(demandId)).status).toBe(404);
    expect((await requestor.market("GET", "/agreements/none")).body).toEqual({ message: expect.any(String) });
  });

  test("activities, results, their events and usage", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const agreementId = await requestor.agree();
    const activityId = await requestor.ready(agreementId);
    expect((await requestor.activity("GET", `/${activityId}/agreement`)).body).toBe(agreementId);
    const state = (await requestor.activity("GET", `/${activityId}/state`)).body;
    expectKeys(state, "activityState");
    expect(state.state).toEqual(["Ready", null]);
    const usage = (await requestor.activity("GET", `/${activityId}/usage`)).body;
    expectKeys(usage, "activityUsage");
    expect(usage.currentUsage).toHaveLength(2);
    const { body: results } = await requestor.run(activityId, "print", "hello");
    expectKeys(results[0], "result");
    expect(results).toMatchObject([{ index: 0, result: "Ok", stdout: "hello", stderr: null, message: null, isBatchFinished: true }]);

    const capture = { stdout: { stream: { format: "string" } }, stderr: { stream: { format: "string" } } };
    const batch = await requestor.exec(activityId, [{ run: { entry_point: "print", args: ["streamed"], capture } }]);
    const events = await firstEvents(`${yagna.url}/activity-api/v1/activity/${activityId}/exec/${batch}`, yagna.appKey, 3);
    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ["runtime", "0"],
      ["runtime", "1"],
      ["runtime", "2"],
    ]);
    const told = events.map(({ data }) => JSON.parse(data ?? ""));
    for (const event of told) expectKeys(event, "runtimeEvent");
    expect(told.map(({ kind }) => kind)).toMatchObject([
      { started: { command: { run: { entry_point: "print" } } } },
      { stdout: "streamed" },
      { finished: { return_code: 0, message: null } },
    ]);
    const partial = await requestor.exec(activityId, [{ run: { entry_point: "sleep", args: ["60000"] } }]);
    expect(await requestor.results(activityId, partial, 0.05)).toMatchObject({ status: 200, body: [] });
    const waited = await requestor.activity("GET", `/${activityId}/exec/${partial}?timeout=0.05&commandIndex=0`);
    expect(waited.status).toBe(408);
  });

  test("captures parts of the output, and bytes", async () => {
    const requestor = new Requestor(await startYagna());
    const activityId = await requestor.ready(await requestor.agree());
    const printed = async (mode: object) => {
      const run = { entry_point: "print", args: ["0123456789"], capture: { stdout: { atEnd: mode } } };
      return (await requestor.results(activityId, await requestor.exec(activityId, [{ run }]))).body[0].stdout;
    };
    expect(await printed({ part: { head: 3 }, format: "string" })).toBe("012");
    expect(await printed({ part: { tail: 3 }, format: "string" })).toBe("789");
    expect(await printed({ part: { headTail: 4 }, format: "string" })).toBe("0189");
    expect(await printed({ part: { head: 2 }, format: "binary" })).toEqual([48, 49]);
  });

  test("debit notes, invoices, ends of agreements and their reasons", async () => {
    const requestor = new Requestor(await startYagna());
    const agreementId = await requestor.agree();
    const activityId = await requestor.ready(agreementId);
    expect((await requestor.activity("DELETE", `/${activityId}?timeout=30`)).status).toBe(200);
    expect((await requestor.market("POST", `/agreements/${agreementId}/terminate`, { message: "Finished", extra: 1 })).status).toBe(200);
    const reason = (await requestor.market("GET", `/agreements/${agreementId}/terminate/reason`)).body;
    expectKeys(reason, "terminated");
    expect(reason).toMatchObject({ terminator: "Requestor", reason: { message: "Finished", extra: 1 } });
    const events = (await requestor.agreementEvents()).body;
    expect(events.map(({ eventType }: { eventType: string }) => eventType)).toEqual(["AgreementApprovedEvent", "AgreementTerminatedEvent"]);
    expectKeys(events[1], "terminated");

    const [noted] = (await requestor.debitNoteEvents()).body;
    expectKeys(noted, "debitNoteEvent");
    const note = (await requestor.payment("GET", `/debitNotes/${noted.debitNoteId}`)).body;
    expectKeys(note, "debitNote");
    expect(note).toMatchObject({ agreementId, activityId, status: "RECEIVED" });
    const [invoiced] = (await requestor.invoiceEvents()).body;
    expectKeys(invoiced, "invoiceEvent");
    const invoice = (await requestor.payment("GET", `/invoices/${invoiced.invoiceId}`)).body;
    expectKeys(invoice, "invoice");
    expect(invoice).toMatchObject({
      agreementId,
      activityIds: [activityId],
      status: "RECEIVED",
      amount: expect.stringMatching(/^0\.\d+$/),
    });
  });

  test("lists, by what is asked for and in pages", async () => {
    const requestor = new Requestor(await startYagna({ delays: { debitNoteIntervalMs: 3 } }));
    const agreementId = await requestor.agree();
    const other = await requestor.agree("beta");
    await requestor.market("POST", `/agreements/${other}/terminate`, { message: "Finished" });
    const ids = async (query: string) => (await requestor.market("GET", `/agreements?${query}`)).body.map(({ id }: { id: string }) => id);
    expect(await ids("")).toEqual([agreementId, other]);
    expect(await ids("state=Approved")).toEqual([agreementId]);
    expect(await ids(`state=Terminated&appSessionId=${requestor.session}`)).toEqual([other]);
    expect(await ids("appSessionId=another")).toEqual([]);
    expect(await ids("afterDate=2100-01-01T00:00:00Z")).toEqual([]);
    expect(await ids("beforeDate=2100-01-01T00:00:00Z")).toHaveLength(2);
    expectKeys((await requestor.market("GET", "/agreements")).body[0], "agreementEntry");
    await requestor.market("DELETE", `/demands/${await requestor.subscribe()}`);
    expect((await requestor.market("GET", "/demands")).body).toHaveLength(2);

    await requestor.ready(agreementId);
    const page = async (after: string, most: string) => (await requestor.payment("GET", `/debitNotes?afterTimestamp=${after}${most}`)).body;
    await eventually(async () => (await page("2020-01-01T00:00:00Z", "")).length === 10, "more notes than fit into a page");
    const first = await page("2020-01-01T00:00:00Z", "&maxItems=3");
    const next = await page(first[2].timestamp, "&maxItems=3");
    const all = await page("2020-01-01T00:00:00Z", "&maxItems=6");
    expect([...first, ...next]).toEqual(all);
  });

  test("older agreement events, services, networks and scans", async () => {
    const yagna = await startYagna({ agreementEventKey: "eventtype" });
    const requestor = new Requestor(yagna);
    await requestor.agree();
    expect((await requestor.agreementEvents()).body).toMatchObject([{ eventtype: "AgreementApprovedEvent" }]);
    const on = "/public/gftp/0f0f";
    const service = await requestor.call("POST", "/gsb-api/v1/services", { listen: { on, components: ["GetMetadata", "GetChunk"] } });
    expect(service.status).toBe(201);
    expectKeys(service.body, "service");
    expect(service.body.servicesId).toBe(Buffer.from(on).toString("base64url"));
    const network = await requestor.call("POST", "/net-api/v1/net", { ip: "192.168.0.0", mask: "255.255.255.0" });
    expectKeys(network.body, "network");
    const scan = await requestor.market("POST", "/scan", { type: "offer", properties: {}, constraints: "(golem.runtime.name=vm)" });
    expect([scan.status, typeof scan.body]).toEqual([201, "string"]);
    const [offer] = await firstEvents(`${yagna.url}/market-api/v1/scan/${scan.body}/events`, yagna.appKey, 1);
    expect(offer?.["event"]).toBe("offer");
    expectKeys(JSON.parse(offer?.["data"] ?? ""), "scannedOffer");
    expect((await requestor.market("DELETE", `/scan/${scan.body}`)).status).toBe(204);
  });

  test("refusals of allocations as problem documents, and a wrong key as text", async () => {
    const requestor = new Requestor(await startYagna({ fundsGlm: 1 }));
    const poor = await requestor.allocate("1.1");
    expect([poor.status, poor.type]).toEqual([400, "application/problem+json"]);
    expectKeys(poor.body, "problem");
    expect(poor.body.instance).toMatch(/insufficient-account-funds$/);
    expect((await requestor.allocate("1", { timeout: "2020-01-01T00:00:00Z" })).body.instance).toMatch(/timeout-passed$/);
    expect((await requestor.allocate("1", { paymentPlatform: "erc20-nowhere-tglm" })).status).toBe(500);
    const wrong = await requestor.call("GET", "/me", undefined, { authorization: "Bearer wrong" });
    expect(wrong.status).toBe(401);
    expect(wrong.type).toMatch(/^text\/plain/);
  });
});
